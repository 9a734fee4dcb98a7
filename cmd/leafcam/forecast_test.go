package main

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A trial is a delivery, and the scenarios that show what becomes of it.
type trial struct {
	name      string
	files     map[string][]byte
	scenarios []hostsim.Scenario
	browsers  bool // they take part
}

var (
	fullChain           = scenarioNamed("full-chain")
	selfSignedScenarios = map[bool]hostsim.Scenario{false: scenarioNamed("self-signed"), true: scenarioNamed("self-signed-ca")}
)

func scenarioNamed(name string) hostsim.Scenario {
	list, err := hostsim.ScenariosByName([]string{name})
	if err != nil {
		panic(err)
	}
	return list[0]
}

// cureOf is which cure a scenario shows.
var cureOf = map[string]preflight.Cure{
	hostsim.ScenarioLeafOnly().Name:    preflight.CureLeafOnly,
	hostsim.ScenarioSecondLoad().Name:  preflight.CureSecondLoad,
	fullChain.Name:                     preflight.CureGateway,
	scenarioNamed("pem-firmware").Name: preflight.CurePEMFirmware,
	hostsim.ScenarioStore().Name:       preflight.CureStore,
	scenarioNamed("self-signed").Name:  preflight.CureLeafOnly, "self-signed-ca": preflight.CureLeafOnly,
}

// trials are the deliveries that forecasts are held against.
func trials(t *testing.T) []trial {
	issued := func(p *certs.PKI, o certs.LeafOptions) map[string][]byte {
		if o.DNS == nil {
			o.DNS = []string{flawHost}
		}
		leaf, err := p.Issue(o)
		require.NoError(t, err)
		return map[string][]byte{
			"full.pem": certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, append(p.Chain(), p.Root.Certificate)...)...),
			"key.pem":  leaf.EncodeKeyPEM(),
		}
	}
	pki := func(o certs.PKIOptions) *certs.PKI {
		p, err := certs.NewPKI(o)
		require.NoError(t, err)
		return p
	}
	generationY := func(key certs.KeyType) *certs.PKI {
		p, err := certs.NewGenerationY(key)
		require.NoError(t, err)
		return p
	}
	lone := func(newCertificate func(certs.LeafOptions) (*certs.Identity, error)) map[string][]byte {
		id, err := newCertificate(certs.LeafOptions{DNS: []string{flawHost}})
		require.NoError(t, err)
		return map[string][]byte{"cert.pem": certs.EncodePEM(id.Certificate), "key.pem": id.EncodeKeyPEM()}
	}
	one := pki(certs.PKIOptions{})
	// The leaf's URL answers on this machine, where the check and the clients ask it themselves.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(one.Intermediates[0].DER()) }))
	t.Cleanup(server.Close)
	chain := []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioSecondLoad()}
	list := []trial{
		{"one link, by AIA", issued(one, certs.LeafOptions{AIA: server.URL}), append(chain, hostsim.ScenarioStore()), true},
		{
			"one link, sent by the other cures", issued(one, certs.LeafOptions{AIA: server.URL}),
			[]hostsim.Scenario{fullChain, scenarioNamed("pem-firmware")},
			false,
		},
		{"one link, nobody at the AIA URL", issued(one, certs.LeafOptions{AIA: "http://127.0.0.1:9/i.der"}), chain[:1], false},
		{
			"two links, RSA",
			issued(generationY(certs.KeyRSA2048), certs.LeafOptions{Key: certs.KeyRSA2048}),
			append(chain, hostsim.ScenarioStore()), false,
		},
		{"three links, ECDSA", issued(generationY(certs.KeyECDSAP256), certs.LeafOptions{}), append(chain, hostsim.ScenarioStore()), false},
		{"self-signed", lone(certs.NewSelfSigned), []hostsim.Scenario{selfSignedScenarios[false]}, false},
		{"self-signed CA", lone(certs.NewSelfSignedCA), []hostsim.Scenario{selfSignedScenarios[true]}, false},
		{"P-384", issued(pki(certs.PKIOptions{RootKey: certs.KeyECDSAP384, IntermediateKeys: []certs.KeyType{certs.KeyECDSAP384}}),
			certs.LeafOptions{Key: certs.KeyECDSAP384}), chain[1:], false},
		{"another host", issued(one, certs.LeafOptions{DNS: []string{"other.example.com"}}), chain[1:], false},
		{
			"expired",
			issued(one, certs.LeafOptions{NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)}),
			chain[1:], false,
		},
	}
	shown := map[preflight.Code]bool{
		preflight.CodeWeakKey: true, preflight.CodeOddCurve: true, preflight.CodeFewClientsCurve: true,
		preflight.CodeWeakSignature: true, preflight.CodeNoSAN: true, preflight.CodeNotYetValid: true,
		preflight.CodeKeyUsage: true, preflight.CodeExtKeyUsage: true, preflight.CodeMustStaple: true,
		preflight.CodeChainInvalid: true, preflight.CodeStrictProfile: true, preflight.CodeChainTooLong: true,
	}
	for _, f := range flaws(t) {
		if shown[f.code] {
			scenario := hostsim.ScenarioSecondLoad()
			if f.code == preflight.CodeWeakSignature { // a root has signed it
				scenario = hostsim.ScenarioLeafOnly()
			}
			list = append(list, trial{string(f.code) + ", " + f.name, f.files, []hostsim.Scenario{scenario}, false})
		}
	}
	return list
}

// everyClient tells that there is time (make long): for every client in every trial, and for their
// controls, which the standard set runs otherwise.
var everyClient = os.Getenv("LEAFCAM_EVERY_CLIENT") != ""

// members returns the clients of a trial, one of each family. Browsers take part in those that they
// are named for, or when there is time for them.
func (tr trial) members() []*hostsim.Client {
	if everyClient {
		return clients.All()
	}
	list := clients.OnePerFamily(clients.All())
	if !tr.browsers {
		_, list = clients.Browsers(list)
	}
	return list
}

// TestRealForecast lets the check forecast, and the real clients prove it.
func TestRealForecast(t *testing.T) {
	compared, silent := 0, 0
	for _, tr := range trials(t) {
		t.Run(tr.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range tr.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
			}
			d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{})
			require.NoError(t, err)
			s, err := preflight.FromDelivery(d)
			require.NoError(t, err)
			forecast := preflight.Check(t.Context(), s, preflight.Options{
				Host: flawHost, NoPublicRoots: true, Fetch: &preflight.Fetch{AllowPrivate: true},
			})
			files := &hostsim.Files{Cert: s.Cert, Key: s.Key, Leaf: d.Leaf.Parsed, Chain: d.Chain, Root: d.Root}
			if certs.SelfSigned(files.Leaf) {
				files.Root = files.Leaf
			}
			m, err := hostsim.Runner{
				Files: files, Host: flawHost, Clients: tr.members(), Scenarios: tr.scenarios, NoControls: !everyClient, Online: true,
				Builds: builds,
			}.Run(t.Context())
			require.NoError(t, err)
			for _, row := range m.Rows {
				i := slices.IndexFunc(forecast.Forecast, func(r preflight.FamilyForecast) bool { return r.Family == row.Family })
				if !row.Installed || row.Simulated != "" {
					continue
				}
				require.GreaterOrEqual(t, i, 0, "%s is in no family", row.Client)
				for _, cell := range row.Cells {
					if agreed, known := agrees(&forecast.Forecast[i], cell); !known {
						silent++
					} else {
						compared++
						f := forecast.Forecast[i].Under(cureOf[cell.Scenario])
						require.True(t, agreed, "%s, %s: forecast %s (%s), and the client: %s, %s %s",
							row.Client, cell.Scenario, f.Outcome, f.Reason, cell.Verdict, cell.Reason(), cell.Message)
					}
				}
			}
		})
	}
	t.Logf("%d forecasts compared with real clients, %d cells that say nothing", compared, silent)
	require.Greater(t, compared, 5*silent)
}

// agrees compares a forecast with what a client did. known is false where the cell says nothing of
// the certificate.
func agrees(r *preflight.FamilyForecast, cell hostsim.Cell) (agreed, known bool) {
	var outcome preflight.Outcome
	switch cell.Verdict {
	case verdict.VerdictCompleted, verdict.VerdictNeverVerifies:
		outcome = preflight.OutcomeCompletes
	case verdict.VerdictRefused, verdict.VerdictNoHandshake:
		outcome = preflight.OutcomeRefuses
	default:
		return false, false
	}
	f := r.Under(cureOf[cell.Scenario])
	if f.Outcome == preflight.OutcomeDepends {
		return true, false // the family's clients differ
	}
	return outcome == f.Outcome, true
}
