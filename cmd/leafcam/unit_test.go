package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/program"
)

const unitFile = "../../examples/gateway/leafcam-gateway.service"

// TestUnitRunsTheGateway: the flags of the unit are those of the command.
func TestUnitRunsTheGateway(t *testing.T) {
	text, err := os.ReadFile(unitFile)
	require.NoError(t, err)
	_, command, found := strings.Cut(string(text), "ExecStart=/usr/local/bin/leafcam gateway ")
	require.True(t, found)
	command, _, _ = strings.Cut(strings.ReplaceAll(command, "\\\n", ""), "\n")
	gateway := newGateway()
	flags := regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(command, -1)
	require.NotEmpty(t, flags)
	for _, f := range flags {
		require.NotNil(t, gateway.Flag(f[1]), f[0])
	}
}

// TestRealUnit: systemd takes the unit without a word, and calls it well protected.
func TestRealUnit(t *testing.T) {
	analyze := program.Need(t, "systemd-analyze", "systemd")
	text, err := os.ReadFile(unitFile)
	require.NoError(t, err)
	leafcam, err := exec.LookPath("leafcam")
	require.NoError(t, err)
	there := filepath.Join(t.TempDir(), filepath.Base(unitFile))
	here := strings.Replace(string(text), "ExecStart=/usr/local/bin/leafcam", "ExecStart="+leafcam, 1)
	require.NoError(t, os.WriteFile(there, []byte(here), 0o600))
	said, err := exec.Command(analyze, "verify", there).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Empty(t, string(said))
	said, err = exec.Command(analyze, "security", "--offline=true", "--threshold=20", there).CombinedOutput() // tenths
	require.NoError(t, err, "%s", said)
}
