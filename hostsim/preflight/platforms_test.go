package preflight_test

import (
	"crypto/rand"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

func ignoresUserCAs(family string) bool {
	return slices.ContainsFunc(policy.Platforms(), func(p policy.Policy) bool { return p.Name == family && p.IgnoresUserCAs })
}

// withoutUsages issues a leaf once more, without extKeyUsage.
func withoutUsages(t *testing.T, p *certs.PKI, id *certs.Identity) *certs.Identity {
	template := *id.Certificate
	template.ExtKeyUsage, template.ExtraExtensions = nil, nil
	issuer := p.Intermediates[0]
	der, err := x509.CreateCertificate(rand.Reader, &template, issuer.Certificate, id.Key.Public(), issuer.Key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &certs.Identity{Certificate: parsed, Key: id.Key}
}

// TestPlatforms: what those who make a platform say of it is forecast.
func TestPlatforms(t *testing.T) {
	const aia = "http://aia.invalid/i.der"
	pki := func(links int) *certs.PKI {
		p, err := certs.NewPKI(certs.PKIOptions{Intermediates: links})
		require.NoError(t, err)
		return p
	}
	two, three := pki(2), pki(3)
	leaf := certs.LeafOptions{AIA: aia}
	for _, tc := range []struct {
		name    string
		pki     *certs.PKI
		without bool // extKeyUsage
		family  string
		cure    preflight.Cure
		outcome preflight.Outcome
		why     string
	}{
		{"Windows downloads two", two, false, "schannel", preflight.CureLeafOnly, preflight.OutcomeDepends, "completes when it reaches"},
		{"Windows does not download three", three, false, "schannel", preflight.CureLeafOnly, preflight.OutcomeRefuses, "2 issuers at most"},
		{"nor does .NET 11 on Linux", three, false, "dotnet-linux", preflight.CureLeafOnly, preflight.OutcomeRefuses, "2 issuers at most"},
		{".NET 10 does", three, false, "dotnet-linux-older", preflight.CureLeafOnly, preflight.OutcomeDepends, "completes when it reaches"},
		{"Windows with all of three sent", three, false, "schannel", preflight.CureSecondLoad, preflight.OutcomeCompletes, ""},
		{"Apple wants serverAuth", two, true, "ios", preflight.CureSecondLoad, preflight.OutcomeRefuses, "no extKeyUsage"},
		{"on the Mac, too", two, true, "macos", preflight.CureSecondLoad, preflight.OutcomeRefuses, "no extKeyUsage"},
		{"Windows does not", two, true, "schannel", preflight.CureSecondLoad, preflight.OutcomeCompletes, ""},
		{"Android's apps and a root of one's own", two, false, "android", preflight.CureSecondLoad, preflight.OutcomeDepends, "network security"},
		{"and WebView", two, false, "android-webview", preflight.CureSecondLoad, preflight.OutcomeDepends, "network security"},
		{"apps do not download", two, false, "android", preflight.CureLeafOnly, preflight.OutcomeRefuses, ""},
		{"WebView does", two, false, "android-webview", preflight.CureLeafOnly, preflight.OutcomeDepends, "completes when it reaches"},
		{"iOS takes no self-signed leaf with CA:FALSE", two, false, "ios", preflight.CurePinned, preflight.OutcomeCompletes, "CA:TRUE only"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id := issue(t, tc.pki, leaf)
			if tc.without {
				id = withoutUsages(t, tc.pki, id)
			}
			f := reachOf(t, check(t, delivered(t, tc.pki, id), preflight.Options{}), tc.family).Under(tc.cure)
			require.Equal(t, tc.outcome, f.Outcome, f.Reason)
			require.Contains(t, f.Reason, tc.why)
		})
	}
}
