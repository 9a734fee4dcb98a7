package clienttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRequirements: with a test PKI's files, and real clients.
func TestRequirements(t *testing.T) {
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, leaf.WriteIdentity(dir, "leaf", false))
	require.NoError(t, certs.WriteNew(dir+"/chain.pem", certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...), certs.ModeCert))

	list := clienttest.Clients(t, clients.All(), "curl", "openssl", "wget2", "curl.exe")
	results := clienttest.Run(t, hostsim.Runner{
		Files:     clienttest.Files(t, hostsim.FilePaths{Cert: dir + "/leaf.cert.der", Key: dir + "/leaf.key.der", Chain: dir + "/chain.pem"}),
		Clients:   list,
		Scenarios: []hostsim.Scenario{hostsim.LeafOnly, hostsim.Store, hostsim.SecondLoad},
	})
	results.Refuses(t, hostsim.LeafOnly, hostsim.CauseMissing, "curl", "openssl", "wget2")
	results.Completes(t, hostsim.SecondLoad, hostsim.Sent, "curl", "openssl", "wget2")
	results.Completes(t, hostsim.Store, hostsim.FromStore, "openssl")
	results.Completes(t, hostsim.Store, hostsim.Anchor, "curl")
	results.Completes(t, hostsim.LeafOnly, hostsim.Sent, "curl.exe") // skipped: another system
}
