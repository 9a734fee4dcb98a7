// Package regression shows how a project tests that its camera's certificate is still accepted by
// the clients that matter to it, and refused by those that are known to refuse it.
package regression

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/clienttest"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealCertificate is what a project would write, with its own files in the place of those that
// delivery makes.
func TestRealCertificate(t *testing.T) {
	dir := delivery(t)
	results := clienttest.Run(t, hostsim.Runner{
		Files: clienttest.Files(t, hostsim.FilePaths{
			Cert: filepath.Join(dir, "server.der"), Key: filepath.Join(dir, "server.key.der"), Chain: filepath.Join(dir, "chain.pem"),
		}),
		Host:      "cam.example.com",
		Clients:   clienttest.Clients(t, clients.All(), "curl", "wget", "python", "node", "go", "chromium", "firefox"),
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioAIA(), hostsim.ScenarioSecondLoad()},
	})

	// The scripts of our users: they will not connect as long as the camera sends its leaf alone.
	results.Refuses(t, hostsim.ScenarioLeafOnly(), verdict.CauseMissing, "curl", "wget", "python", "node", "go")
	// Browsers fetch what is missing.
	results.Completes(t, hostsim.ScenarioAIA(), verdict.HowAIA, "chromium")
	// With the second load everybody is served.
	results.Completes(t, hostsim.ScenarioSecondLoad(), verdict.HowSent, "curl", "wget", "python", "node", "go", "chromium", "firefox")
}

// TestRealFromPython runs the same check from pytest, by way of the command.
func TestRealFromPython(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, which has Debian's pytest
	if exec.Command(python, "-c", "import pytest").Run() != nil {
		program.Missing(t, "pytest", "apt-get install python3-pytest")
	}
	dir := delivery(t)
	leafcam := filepath.Join(dir, "leafcam")
	if out, err := exec.Command("go", "build", "-o", leafcam, "../../cmd/leafcam").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_camera.py")
	cmd.Env = append(os.Environ(), "LEAFCAM="+leafcam, "DELIVERY="+dir, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// delivery makes what a CA would have delivered.
func delivery(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, AIA: "http://ca.example.com/issuer.der"})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"server.der": leaf.DER(), "server.key.der": leaf.KeyDER(),
		"chain.pem": certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...),
		"root.pem":  certs.EncodePEM(pki.Root.Certificate),
	} {
		if err := atomicfile.WriteNew(filepath.Join(dir, name), data, atomicfile.Private); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
