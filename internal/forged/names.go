package forged

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// A Named is a leaf whose issuers, and itself, have any names.
type Named struct {
	Root, Intermediate, Leaf *x509.Certificate
	Key                      []byte // of the leaf, PKCS#8
}

// Names are the names of a chain. DNS is the leaf's alternative name.
type Names struct{ Root, Intermediate, Leaf, DNS string }

// InNames returns the places of a chain's names that can have a character, with those names: between x and y, as
// [RequireInert] looks for it. Where no common name can have it, there is "no name", too, for what a client says.
func InNames(character string) map[string]Names {
	odd := func(place string) string { return place + "x" + character + "y" }
	places := map[string]Names{}
	if InCommonName(character) {
		places["a common name"] = Names{Root: odd("root"), Intermediate: odd("middle"), Leaf: odd("leaf")}
	} else {
		places["no name"] = Names{Root: "root", Intermediate: "middle", DNS: "cam.example.com"}
	}
	if InDNSName(character) {
		places["an alternative name"] = Names{Root: "root", Intermediate: "middle", DNS: odd("dns")}
	}
	return places
}

// Certify makes a chain with those names: a CA refuses them, and a client of a camera sees what there is.
func Certify(t testing.TB, n Names) Named {
	t.Helper()
	keys := make([]*ecdsa.PrivateKey, 3)
	for i := range keys {
		var err error
		keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
	}
	sign := func(c *x509.Certificate, key *ecdsa.PrivateKey, issuer *x509.Certificate, by *ecdsa.PrivateKey) *x509.Certificate {
		c.NotBefore, c.NotAfter, c.BasicConstraintsValid = time.Now().Add(-time.Hour), time.Now().Add(time.Hour), true
		der, err := x509.CreateCertificate(rand.Reader, c, issuer, &key.PublicKey, by)
		require.NoError(t, err)
		c, err = x509.ParseCertificate(der)
		require.NoError(t, err)
		return c
	}
	ca := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, IsCA: true}
	}
	root := ca(1, n.Root)
	root = sign(root, keys[0], root, keys[0])
	intermediate := sign(ca(2, n.Intermediate), keys[1], root, keys[0])
	leaf := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: n.Leaf}}
	if n.DNS != "" {
		leaf.DNSNames = []string{n.DNS}
	}
	leaf = sign(leaf, keys[2], intermediate, keys[1])
	key, err := x509.MarshalPKCS8PrivateKey(keys[2])
	require.NoError(t, err)
	return Named{root, intermediate, leaf, key}
}

// InCommonName reports whether a distinguished name can have that text: its strings are UTF-8.
func InCommonName(text string) bool { return utf8.ValidString(text) }

// InDNSName reports whether an alternative name can have that text: it is an IA5String.
func InDNSName(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
