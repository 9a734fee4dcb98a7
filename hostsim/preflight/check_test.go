package preflight_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// written writes files and returns their folder.
func written(t testing.TB, files map[string][]byte) string {
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// subject reads a delivery that has a leaf.
func subject(t testing.TB, dir string, o delivery.Options) *preflight.Subject {
	t.Helper()
	d, err := delivery.Read(t.Context(), []string{dir}, o)
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	return s
}

// delivered writes the leaf of a PKI with its chain and root.
func delivered(t testing.TB, p *certs.PKI, leaf *certs.Identity) string {
	return written(t, map[string][]byte{
		"fullchain.pem": certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, p.Chain()...)...),
		"root.pem":      certs.EncodePEM(p.Root.Certificate), "key.pem": leaf.EncodeKeyPEM(),
	})
}

func newPKI(t testing.TB, links int) *certs.PKI {
	p, err := certs.NewPKI(certs.PKIOptions{Intermediates: links})
	require.NoError(t, err)
	return p
}

func issue(t testing.TB, p *certs.PKI, o certs.LeafOptions) *certs.Identity {
	if o.DNS == nil && o.IPs == nil {
		o.DNS = []string{"cam.example.com"}
	}
	leaf, err := p.Issue(o)
	require.NoError(t, err)
	return leaf
}

func check(t testing.TB, dir string, o preflight.Options) *preflight.Report {
	s := subject(t, dir, delivery.Options{})
	return preflight.Check(t.Context(), s, o)
}

func TestGoodDelivery(t *testing.T) {
	for links := 1; links <= 3; links++ {
		p := newPKI(t, links)
		r := check(t, delivered(t, p, issue(t, p, certs.LeafOptions{AIA: "http://aia.example/i.der"})),
			preflight.Options{Host: "cam.example.com"})
		require.True(t, r.Loads)
		require.Zero(t, r.Errors(), "%+v", r.Findings)
		require.Equal(t, links, r.Missing)
		require.Len(t, r.Path, links)
		require.Equal(t, "leafcam test root", r.Root)
		require.Equal(t, "the delivery", r.Trust)
		require.Len(t, r.Forecast, len(policy.Everyone()))
		for _, reach := range r.Forecast {
			for _, cure := range []preflight.Cure{preflight.CureSecondLoad, preflight.CureGateway} {
				want := preflight.OutcomeCompletes
				if reach.Family == "apache" && links > 2 {
					want = preflight.OutcomeRefuses
				}
				if ignoresUserCAs(reach.Family) {
					want = preflight.OutcomeDepends
				}
				require.Equal(t, want, reach.Under(cure).Outcome, "%s, %s", reach.Title, cure)
			}
		}
		require.Equal(t, preflight.OutcomeDepends, reachOf(t, r, "chromium").Under(preflight.CureLeafOnly).Outcome)
		require.Equal(t, preflight.OutcomeRefuses, reachOf(t, r, "go").Under(preflight.CureLeafOnly).Outcome)
	}
}

func reachOf(t *testing.T, r *preflight.Report, family string) *preflight.FamilyForecast {
	for i := range r.Forecast {
		if r.Forecast[i].Family == family {
			return &r.Forecast[i]
		}
	}
	require.Fail(t, "no such family", family)
	return nil
}

func TestHosts(t *testing.T) {
	p := newPKI(t, 1)
	dir := delivered(t, p, issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com", "*.cams.example.com", "xn--mller-kva.example.com"}}))
	for _, c := range []struct {
		host string
		says string // "" for a host that the certificate covers
	}{
		{"", ""},
		{"cam.example.com", ""},
		{"CAM.example.com", ""},
		{"a.cams.example.com", ""},
		{"müller.example.com", ""},
		{"a.b.cams.example.com", "a wildcard stands for one label"},
		{"cams.example.com", "a wildcard stands for one label"},
		{"other.example.com", "not for other.example.com"},
		{"192.168.1.20", "not for the address 192.168.1.20"},
	} {
		t.Run(c.host, func(t *testing.T) {
			f := check(t, dir, preflight.Options{Host: c.host}).Finding(preflight.CodeNameMismatch)
			if c.says == "" {
				require.Nil(t, f)
				return
			}
			require.Contains(t, f.Title, c.says)
		})
	}
}

func TestDates(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	dir := delivered(t, p, leaf)
	from, until := leaf.Certificate.NotBefore, leaf.Certificate.NotAfter
	for _, c := range []struct {
		name string
		at   time.Time
		code preflight.Code
	}{
		{"before", from.Add(-time.Minute), preflight.CodeNotYetValid},
		{"at once", from, ""},
		{"the last minute", until.Add(-time.Minute), preflight.CodeExpiresSoon},
		{"after", until.Add(time.Minute), preflight.CodeExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := check(t, dir, preflight.Options{At: c.at})
			for _, code := range []preflight.Code{preflight.CodeNotYetValid, preflight.CodeExpiresSoon, preflight.CodeExpired} {
				require.Equal(t, c.code == code, r.Finding(code) != nil, "%s", code)
			}
		})
	}
}

func TestLifetimeLimit(t *testing.T) {
	for day, limit := range map[string]int{
		"2017-01-01": 0, "2019-01-01": 825, "2020-09-01": 398, "2026-03-14": 398,
		"2026-03-15": 200, "2027-03-15": 100, "2029-03-15": 47, "2035-01-01": 47,
	} {
		issued, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		require.Equal(t, limit, preflight.LifetimeLimit(issued), day)
	}
}

// TestPublicCA is about rules that hold for public CAs only: the root counts as one.
func TestPublicCA(t *testing.T) {
	p := newPKI(t, 1)
	long := issue(t, p, certs.LeafOptions{NotAfter: time.Now().AddDate(0, 0, 300), AIA: "http://aia.example/i.der"})
	r := check(t, delivered(t, p, long), preflight.Options{}.WithPublicRoots(p.Root.Certificate))
	require.Equal(t, "Mozilla's list of public roots", r.Trust)
	require.NotNil(t, r.Finding(preflight.CodeNoSCTs))
	require.NotNil(t, r.Finding(preflight.CodeValidityTooLong))
	require.Nil(t, r.Finding(preflight.CodePrivateRoot))
	require.Equal(t, preflight.OutcomeRefuses, reachOf(t, r, "chromium").Under(preflight.CureSecondLoad).Outcome)
	require.Equal(t, preflight.OutcomeCompletes, reachOf(t, r, "go").Under(preflight.CureSecondLoad).Outcome)
	require.Equal(t, preflight.OutcomeRefuses, reachOf(t, r, "firefox").Under(preflight.CureSecondLoad).Outcome)
	require.Equal(t, preflight.OutcomeCompletes, reachOf(t, r, "android").Under(preflight.CureSecondLoad).Outcome)

	t.Run("with SCTs, and for 90 days", func(t *testing.T) {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(7), DNSNames: []string{"cam.example.com"}, Subject: pkix.Name{CommonName: "cam.example.com"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 89), KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IssuingCertificateURL: []string{"http://aia.example/i.der"},
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: []byte{4, 2, 0, 0}}},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, p.Intermediates[0].Certificate, long.Key.Public(), p.Intermediates[0].Key)
		require.NoError(t, err)
		parsed, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		r := check(t, delivered(t, p, &certs.Identity{Certificate: parsed, Key: long.Key}),
			preflight.Options{}.WithPublicRoots(p.Root.Certificate))
		require.Nil(t, r.Finding(preflight.CodeNoSCTs))
		require.Nil(t, r.Finding(preflight.CodeValidityTooLong))
		require.Equal(t, preflight.OutcomeDepends, reachOf(t, r, "chromium").Under(preflight.CureLeafOnly).Outcome)
		require.Equal(t, preflight.OutcomeDepends, reachOf(t, r, "firefox").Under(preflight.CureLeafOnly).Outcome)
	})
}

// TestRoots shows who can be said to trust a root.
func TestRoots(t *testing.T) {
	p, stranger := newPKI(t, 2), newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	dir := written(t, map[string][]byte{
		"full.pem": certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, p.Chain()...)...),
		"key.pem":  leaf.EncodeKeyPEM(),
	})
	r := check(t, dir, preflight.Options{Roots: []*x509.Certificate{stranger.Root.Certificate, p.Root.Certificate}})
	require.Equal(t, "your root", r.Trust)
	require.Equal(t, 2, r.Missing)
	r = check(t, dir, preflight.Options{Roots: []*x509.Certificate{stranger.Root.Certificate}})
	require.NotNil(t, r.Finding(preflight.CodeUnknownRoot))
	require.Equal(t, -1, r.Missing)

	t.Run("the shortest way counts, the longer one is told", func(t *testing.T) {
		// The root of p is cross-signed by an older one, as Let's Encrypt's Generation Y is.
		cross, err := certs.Recertify(p.Root, stranger.Root, certs.RecertifyOptions{})
		require.NoError(t, err)
		dir := written(t, map[string][]byte{
			"full.pem": certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate, cross.Certificate}, p.Chain()...)...),
			"key.pem":  leaf.EncodeKeyPEM(),
		})
		both := preflight.Options{Roots: []*x509.Certificate{stranger.Root.Certificate, p.Root.Certificate}}
		s := subject(t, dir, delivery.Options{Roots: both.Roots})
		require.Len(t, s.Delivery.Chain, 3)
		r := preflight.Check(t.Context(), s, both)
		require.Equal(t, 2, r.Missing)
		require.Contains(t, r.Finding(preflight.CodeIntermediateUnsent).Title, "3 links for clients that know older roots only")
	})
}

// TestFirmwares checks the same PEM files for both firmwares.
func TestFirmwares(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	dir := written(t, map[string][]byte{"cert.pem": certs.EncodePEM(leaf.Certificate, p.Chain()[0]), "key.pem": leaf.EncodeKeyPEM()})
	s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), nil, delivery.Options{})
	require.NoError(t, err)
	r := preflight.Check(t.Context(), s, preflight.Options{})
	require.False(t, r.Loads)
	require.NotNil(t, r.Finding(preflight.CodePEMKey))
	require.NotNil(t, r.Finding(preflight.CodePEMCertificate))
	require.Equal(t, preflight.OutcomeCompletes, reachOf(t, r, "go").Under(preflight.CurePinned).Outcome)
	firmware, err := device.FirmwareByName("micropython-1.29")
	require.NoError(t, err)
	r = preflight.Check(t.Context(), s, preflight.Options{Firmware: firmware})
	require.True(t, r.Loads)
	require.Zero(t, r.Errors(), "%+v", r.Findings)
}

// TestForms writes every form of a report, and looks for the key in it.
func TestForms(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	dir := delivered(t, p, leaf)
	s := subject(t, dir, delivery.Options{})
	d := s.Delivery
	r := preflight.Check(t.Context(), s, preflight.Options{Host: "wrong.example.com"})
	var text, narrow, colored, sarif, explained bytes.Buffer
	preflight.Text(&text, r, preflight.TextOptions{})
	preflight.Text(&narrow, r, preflight.TextOptions{Width: 80})
	preflight.Text(&colored, r, preflight.TextOptions{Color: true, Width: 200})
	require.NoError(t, preflight.SARIF(&sarif, r))
	preflight.Explain(&explained, d, preflight.TextOptions{})
	asJSON, err := json.Marshal(r)
	require.NoError(t, err)

	require.Less(t, strings.Index(text.String(), "ERROR"), strings.Index(text.String(), "WARNING"))
	require.Contains(t, text.String(), "[name-mismatch]")
	require.NotContains(t, text.String(), "\x1b")
	require.Contains(t, colored.String(), "\x1b")
	require.Contains(t, explained.String(), "intermediate 1")

	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(sarif.Bytes(), &log))
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs[0].Results, len(r.Findings))
	for _, result := range log.Runs[0].Results {
		require.Equal(t, result.RuleID, log.Runs[0].Tool.Driver.Rules[result.RuleIndex].ID)
		require.NotEmpty(t, result.Message.Text)
		require.True(t, strings.HasPrefix(result.Locations[0].PhysicalLocation.ArtifactLocation.URI, "file:///"))
		require.Contains(t, []string{"error", "warning", "note"}, result.Level)
	}

	secret := strings.Split(string(leaf.EncodeKeyPEM()), "\n")[1]
	for _, out := range []string{text.String(), sarif.String(), explained.String(), string(asJSON)} {
		require.NotContains(t, out, secret)
	}
}

// TestTextOfHostileNames shows that a certificate cannot drive the terminal.
func TestTextOfHostileNames(t *testing.T) {
	p, err := certs.NewPKI(certs.PKIOptions{Name: "\x1b[2Jevil\nroot"})
	require.NoError(t, err)
	var out bytes.Buffer
	preflight.Text(&out, check(t, delivered(t, p, issue(t, p, certs.LeafOptions{})), preflight.Options{}), preflight.TextOptions{Width: 100})
	require.NotContains(t, out.String(), "\x1b")
	require.Contains(t, out.String(), "evil")
}

// TestRulesAreWhole reads what every finding is made of.
func TestRulesAreWhole(t *testing.T) {
	seen := map[preflight.Code]bool{}
	for _, r := range preflight.Rules() {
		require.False(t, seen[r.Code], r.Code)
		seen[r.Code] = true
		require.NotEmpty(t, r.Summary, r.Code)
		require.NotEmpty(t, r.Cause, r.Code)
		require.NotEmpty(t, r.Fix, r.Code)
		require.Contains(t, preflight.Severities(), r.Severity)
	}
	account, err := os.ReadFile("CHECK.md")
	require.NoError(t, err)
	for code := range seen {
		require.Contains(t, string(account), "`"+string(code)+"`", "CHECK.md does not list it")
	}
}

// TestFamilies holds the policies together.
func TestFamilies(t *testing.T) {
	names := map[string]bool{}
	for _, p := range policy.Everyone() {
		require.False(t, names[p.Name], p.Name)
		names[p.Name] = true
		require.NotEmpty(t, p.Source, p.Name)
		require.NotEmpty(t, p.Date, p.Name)
		require.NotEqual(t, p.Measured(), len(p.SharedBy) > 0, p.Name)
	}
}
