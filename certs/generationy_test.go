package certs_test

import (
	"crypto/x509"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
)

// TestGenerationY: the shapes and sizes that the camera's message limit is about.
func TestGenerationY(t *testing.T) {
	for _, tc := range []struct {
		key   certs.KeyType
		sizes []int
	}{{certs.KeyRSA2048, []int{1247, 1528}}, {certs.KeyECDSAP256, []int{655, 682, 1140}}} {
		t.Run(string(tc.key), func(t *testing.T) {
			p, err := certs.NewGenerationY(tc.key)
			require.NoError(t, err)
			check := func(p *certs.PKI) {
				leaf, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: tc.key})
				require.NoError(t, err)
				roots, between := x509.NewCertPool(), x509.NewCertPool()
				roots.AddCert(p.Root.Certificate)
				for i, c := range p.Chain() {
					require.Len(t, c.Raw, tc.sizes[i])
					between.AddCert(c)
				}
				require.Len(t, p.Chain(), len(tc.sizes))
				chains, err := leaf.Certificate.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: "cam.example.com"})
				require.NoError(t, err)
				require.Len(t, chains[0], len(tc.sizes)+2)
			}
			check(p)
			p, err = p.WithAIA(func(i int) string { return fmt.Sprintf("http://aia.example.com:12345/%d.der", i) })
			require.NoError(t, err)
			check(p)
			require.Equal(t, []string{"http://aia.example.com:12345/0.der"}, p.Chain()[0].IssuingCertificateURL)
		})
	}
}

// TestRecertify: a circle of two CAs that vouch for each other, and a size out of reach.
func TestRecertify(t *testing.T) {
	a, err := certs.NewPKI(certs.PKIOptions{Name: "a"})
	require.NoError(t, err)
	b, err := certs.NewPKI(certs.PKIOptions{Name: "b"})
	require.NoError(t, err)
	ab, err := certs.Recertify(a.Root, b.Root, certs.RecertifyOptions{AIA: "http://aia.example.com/b.der"})
	require.NoError(t, err)
	require.NoError(t, ab.Certificate.CheckSignatureFrom(b.Root.Certificate))
	require.NoError(t, a.Intermediates[0].Certificate.CheckSignatureFrom(ab.Certificate), "the key is the same")
	_, err = certs.Recertify(a.Root, b.Root, certs.RecertifyOptions{Size: 100})
	require.ErrorContains(t, err, "cannot be as small as 100 octets")
}
