package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
)

// TestEveryObjectHasItsFormat: whatever a command prints as JSON says which version of its form it
// has. A command with --json that nobody lists here fails the test.
func TestEveryObjectHasItsFormat(t *testing.T) {
	dir := t.TempDir()
	id, cert, key := selfSignedFiles(t, dir)
	list := filepath.Join(dir, "fleet")
	_, err := delivery.WriteFiles(dir, []delivery.File{{Name: "fleet", Data: []byte(cert + "," + key + "\n"), Mode: 0o644}}, false)
	require.NoError(t, err)
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()))
	camera, err := device.Start(device.CameraConfig{Context: context, Connections: 8})
	require.NoError(t, err)
	t.Cleanup(func() { camera.Close() })
	part := filepath.Join(dir, "part.json")
	var said bytes.Buffer
	args := []string{"matrix", "--clients", "sim-schannel", "--scenarios", "second-load", "--shard", "1/1", "--report", "json=" + part}
	require.Equal(t, exitFine, run(t.Context(), args, &said, &said), said.String())
	lines := map[string][]string{
		"board":        {"board"},
		"check":        {"check", "--cert", cert, "--key", key},
		"check fleet":  {"check", "--fleet", list},
		"check client": {"check", "--as-client", cert},
		"connect":      {"connect", camera.Addr().String()},
		"compare":      {"compare", camera.Addr().String(), "--yes"},
		"convert":      {"convert", cert, key, "--out", filepath.Join(dir, "camera")},
		"csr":          {"csr", "cam.example.com", "--out", filepath.Join(dir, "csr")},
		"firmware":     {"firmware"},
		"firmware 2":   {"firmware", "openmv-5.0", "micropython-1.29"},
		"matrix":       {"matrix", "--clients", "sim-schannel", "--scenarios", "second-load"},
		"merge":        {"merge", part},
		"pki":          {"pki", "cam.example.com", "--out", filepath.Join(dir, "pki")},
		"selfsigned":   {"selfsigned", "camera.local", "--out", filepath.Join(dir, "selfsigned")},
		"version":      {"version"},
	}
	// They run until they are interrupted: serve's objects are looked at in serve.txtar and page.txtar,
	// the gateway's in gateway.txtar.
	elsewhere := []string{"serve", "gateway", "clients", "try"} // try prints a matrix: TestRealTry
	for _, c := range newRoot().Commands() {
		if c.Flag("json") != nil && lines[c.Name()] == nil {
			require.Contains(t, elsewhere, c.Name(), "a command with --json")
		}
	}
	for name, args := range lines {
		t.Run(name, func(t *testing.T) { requireFormat(t, args) })
	}
}

// TestRealClientsHaveTheirFormat: each client is asked for its version.
func TestRealClientsHaveTheirFormat(t *testing.T) { requireFormat(t, []string{"clients"}) }

func requireFormat(t *testing.T, args []string) {
	var out, messages bytes.Buffer
	run(t.Context(), append(args, "--json"), &out, &messages) // what it finds wrong is not the question
	objects := json.NewDecoder(strings.NewReader(out.String()))
	seen := 0
	for ; objects.More(); seen++ {
		var object map[string]any
		require.NoError(t, objects.Decode(&object), out.String())
		require.NotZero(t, object["format"], out.String())
	}
	require.NotZero(t, seen, messages.String())
}
