package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	_, cert, key := selfSignedFiles(t, dir)
	for _, tc := range []struct {
		name string
		args []string
		want int
	}{
		{"version", []string{"version"}, exitFine},
		{"no arguments", nil, exitFine},
		{"unknown command", []string{"dance"}, exitUsage},
		{"unknown flag", []string{"serve", "--dance"}, exitUsage},
		{"superfluous argument", []string{"demo", "now"}, exitUsage},
		{"nothing to serve", []string{"serve"}, exitUsage},
		{"negative timeout", []string{"serve", "--cert", cert, "--key", key, "--timeout", "-1s"}, exitUsage},
		{"a pair that does not load", []string{"serve", "--cert", key, "--key", cert}, exitFindings},
		{"an address that is not ours", []string{"serve", "--cert", cert, "--key", key, "--listen", "192.0.2.1:1"}, exitEnvironment},
		{"a certificate for another host", []string{"matrix", "--cert", cert, "--key", key, "--host", "x.example.com"}, exitUsage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, tc.want, run(t.Context(), tc.args, &stdout, &stderr), stderr.String())
			if tc.want != exitFine {
				require.NotEmpty(t, stderr.String())
			}
		})
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitInterrupted, run(ctx, []string{"demo"}, &stdout, &stderr), stderr.String())
}

// TestRealOwnAIA: the AIA URL of a person's own leaf, on port 80 of a name that is not
// ours, is answered on this machine for the clients that take a proxy.
func TestRealOwnAIA(t *testing.T) {
	wanted, err := hostsim.ClientsByName([]string{"java-aia", "chromium", "gnutls-cli-aia"}, clients.All())
	require.NoError(t, err)
	dir := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, AIA: "http://ca.example.com/intermediate.der"})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(leaf, dir, "leaf", false))
	chain, root := filepath.Join(dir, "chain.pem"), filepath.Join(dir, "root.pem")
	require.NoError(t, os.WriteFile(chain, certs.EncodePEM(pki.Chain()...), 0o644))
	require.NoError(t, os.WriteFile(root, certs.EncodePEM(pki.Root.Certificate), 0o644))
	found, err := hostsim.Find(t.Context(), wanted)
	require.NoError(t, err)
	for _, f := range found {
		t.Run(f.Name, func(t *testing.T) {
			if !f.Installed() {
				t.Skipf("%s is not installed: apt-get install %s", f.Name, strings.Join(f.Needs.Packages, " "))
			}
			var stdout, stderr bytes.Buffer
			run(t.Context(), []string{
				"matrix", "--json", "--clients", f.Name, "--scenarios", "aia", "--cert", filepath.Join(dir, "leaf.cert.der"),
				"--key", filepath.Join(dir, "leaf.key.der"), "--chain", chain, "--root", root,
			}, &stdout, &stderr)
			var m hostsim.Matrix
			require.NoError(t, json.Unmarshal(stdout.Bytes(), &m), stderr.String())
			c := m.Rows[0].Cells[0]
			if f.Isolation.AIAHostsFile {
				require.Equal(t, verdict.VerdictCannotIsolate, c.Verdict, c.Reason())
				return
			}
			require.Equal(t, verdict.VerdictCompleted, c.Verdict, c.Reason())
			require.Equal(t, verdict.HowAIA, c.How)
			require.Equal(t, 1, c.Fetches)
		})
	}
}

// TestRealOnline: with --online the clients ask the AIA server where it really is; here
// that is another port of this machine.
func TestRealOnline(t *testing.T) {
	wanted, err := hostsim.ClientsByName([]string{"java-aia", "chromium", "gnutls-cli-aia"}, clients.All())
	require.NoError(t, err)
	server, err := aia.Start()
	require.NoError(t, err)
	defer server.Close()
	url := fmt.Sprintf("http://127.0.0.1:%d/i.der", server.Port())
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	require.NoError(t, server.Publish(url, aia.Answer{Body: pki.Chain()[0].Raw}))
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, AIA: url})
	require.NoError(t, err)
	m, err := hostsim.Runner{
		Clients: wanted, Scenarios: []hostsim.Scenario{hostsim.ScenarioAIA()}, Online: true,
		Files: &hostsim.Files{Cert: leaf.DER(), Key: leaf.KeyDER(), Leaf: leaf.Certificate, Chain: pki.Chain(), Root: pki.Root.Certificate},
	}.Run(t.Context())
	require.NoError(t, err)
	asked := 0
	for _, r := range m.Rows {
		if !r.Installed {
			continue
		}
		c := r.Cells[0]
		require.Equal(t, verdict.VerdictCompleted, c.Verdict, "%s: %s", r.Client, c.Reason())
		require.Equal(t, verdict.HowAIA, c.How)
		require.Contains(t, c.Proof, "over the network, uncounted")
		asked++
	}
	require.Len(t, server.Fetches(), asked)
}
