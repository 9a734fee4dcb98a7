package clienttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/clienttest"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRealRequirements: with a test PKI's files, and real clients.
func TestRealRequirements(t *testing.T) {
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(leaf, dir, "leaf", false))
	require.NoError(t, atomicfile.WriteNew(dir+"/chain.pem", certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...), atomicfile.Public))

	list := clienttest.Clients(t, clients.All(), "curl", "openssl", "wget2", "curl.exe")
	results := clienttest.Run(t, hostsim.Runner{
		Files:     clienttest.Files(t, hostsim.FilePaths{Cert: dir + "/leaf.cert.der", Key: dir + "/leaf.key.der", Chain: dir + "/chain.pem"}),
		Clients:   list,
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioStore(), hostsim.ScenarioSecondLoad()},
	})
	results.Refuses(t, hostsim.ScenarioLeafOnly(), verdict.CauseMissing, "curl", "openssl", "wget2")
	results.Completes(t, hostsim.ScenarioSecondLoad(), verdict.HowSent, "curl", "openssl", "wget2")
	results.Completes(t, hostsim.ScenarioStore(), verdict.HowStore, "openssl")
	results.Completes(t, hostsim.ScenarioStore(), verdict.HowAnchor, "curl")
	results.Completes(t, hostsim.ScenarioLeafOnly(), verdict.HowSent, "curl.exe") // skipped: another system
}
