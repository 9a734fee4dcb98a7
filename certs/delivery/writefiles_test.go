package delivery_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

func TestFilesAreKept(t *testing.T) {
	dir := t.TempDir()
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(id, dir, "server", false))
	before, err := os.ReadFile(filepath.Join(dir, "server.key.der"))
	require.NoError(t, err)

	other, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"other.example.com"}})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "server.cert.der")))
	require.ErrorIs(t, delivery.WriteIdentity(other, dir, "server", false), atomicfile.ErrExists)
	require.NoFileExists(t, filepath.Join(dir, "server.cert.der"), "nothing may be written when one file exists")
	after, err := os.ReadFile(filepath.Join(dir, "server.key.der"))
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.ErrorIs(t, atomicfile.WriteNew(filepath.Join(dir, "server.key.der"), []byte("x"), atomicfile.Private), atomicfile.ErrExists)

	require.NoError(t, delivery.WriteIdentity(other, dir, "server", true))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(dir, "server.key.pem"))
		require.NoError(t, err)
		require.Equal(t, atomicfile.Private, info.Mode().Perm())
	}
	left, err := filepath.Glob(filepath.Join(dir, ".leafcam-*"))
	require.NoError(t, err)
	require.Empty(t, left, "temporary files were left behind")
}
