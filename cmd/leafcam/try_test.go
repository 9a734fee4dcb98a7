package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealTry: real clients against a delivery, a row each, and the sentence that counts them.
func TestRealTry(t *testing.T) {
	program.Need(t, "curl", "curl")
	program.Need(t, "openssl", "openssl")
	dir := filepath.Join(t.TempDir(), "pki")
	leafcam := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, messages bytes.Buffer
		require.Equal(t, status, run(t.Context(), args, &out, &messages), messages.String())
		return out.String(), messages.String()
	}
	leafcam(exitFine, "pki", "cam.example.com", "--missing", "2", "--out", dir)

	t.Run("rows", func(t *testing.T) {
		out, _ := leafcam(exitFine, "try", dir, "--clients", "curl,openssl")
		require.Regexp(t, `(?m)^  client +now  with the intermediate  what it says$`, out)
		require.Regexp(t, `(?m)^  curl +✗ +✓ +curl: \(60\)`, out)
		require.Regexp(t, `(?m)^  openssl s_client +✗ +✓ +verify error`, out)
		require.Contains(t, out, "0 of 2 clients can connect now, 2 of 2 with the intermediates.")
		require.Contains(t, out, "Next, the lines that load the intermediate:\n"+
			"    context.load_cert_chain(\"intermediate-1.der\", \"server.key.der\")\n")
	})
	t.Run("another root", func(t *testing.T) {
		stranger := filepath.Join(t.TempDir(), "stranger")
		leafcam(exitFine, "pki", "cam.example.com", "--out", stranger)
		out, _ := leafcam(exitFindings, "try", dir, "--clients", "curl", "--root", filepath.Join(stranger, "root.pem"))
		require.Contains(t, out, "0 of 1 client can connect now, 0 of 1 with the intermediates.")
	})
	t.Run("JSON", func(t *testing.T) {
		out, _ := leafcam(exitFine, "try", dir, "--clients", "curl", "--json")
		var m hostsim.Matrix
		require.NoError(t, json.Unmarshal([]byte(out), &m))
		require.Equal(t, "curl", m.Rows[0].Client)
		require.Len(t, m.Rows[0].Cells, 2)
	})
	t.Run("the time is up", func(t *testing.T) {
		_, messages := leafcam(exitEnvironment, "try", dir, "--clients", "curl,openssl", "--deadline", "1ms")
		require.Contains(t, messages, "the time of --deadline 1ms is up")
	})
}
