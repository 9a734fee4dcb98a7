package knowncas_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/knowncas"
)

func TestOf(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   pkix.Name
		kind knowncas.Kind // "" is none
	}{
		{"staging's root", pkix.Name{CommonName: "(STAGING) Pretend Pear X1"}, knowncas.Test},
		{"staging's organization", pkix.Name{Organization: []string{"(STAGING) Let's Encrypt"}, CommonName: "R12"}, knowncas.Test},
		{"staging of 2018", pkix.Name{CommonName: "Fake LE Intermediate X1"}, knowncas.Test},
		{"Origin CA", pkix.Name{OrganizationalUnit: []string{"CloudFlare Origin SSL Certificate Authority"}}, knowncas.Closed},
		{"Origin CA in other letters", pkix.Name{OrganizationalUnit: []string{"cloudflare origin ssl ecc"}}, knowncas.Closed},
		{"a firewall", pkix.Name{Organization: []string{"Fortinet"}, CommonName: "FGT60F0000000000"}, knowncas.Interception},
		{"a debugging proxy", pkix.Name{CommonName: "mitmproxy"}, knowncas.Interception},
		{"mkcert", pkix.Name{Organization: []string{"mkcert development CA"}, CommonName: "mkcert me@host"}, knowncas.Development},
		{"an ingress", pkix.Name{CommonName: "Kubernetes Ingress Controller Fake Certificate"}, knowncas.Placeholder},
		{"Let's Encrypt", pkix.Name{Organization: []string{"Let's Encrypt"}, CommonName: "YE1"}, ""},
		{"a company's CA", pkix.Name{Organization: []string{"Example Inc."}, CommonName: "Example Issuing CA 1"}, ""},
		{"the name in the middle", pkix.Name{CommonName: "Not (STAGING)"}, ""},
		{"no name", pkix.Name{}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asLeafs := knowncas.Of(&x509.Certificate{Issuer: tc.in}, nil)
			asRoots := knowncas.Of(&x509.Certificate{}, []*x509.Certificate{{Issuer: tc.in}})
			if tc.kind == "" {
				require.Nil(t, asLeafs)
				require.Nil(t, asRoots)
				return
			}
			require.Equal(t, tc.kind, asLeafs.Kind)
			require.Equal(t, asLeafs, asRoots)
			require.NotEmpty(t, asLeafs.Name)
			require.NotEmpty(t, asLeafs.Source)
		})
	}
}
