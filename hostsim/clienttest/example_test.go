package clienttest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/clienttest"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestExample is a test as somebody writes it for his own files. The clients are simulated ones, which need
// no program; the names of all are those of `leafcam clients`.
func TestExample(t *testing.T) {
	dir := myFiles(t)
	results := clienttest.Run(t, hostsim.Runner{
		Files: clienttest.Files(t, hostsim.FilePaths{
			Cert:  filepath.Join(dir, "server.der"),
			Key:   filepath.Join(dir, "server.key.der"),
			Chain: filepath.Join(dir, "chain.pem"),
		}),
		Host:    "cam.example.com",
		Clients: clienttest.Clients(t, clients.All(), "sim-android", "sim-schannel"),
	})
	results.Refuses(t, hostsim.ScenarioLeafOnly(), verdict.CauseMissing, "sim-android")
	results.Completes(t, hostsim.ScenarioAIA(), verdict.HowAIA, "sim-schannel")
}

// myFiles makes a folder with what is on the camera, and the chain of it.
func myFiles(t *testing.T) string {
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, AIA: "http://aia.example.com/intermediate.der"})
	require.NoError(t, err)
	_, err = delivery.WriteFiles(dir, []delivery.File{
		{Name: "server.der", Data: leaf.DER(), Mode: 0o644},
		{Name: "server.key.der", Data: leaf.KeyDER(), Mode: 0o600},
		{Name: "chain.pem", Data: certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...), Mode: 0o644},
	}, false)
	require.NoError(t, err)
	return dir
}
