package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// makeRefused writes a delivery of which the camera loads the issuer of the leaf, and not the one above,
// which has critical name constraints.
func makeRefused(ts *testscript.TestScript, _ bool, args []string) {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	ts.Check(err)
	issue := func(name string, above *certs.Identity, change func(*x509.Certificate)) *certs.Identity {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		ts.Check(err)
		template := &x509.Certificate{
			SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().AddDate(0, 2, 0), BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
		}
		change(template)
		der, err := x509.CreateCertificate(rand.Reader, template, above.Certificate, &key.PublicKey, above.Key)
		ts.Check(err)
		c, err := x509.ParseCertificate(der)
		ts.Check(err)
		return &certs.Identity{Certificate: c, Key: key}
	}
	upper := issue("constrained", pki.Root, func(c *x509.Certificate) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"example.com"}, true
	})
	lower := issue("issuer", upper, func(*x509.Certificate) {})
	leaf := issue("cam.example.com", lower, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.DNSNames = false, x509.KeyUsageDigitalSignature, []string{"cam.example.com"}
	})
	dir := ts.MkAbs(args[0])
	_, err = delivery.WriteFiles(dir, []delivery.File{
		{Name: "fullchain.pem", Data: certs.EncodePEM(leaf.Certificate, lower.Certificate, upper.Certificate), Mode: 0o644},
		{Name: "privkey.pem", Data: leaf.EncodeKeyPEM(), Mode: 0o600},
		{Name: "root.pem", Data: certs.EncodePEM(pki.Root.Certificate), Mode: 0o644},
	}, false)
	ts.Check(err)
}

// padFile appends a number of octets to a file: pad FILE NUMBER OCTET.
func padFile(ts *testscript.TestScript, _ bool, args []string) {
	path := filepath.Clean(ts.MkAbs(args[0]))
	number, err := strconv.Atoi(args[1])
	ts.Check(err)
	octet, err := strconv.ParseUint(args[2], 0, 8)
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, append(data, bytes.Repeat([]byte{byte(octet)}, number)...), 0o600))
}

// damageFile changes one octet of a file: damage FILE OFFSET.
func damageFile(ts *testscript.TestScript, _ bool, args []string) {
	path := filepath.Clean(ts.MkAbs(args[0]))
	offset, err := strconv.Atoi(args[1])
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	data[offset] ^= 1
	ts.Check(os.WriteFile(path, data, 0o600))
}
