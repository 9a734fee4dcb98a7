package asclient_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// now is the day of these tests, in the certificates and on the camera's clock.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func on(year int, month time.Month, date int) time.Time {
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

// An authority is a certificate with its key.
type authority struct {
	*x509.Certificate
	key crypto.Signer
}

// A request is what a certificate is made of.
type request struct {
	name        string
	key         crypto.Signer // P-256 when nil
	from, until time.Time     // 2020 and 2030 when zero
	leaf        bool
	change      func(*x509.Certificate)
}

const host = "broker.example.com"

// issue makes a certificate; a nil issuer signs itself.
func issue(t testing.TB, issuer *authority, r request) *authority {
	t.Helper()
	if r.key == nil {
		r.key = p256(t)
	}
	if r.from.IsZero() {
		r.from = on(2020, 1, 1)
	}
	if r.until.IsZero() {
		r.until = on(2030, 1, 1)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: r.name}, NotBefore: r.from, NotAfter: r.until, BasicConstraintsValid: true,
		IsCA: !r.leaf, KeyUsage: x509.KeyUsageCertSign,
	}
	if r.leaf {
		template.DNSNames, template.KeyUsage = []string{r.name}, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if r.change != nil {
		r.change(template)
	}
	parent := &authority{template, r.key}
	if issuer != nil {
		parent = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.Certificate, r.key.Public(), parent.key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{c, r.key}
}

func p256(t testing.TB) crypto.Signer { return curveKey(t, elliptic.P256()) }

func curveKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

// ders are the certificates in DER.
func ders(list ...*authority) (out [][]byte) {
	for _, a := range list {
		out = append(out, a.Raw)
	}
	return out
}

func parsed(list ...*authority) (out []*x509.Certificate) {
	for _, a := range list {
		out = append(out, a.Certificate)
	}
	return out
}
