//go:build unix

package delivery_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leafcam/leafcam/certs/delivery"
)

// TestDeployWaitsForNoFIFO wherever one is.
func TestDeployWaitsForNoFIFO(t *testing.T) {
	for _, name := range []string{"server.der", ".leafcam-new-server.der", ".leafcam-old-server.key.der", ".leafcam-journal"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fifo := filepath.Join(dir, name)
			require.NoError(t, unix.Mkfifo(fifo, 0o600))
			require.ErrorIs(t, delivery.Deploy(t.Context(), dir, deployed), delivery.ErrNoFile)
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
}
