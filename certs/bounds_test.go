package certs_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/forged"
)

// ends waits for a result as long as a check that is bounded can take on the slowest machine.
func ends(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatal("it does not end")
	}
}

// A testCA is a key with a name.
type testCA struct {
	name string
	id   []byte // subject key identifier
	key  *ecdsa.PrivateKey
}

func newTestCA(t *testing.T, name string, id []byte) *testCA {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &testCA{name, id, key}
}

// sign makes a certificate of a CA for another, or, with dns, for a server.
func (ca *testCA) sign(t *testing.T, serial int, subject *testCA, dns ...string) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(serial) + 1), Subject: pkix.Name{CommonName: subject.name}, DNSNames: dns,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: len(dns) == 0, SubjectKeyId: subject.id,
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: ca.name}, SubjectKeyId: ca.id}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &subject.key.PublicKey, ca.key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}

// requireChain checks that a chain leads from a leaf to one of the pool's roots.
func requireChain(t *testing.T, leaf *x509.Certificate, chain []*x509.Certificate, root *x509.Certificate) {
	t.Helper()
	require.NotNil(t, root)
	top := leaf
	for _, issuer := range append(chain, root) {
		require.True(t, certs.SignedBy(top, issuer))
		top = issuer
	}
}

// TestManyIssuers finds a chain among issuers that make the search long: it ends, and with a chain.
func TestManyIssuers(t *testing.T) {
	id := []byte("the same for all")
	t.Run("a thousand CAs of one name and key identifier", func(t *testing.T) {
		root, issuer := newTestCA(t, "root", []byte("root")), newTestCA(t, "issuer", id)
		pool := []*x509.Certificate{root.sign(t, 0, root), root.sign(t, 1, issuer)}
		for i := range 1000 {
			pool = append(pool, root.sign(t, i+2, newTestCA(t, "issuer", id)))
		}
		leaf := issuer.sign(t, 5000, newTestCA(t, "leaf", nil), "cam.example.com")
		ends(t, func() {
			chain, found := certs.BuildChain(leaf, pool)
			require.Len(t, chain, 1)
			requireChain(t, leaf, chain, found)
		})
	})
	for _, c := range []struct {
		name  string
		names func(i int) string
		id    func(i int) []byte
	}{
		{"31 CAs that sign each other", func(i int) string { return fmt.Sprint("ca ", i) }, func(i int) []byte { return []byte{byte(i)} }},
		{"the same under one name", func(int) string { return "ca" }, func(i int) []byte { return []byte{byte(i), 1} }},
		{"the same under one name and key identifier", func(int) string { return "ca" }, func(int) []byte { return id }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var cas []*testCA
			for i := range 31 {
				cas = append(cas, newTestCA(t, c.names(i), c.id(i)))
			}
			var pool []*x509.Certificate
			for i, subject := range cas {
				for j, ca := range cas {
					if i != j {
						pool = append(pool, ca.sign(t, len(pool), subject))
					}
				}
			}
			root := newTestCA(t, "root", []byte("root"))
			pool = append(pool, root.sign(t, 5000, cas[0]), root.sign(t, 5001, root))
			leaf := cas[0].sign(t, 5002, newTestCA(t, "leaf", nil), "cam.example.com")
			ends(t, func() {
				chain, found := certs.BuildChain(leaf, pool)
				requireChain(t, leaf, chain, found)
			})
		})
	}
	t.Run("a chain without an end", func(t *testing.T) {
		last := newTestCA(t, "0", []byte{0})
		leaf := last.sign(t, 0, newTestCA(t, "leaf", nil), "cam.example.com")
		var pool []*x509.Certificate
		for i := range 900 {
			next := newTestCA(t, fmt.Sprint(i+1), []byte{byte(i + 1), byte(i >> 8)})
			pool, last = append(pool, next.sign(t, i, last)), next
		}
		ends(t, func() {
			chain, found := certs.BuildChain(leaf, pool)
			require.Nil(t, found)
			require.Len(t, chain, 16)
		})
	})
}

// TestRenewedRoots: of two roots with one key, neither is an intermediate of the other.
func TestRenewedRoots(t *testing.T) {
	root := newTestCA(t, "root", []byte("root"))
	leaf := root.sign(t, 0, newTestCA(t, "leaf", nil), "cam.example.com")
	chain, found := certs.BuildChain(leaf, []*x509.Certificate{root.sign(t, 1, root), root.sign(t, 2, root)})
	require.Empty(t, chain)
	requireChain(t, leaf, chain, found)
}

// TestLongKeys: no signature is checked with an RSA key that is longer than those of any client.
func TestLongKeys(t *testing.T) {
	for _, c := range []struct {
		name string
		bits uint
	}{{"65,536 bits", 65536}, {"8193 bits", 8193}} {
		t.Run(c.name, func(t *testing.T) {
			n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), c.bits-1), big.NewInt(1))
			leaf := fakeRSA(t, newTestCA(t, "leaf", nil), n, "cam.example.com")
			var pool []*x509.Certificate
			for i := range 400 {
				pool = append(pool, rsaCA(t, i, new(big.Int).Add(n, big.NewInt(int64(2*i)))))
			}
			ends(t, func() {
				chain, root := certs.BuildChain(leaf, pool)
				require.Empty(t, chain)
				require.Nil(t, root)
				require.False(t, certs.SignedBy(leaf, pool[0]))
			})
		})
	}
}

// rsaCA is a CA with a number for a key that nobody has factors of.
func rsaCA(t *testing.T, serial int, n *big.Int) *x509.Certificate {
	ca := newTestCA(t, "ca", nil)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(serial) + 1), Subject: pkix.Name{CommonName: "ca"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: n, E: 1<<31 - 1}, ca.key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}

// fakeRSA is a certificate with a signature of the length of a modulus, as if such a key had made it.
func fakeRSA(t *testing.T, subject *testCA, n *big.Int, dns string) *x509.Certificate {
	c := newTestCA(t, "ca", nil).sign(t, 0, subject, dns)
	faked, err := x509.ParseCertificate(forged.ClaimRSA(t, c, n))
	require.NoError(t, err)
	return faked
}
