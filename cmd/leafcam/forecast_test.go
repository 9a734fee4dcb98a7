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
	"github.com/leafcam/leafcam/certs/policy"
	"github.com/leafcam/leafcam/certs/preflight"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

// A trial is a delivery, and the scenarios that show what becomes of it.
type trial struct {
	name      string
	files     map[string][]byte
	scenarios []hostsim.Scenario
	everybody bool // every client of this machine; else one of each family
}

var (
	fullChain           = scenarioNamed("full-chain")
	selfSignedScenarios = map[bool]hostsim.Scenario{false: hostsim.SelfSigned, true: scenarioNamed("self-signed-ca")}
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
	hostsim.LeafOnly.Name: preflight.LeafOnly, hostsim.SecondLoad.Name: preflight.SecondLoad, fullChain.Name: preflight.Gateway, hostsim.PEMFirmware.Name: preflight.PEMFirmware, hostsim.Store.Name: preflight.Store,
	hostsim.SelfSigned.Name: preflight.LeafOnly, "self-signed-ca": preflight.LeafOnly,
}

// trials are the deliveries that forecasts are held against.
func trials(t *testing.T) []trial {
	issued := func(p *certs.PKI, o certs.LeafOptions) map[string][]byte {
		if o.DNS == nil {
			o.DNS = []string{flawHost}
		}
		leaf, err := p.Issue(o)
		require.NoError(t, err)
		return map[string][]byte{"full.pem": certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, append(p.Chain(), p.Root.Certificate)...)...), "key.pem": leaf.EncodeKeyPEM()}
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
	chain := []hostsim.Scenario{hostsim.LeafOnly, hostsim.SecondLoad}
	list := []trial{
		{"one link, by AIA", issued(one, certs.LeafOptions{AIA: server.URL}), append(chain, hostsim.Store), true},
		{"one link, sent by the other cures", issued(one, certs.LeafOptions{AIA: server.URL}), []hostsim.Scenario{fullChain, hostsim.PEMFirmware}, false},
		{"one link, nobody at the AIA URL", issued(one, certs.LeafOptions{AIA: "http://127.0.0.1:9/i.der"}), chain[:1], false},
		{"two links, RSA", issued(generationY(certs.RSA2048), certs.LeafOptions{Key: certs.RSA2048}), append(chain, hostsim.Store), false},
		{"three links, ECDSA", issued(generationY(certs.ECDSAP256), certs.LeafOptions{}), append(chain, hostsim.Store), false},
		{"self-signed", lone(certs.NewSelfSigned), []hostsim.Scenario{selfSignedScenarios[false]}, false},
		{"self-signed CA", lone(certs.NewSelfSignedCA), []hostsim.Scenario{selfSignedScenarios[true]}, false},
		{"P-384", issued(pki(certs.PKIOptions{RootKey: certs.ECDSAP384, IntermediateKeys: []certs.KeyType{certs.ECDSAP384}}), certs.LeafOptions{Key: certs.ECDSAP384}), chain[1:], false},
		{"another host", issued(one, certs.LeafOptions{DNS: []string{"other.example.com"}}), chain[1:], false},
		{"expired", issued(one, certs.LeafOptions{NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)}), chain[1:], false},
	}
	shown := map[preflight.Code]bool{
		preflight.WeakKey: true, preflight.OddCurve: true, preflight.FewClientsCurve: true, preflight.WeakSignature: true, preflight.NoSAN: true, preflight.NotYetValid: true,
		preflight.KeyUsage: true, preflight.ExtKeyUsage: true, preflight.MustStaple: true, preflight.ChainInvalid: true, preflight.StrictProfile: true, preflight.ChainTooLong: true,
	}
	for _, f := range flaws(t) {
		if shown[f.code] {
			scenario := hostsim.SecondLoad
			if f.code == preflight.WeakSignature { // a root has signed it
				scenario = hostsim.LeafOnly
			}
			list = append(list, trial{string(f.code) + ", " + f.name, f.files, []hostsim.Scenario{scenario}, false})
		}
	}
	return list
}

// allForecasts tells that there is time: for every client in every trial, and for their controls,
// which the standard set runs otherwise.
var allForecasts = os.Getenv("LEAFCAM_ALL_FORECASTS") != ""

// members returns the clients of a trial: of those that are not for everybody, browsers take part
// when there is time for them.
func (tr trial) members(t *testing.T) []*hostsim.Client {
	if tr.everybody || allForecasts {
		return clients.All()
	}
	var names []string
	for _, p := range policy.Families() {
		if !p.NeverVerifies {
			names = append(names, p.Clients[0])
		}
	}
	list, err := hostsim.ClientsByName(names, clients.All())
	require.NoError(t, err)
	_, list = clients.Browsers(list)
	return list
}

// TestForecastAgainstMatrix lets the check forecast, and the real clients prove it.
func TestForecastAgainstMatrix(t *testing.T) {
	compared, silent := 0, 0
	for _, tr := range trials(t) {
		t.Run(tr.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range tr.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
			}
			s, d, err := preflight.FromDelivery([]string{dir}, certs.DeliveryOptions{})
			require.NoError(t, err)
			forecast := preflight.Check(t.Context(), s, preflight.Options{Host: flawHost, NoPublicRoots: true, Fetch: &preflight.Fetch{AllowPrivate: true}})
			files := &hostsim.Files{Cert: s.Cert, Key: s.Key, Leaf: d.Leaf.Parsed, Chain: d.Chain, Root: d.Root}
			if certs.SelfSigned(files.Leaf) {
				files.Root = files.Leaf
			}
			m, err := hostsim.Runner{Files: files, Host: flawHost, Clients: tr.members(t), Scenarios: tr.scenarios, NoControls: !allForecasts, Online: true}.Run(t.Context())
			require.NoError(t, err)
			for _, row := range m.Rows {
				i := slices.IndexFunc(forecast.Reach, func(r preflight.Reach) bool { return r.Has(row.Client) })
				if !row.Installed || row.Simulated != "" {
					continue
				}
				require.GreaterOrEqual(t, i, 0, "%s is in no family", row.Client)
				for _, cell := range row.Cells {
					if agreed, known := agrees(&forecast.Reach[i], cell); !known {
						silent++
					} else {
						compared++
						f := forecast.Reach[i].Forecast(cureOf[cell.Scenario])
						require.True(t, agreed, "%s, %s: forecast %s (%s), and the client: %s, %s %s", row.Client, cell.Scenario, f.Outcome, f.Why, cell.Verdict, cell.Cause, cell.Message)
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
func agrees(r *preflight.Reach, cell hostsim.Cell) (agreed, known bool) {
	var outcome preflight.Outcome
	switch cell.Verdict {
	case hostsim.Completed, hostsim.NeverVerifies:
		outcome = preflight.Completes
	case hostsim.Refused, hostsim.NoHandshake:
		outcome = preflight.Refuses
	default:
		return false, false
	}
	f := r.Forecast(cureOf[cell.Scenario])
	if f.Outcome == preflight.Depends {
		return true, false // the family's clients differ
	}
	return outcome == f.Outcome, true
}
