package truststores_test

import (
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/truststores"
)

// roots are those of Mozilla's list, by their common names.
func roots(t *testing.T) map[string]*x509.Certificate {
	byName := map[string]*x509.Certificate{}
	for r := range bundle.Roots() {
		c, err := x509.ParseCertificate(r.Certificate)
		require.NoError(t, err)
		byName[c.Subject.CommonName] = c
	}
	return byName
}

// since returns the version since which a store has a root, and whether anything is known of it.
func since(root *x509.Certificate, store string) (version string, known bool) {
	for _, s := range truststores.Of(root) {
		if s.Name == store {
			return s.Since, true
		}
	}
	return "", false
}

func TestOf(t *testing.T) {
	list := roots(t)
	for _, tc := range []struct{ root, store, version string }{
		{"ISRG Root X1", "Android", "7.1.1"},
		{"ISRG Root X1", "Java", "8u141"},
		{"ISRG Root X1", truststores.Mozilla, "2016-08"},
		{"ISRG Root X2", "Android", "14"},
		{"ISRG Root X2", truststores.Mozilla, "2022-05"},
		{"GTS Root R1", "Android", "10"},
		{"USERTrust RSA Certification Authority", "Android", "5.1"},
		{"Amazon Root CA 1", "Android", "8.0"},
		{"SSL.com TLS RSA Root CA 2022", "Android", ""},
		{"DigiCert Global Root G2", "Android", "5.0"},
	} {
		t.Run(tc.root+", "+tc.store, func(t *testing.T) {
			require.NotNil(t, list[tc.root])
			version, known := since(list[tc.root], tc.store)
			require.True(t, known)
			require.Equal(t, tc.version, version)
		})
	}
}

// TestNamesProveNothing: a root of the same name with another key is not known.
func TestNamesProveNothing(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	forged := *pki.Root.Certificate
	forged.Subject, forged.RawSubject = roots(t)["ISRG Root X1"].Subject, roots(t)["ISRG Root X1"].RawSubject
	require.Empty(t, truststores.Of(&forged))
}

// TestOfEachRoot: something is known of nearly all of Mozilla's roots.
func TestOfEachRoot(t *testing.T) {
	list := roots(t)
	known := 0
	for _, root := range list {
		for _, s := range truststores.Of(root) {
			require.NotEmpty(t, s.Source)
		}
		if _, ok := since(root, truststores.Mozilla); ok {
			known++
		}
	}
	require.Greater(t, 10*known, 9*len(list))
}
