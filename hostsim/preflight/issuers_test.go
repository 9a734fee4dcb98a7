package preflight_test

import (
	"crypto/rand"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestKnownIssuers: what a well-known issuer is changes the advice, and what is forecast.
func TestKnownIssuers(t *testing.T) {
	for _, tc := range []struct {
		name    string
		issuer  string
		code    preflight.Code
		refused bool // even when all is sent
	}{
		{"staging", "(STAGING) Ersatz Edamame E1", preflight.CodeTestCA, true},
		{"a proxy that reads along", "mitmproxy", preflight.CodeInterceptionCA, true},
		{"a closed one", "CloudFlare Origin Certificate", preflight.CodeClosedCA, false},
		{"a developer's", "mkcert me@host", preflight.CodeDevelopmentCA, false},
		{"a company's", "Example Issuing CA", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := certs.NewPKI(certs.PKIOptions{Name: tc.issuer})
			require.NoError(t, err)
			s := delivered(t, p, issue(t, p, certs.LeafOptions{}))
			r := check(t, s, preflight.Options{})
			private := r.Finding(preflight.CodePrivateRoot)
			require.NotNil(t, private)
			for _, code := range []preflight.Code{
				preflight.CodeTestCA, preflight.CodeInterceptionCA, preflight.CodeClosedCA, preflight.CodeDevelopmentCA, preflight.CodePlaceholder,
			} {
				require.Equal(t, code == tc.code, r.Finding(code) != nil, code)
			}
			if tc.code != "" && tc.code != preflight.CodeDevelopmentCA {
				require.Equal(t, r.Finding(tc.code).Fix, private.Fix)
			}
			f := reachOf(t, r, "openssl").Under(preflight.CureGateway)
			require.Equal(t, tc.refused, f.Outcome == preflight.OutcomeRefuses, f.Reason)
			// Who names the root has made up their mind.
			own := check(t, s, preflight.Options{Roots: []*x509.Certificate{p.Root.Certificate}})
			require.Equal(t, preflight.OutcomeCompletes, reachOf(t, own, "openssl").Under(preflight.CureGateway).Outcome)
			require.Zero(t, own.Errors())
		})
	}
}

// publicRoot returns a root of Mozilla's list.
func publicRoot(t *testing.T, name string) *x509.Certificate {
	for r := range bundle.Roots() {
		if c, err := x509.ParseCertificate(r.Certificate); err == nil && c.Subject.CommonName == name {
			return c
		}
	}
	require.Fail(t, "no root "+name)
	return nil
}

// TestStores: what is known of a public root's age is said, and what a cross-sign in the delivery is for.
func TestStores(t *testing.T) {
	old, err := certs.NewPKI(certs.PKIOptions{Name: "older"})
	require.NoError(t, err)
	root := publicRoot(t, "ISRG Root X1")
	template := *root
	template.AuthorityKeyId, template.SignatureAlgorithm = nil, 0
	der, err := x509.CreateCertificate(rand.Reader, &template, old.Root.Certificate, root.PublicKey, old.Root.Key)
	require.NoError(t, err)
	cross, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	for _, tc := range []struct {
		name  string
		root  *x509.Certificate
		also  []*x509.Certificate
		title []string
	}{
		{"one of 2016", root, nil, []string{`"ISRG Root X1" is known since Android 7.1.1`, "Java 8u141", "of 2016-08"}},
		{"with its cross-sign", root, []*x509.Certificate{cross}, []string{`cross-sign by "older"`, "for clients that know that root only"}},
		{"a young one", publicRoot(t, "SSL.com TLS RSA Root CA 2022"), nil, []string{"of 2023-07", "not known to have it: Android"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := preflight.StoresOf(tc.root, tc.also...)
			require.NotNil(t, f)
			for _, part := range tc.title {
				require.Contains(t, f.Title, part)
			}
		})
	}
	require.Nil(t, preflight.StoresOf(old.Root.Certificate))
}
