package certs_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealRequestOfOpenSSL compares with the commands that the usage text names.
func TestRealRequestOfOpenSSL(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	for _, c := range []struct {
		key     certs.KeyType
		command string
		names   []string
		san     string
	}{
		{certs.KeyECDSAP256, "ecparam -name prime256v1 -genkey -noout -out k.pem", []string{"cam.example.com"}, "DNS:cam.example.com"},
		{
			certs.KeyECDSAP384, "ecparam -name secp384r1 -genkey -noout -out k.pem",
			[]string{"cam.example.com", "*.cam.example.com"}, "DNS:cam.example.com,DNS:*.cam.example.com",
		},
		{certs.KeyRSA2048, "genrsa -out k.pem 2048", []string{"cam.example.com"}, "DNS:cam.example.com"},
		{certs.KeyECDSAP256, "ecparam -name prime256v1 -genkey -noout -out k.pem", []string{"8.8.8.8"}, "IP:8.8.8.8"},
	} {
		t.Run(string(c.key)+" "+c.san, func(t *testing.T) {
			dir := t.TempDir()
			program.Run(t, dir, "openssl", strings.Fields(c.command)...)
			program.Run(t, dir, "openssl", "req", "-new", "-key", "k.pem", "-subj",
				"/CN="+c.names[0], "-addext", "subjectAltName="+c.san, "-out", "theirs.csr")
			var names []certs.HostName
			for _, n := range c.names {
				h, err := certs.ParseHostName(n)
				require.NoError(t, err)
				names = append(names, h)
			}
			key, err := certs.GenerateKey(c.key)
			require.NoError(t, err)
			ours, err := certs.NewRequest(key, names)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "ours.csr"), ours, 0o600))
			require.Contains(t, string(program.Run(t, dir, "openssl", "req", "-in", "ours.csr", "-noout", "-verify")), "verify OK")
			a, b := parseRequest(t, filepath.Join(dir, "ours.csr")), parseRequest(t, filepath.Join(dir, "theirs.csr"))
			require.Equal(t, b.Subject.String(), a.Subject.String())
			require.Equal(t, b.DNSNames, a.DNSNames)
			require.Len(t, a.IPAddresses, len(b.IPAddresses))
			require.Equal(t, b.Version, a.Version)
			require.Equal(t, certs.DescribePublicKey(b.PublicKey), certs.DescribePublicKey(a.PublicKey))
			require.Len(t, a.Extensions, len(b.Extensions))
			for i, e := range b.Extensions {
				require.Equal(t, e, a.Extensions[i], "the same extensions, octet by octet")
			}
			// openssl signs with SHA-256 whatever the curve; SHA-384 for P-384 is as good.
			if c.key != certs.KeyECDSAP384 {
				require.Equal(t, b.SignatureAlgorithm, a.SignatureAlgorithm)
			}
		})
	}
}

func parseRequest(t *testing.T, path string) *x509.CertificateRequest {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	require.NotNil(t, block)
	r, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, r.CheckSignature())
	return r
}

func TestRequestNeedsAName(t *testing.T) {
	key, err := certs.GenerateKey("")
	require.NoError(t, err)
	_, err = certs.NewRequest(key, nil)
	require.Error(t, err)
}

func TestLongNameIsNoCommonName(t *testing.T) {
	key, err := certs.GenerateKey("")
	require.NoError(t, err)
	long := strings.Repeat("a", 60) + ".example.com"
	der, err := certs.NewRequest(key, []certs.HostName{{Name: long}})
	require.NoError(t, err)
	block, _ := pem.Decode(der)
	r, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.Empty(t, r.Subject.CommonName)
	require.Equal(t, []string{long}, r.DNSNames)
}
