package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// words takes a command line apart, as a shell does.
func words(t *testing.T, command string) []string {
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+command).Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// TestStepsRun: the commands of steps and of fixes are printed with the real paths, and run as they are.
func TestStepsRun(t *testing.T) {
	p, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	wide, err := p.Issue(certs.LeafOptions{DNS: []string{"*.example.com", "cam.example.com"}, Key: certs.KeyRSA2048})
	require.NoError(t, err)
	full := func(id *certs.Identity) []byte {
		return append(certs.EncodePEM(id.Certificate, p.Intermediates[0].Certificate), certs.EncodePEM(p.Root.Certificate)...)
	}
	ran := map[string]bool{}
	for _, tc := range []struct {
		name  string
		files map[string][]byte // below the current folder
		args  []string
	}{
		{"a folder", map[string][]byte{"cam/full.pem": full(leaf), "cam/key.pem": leaf.EncodeKeyPEM()}, []string{"cam"}},
		{
			"names for a shell", map[string][]byte{"it's $HOME/full (1).pem": full(leaf), "it's $HOME/-key.pem": leaf.EncodeKeyPEM()},
			[]string{"it's $HOME/full (1).pem", "it's $HOME/-key.pem"},
		},
		{
			"as flashed", map[string][]byte{"full.pem": full(leaf), "key.pem": leaf.EncodeKeyPEM()},
			[]string{"--cert", "full.pem", "--key", "key.pem"},
		},
		{
			"of several", map[string][]byte{
				"all/a.pem": full(leaf), "all/b.pem": full(wide), "all/a.key": leaf.EncodeKeyPEM(), "all/b.key": wide.EncodeKeyPEM(),
				"all/odd.crt": []byte("x"),
			},
			[]string{"all", "--leaf", "b.pem", "--host", "cam.example.com"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, data := range tc.files {
				require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
				require.NoError(t, os.WriteFile(name, data, 0o600))
			}
			var out, messages bytes.Buffer
			run(t.Context(), append([]string{"check", "--json"}, tc.args...), &out, &messages)
			var r preflight.Report
			require.NoError(t, json.Unmarshal(out.Bytes(), &r), messages.String())
			var commands []string
			for _, s := range r.Steps {
				commands = append(commands, s.Command)
			}
			for _, f := range r.Findings {
				commands = append(commands, f.Commands...)
			}
			require.NotEmpty(t, strings.Join(commands, ""))
			for _, command := range commands {
				if command == "" {
					continue
				}
				args := words(t, command)
				require.Equal(t, "leafcam", args[0])
				require.NotContains(t, command, "NAME")
				ran[args[1]] = true
				if args[1] == "try" {
					found, rest, err := newRoot().Find(args[1:])
					require.NoError(t, err)
					require.NoError(t, found.ParseFlags(rest))
					continue // runs real programs
				}
				out.Reset()
				messages.Reset()
				if args[len(args)-2] == "--out" {
					require.NoError(t, os.RemoveAll(args[len(args)-1]))
				}
				require.Equal(t, exitFine, run(t.Context(), args[1:], &out, &messages), "%s: %s", command, messages.String())
			}
		})
	}
	require.Equal(t, map[string]bool{"convert": true, "csr": true, "check": true}, ran)
}
