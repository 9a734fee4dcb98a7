//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
)

// TestFilesAreTheCallers: what sudo leafcam convert writes is the user's who called sudo, its folders included; what was
// there already stays whose it is.
func TestFilesAreTheCallers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away: run it as root")
	}
	t.Setenv("SUDO_UID", "4711")
	t.Setenv("SUDO_GID", "4712")
	there := t.TempDir()
	dir := filepath.Join(there, "new", "camera")
	err := writeFiles(dir, []delivery.File{{Name: "server.der", Data: []byte("x"), Mode: 0o600}}, false, false, instructions{}, io.Discard)
	require.NoError(t, err)
	owner := func(path string) int {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return int(info.Sys().(*syscall.Stat_t).Uid)
	}
	require.Equal(t, 0, owner(there))
	for _, path := range []string{filepath.Dir(dir), dir, filepath.Join(dir, "server.der")} {
		require.Equal(t, 4711, owner(path), path)
	}
}
