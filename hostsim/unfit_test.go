package hostsim_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// constrained are files whose issuer carries critical name constraints, which the camera does not load.
func constrained(t *testing.T) *hostsim.Files {
	t.Helper()
	f := userFiles(t, "constrained", certs.LeafOptions{DNS: []string{hostsim.DefaultHost}})
	pki, err := certs.NewPKI(certs.PKIOptions{Name: "constrained"})
	require.NoError(t, err)
	issuer := pki.Intermediates[0]
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Constrained CA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomains: []string{"example.com"}, PermittedDNSDomainsCritical: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, pki.Root.Certificate, issuer.Key.Public(), pki.Root.Key)
	require.NoError(t, err)
	limited, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pki.Intermediates[0] = &certs.Identity{Certificate: limited, Key: issuer.Key}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{hostsim.DefaultHost}})
	require.NoError(t, err)
	f.Cert, f.Key, f.Leaf, f.Chain, f.Root = leaf.DER(), leaf.KeyDER(), leaf.Certificate, pki.Chain(), pki.Root.Certificate
	return f
}

// withKey are files with the key of another certificate.
func withKey(t *testing.T, key certs.KeyType) *hostsim.Files {
	t.Helper()
	f := userFiles(t, "mixed up", certs.LeafOptions{DNS: []string{hostsim.DefaultHost}, AIA: "http://aia.example.com/issuer"})
	f.Key = userFiles(t, "another", certs.LeafOptions{DNS: []string{hostsim.DefaultHost}, Key: key}).Key
	return f
}

// TestWhatIsWrongWithFiles: what is wrong with somebody's files is said as that, in every scenario that it
// concerns, and the others are run.
func TestWhatIsWrongWithFiles(t *testing.T) {
	notLoaded := `the camera does not load the intermediate "Constrained CA": ValueError: invalid cert`
	wrongKey := string(verdict.CauseWrongKey)
	type end struct {
		verdict verdict.Verdict
		reason  string
	}
	ldap := userFiles(t, "directory", certs.LeafOptions{DNS: []string{hostsim.DefaultHost}, AIA: "ldap://directory.example.com/"})
	for _, tc := range []struct {
		name  string
		files *hostsim.Files
		ends  map[string]end
	}{
		{"an issuer that the camera does not load", constrained(t), map[string]end{
			"leaf-only":      {verdict.VerdictRefused, "missing intermediate"},
			"second-load":    {verdict.VerdictNotApplicable, notLoaded},
			"one-connection": {verdict.VerdictNotApplicable, notLoaded},
			"pem-firmware":   {verdict.VerdictNotApplicable, notLoaded},
			"warm":           {verdict.VerdictNotApplicable, notLoaded},
			"full-chain":     {verdict.VerdictCompleted, ""},
			"gateway":        {verdict.VerdictCompleted, ""},
		}},
		{"another certificate's key", withKey(t, certs.KeyECDSAP256), map[string]end{
			"leaf-only":    {verdict.VerdictRefused, wrongKey},
			"aia":          {verdict.VerdictRefused, wrongKey},
			"second-load":  {verdict.VerdictRefused, wrongKey},
			"pem-firmware": {verdict.VerdictRefused, wrongKey},
			"full-chain":   {verdict.VerdictNotApplicable, "no server but the camera starts with a key that is not the certificate's"},
			"gateway":      {verdict.VerdictNotApplicable, "no server but the camera starts with a key that is not the certificate's"},
		}},
		{"a key of another kind", withKey(t, certs.KeyRSA2048), map[string]end{
			"leaf-only":   {verdict.VerdictRefused, wrongKey},
			"second-load": {verdict.VerdictRefused, wrongKey},
			"gateway":     {verdict.VerdictNotApplicable, "no server but the camera starts with a key that is not the certificate's"},
		}},
		{"an AIA URL that no client asks", ldap, map[string]end{
			"leaf-only": {verdict.VerdictRefused, "missing intermediate"},
			"aia":       {verdict.VerdictNotApplicable, "does not apply: the leaf has no http AIA URL that could be answered"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var names []string
			for name := range tc.ends {
				names = append(names, name)
			}
			scenarios, err := hostsim.ScenariosByName(names)
			require.NoError(t, err)
			row := matrixOf(t, hostsim.Runner{Clients: []*hostsim.Client{honest()}, Scenarios: scenarios, Files: tc.files})
			require.True(t, row.Trustworthy, row.Doubt)
			for name, want := range tc.ends {
				c := row.Cell(name)
				require.Equal(t, want.verdict, c.Verdict, "%s: %s", name, c.Reason())
				require.Equal(t, want.reason, c.Reason(), name)
			}
		})
	}
}
