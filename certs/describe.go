package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// Title returns the shortest name that a person knows a certificate by.
func Title(c *x509.Certificate) string {
	switch {
	case !c.IsCA && len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case !c.IsCA && len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	case len(c.Subject.Names) > 0:
		return c.Subject.String()
	}
	return "a certificate without a name"
}

// DescribePublicKey names the kind of a public key, such as "ECDSA P-256".
func DescribePublicKey(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "a key of another kind"
}
