package delivery_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

func TestCameraFiles(t *testing.T) {
	f := newFixture(t, 2)
	d, err := read([]string{f.saved(t)}, delivery.Options{})
	require.NoError(t, err)
	files, err := d.CameraFiles()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "camera")
	written, err := delivery.WriteFiles(dir, files, false)
	require.NoError(t, err)
	require.Equal(t,
		[]string{"server.der", "server.key.der", "chain.pem", "fullchain.pem", "intermediate-1.der", "intermediate-2.der"}, written)
	for name, mode := range map[string]os.FileMode{"server.key.der": 0o600, "server.der": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
	list, err := delivery.ReadCertificates(filepath.Join(dir, "fullchain.pem"))
	require.NoError(t, err)
	require.Len(t, list, 3)
	for i, c := range list {
		require.True(t, c.Equal(f.full[i]))
	}

	t.Run("run twice, nothing is written", func(t *testing.T) {
		again, err := d.CameraFiles()
		require.NoError(t, err)
		require.Equal(t, files, again)
		written, err := delivery.WriteFiles(dir, again, false)
		require.NoError(t, err)
		require.Empty(t, written)
	})
	t.Run("a file of another content stops everything", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.pem"), []byte("mine"), 0o600))
		require.NoError(t, os.Remove(filepath.Join(dir, "server.der")))
		_, err := delivery.WriteFiles(dir, files, false)
		require.ErrorIs(t, err, atomicfile.ErrExists)
		require.NoFileExists(t, filepath.Join(dir, "server.der"))
		written, err := delivery.WriteFiles(dir, files, true)
		require.NoError(t, err)
		require.Equal(t, []string{"server.der", "chain.pem"}, written)
	})
	t.Run("a key that others can read is tightened", func(t *testing.T) {
		require.NoError(t, os.Chmod(filepath.Join(dir, "server.key.der"), 0o644))
		written, err := delivery.WriteFiles(dir, files, false)
		require.NoError(t, err)
		require.Equal(t, []string{"server.key.der"}, written)
	})
	t.Run("nothing else is left behind", func(t *testing.T) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, len(files))
	})
	t.Run("without a key", func(t *testing.T) {
		d.Key = nil
		_, err := d.CameraFiles()
		require.ErrorContains(t, err, "private key")
	})
	t.Run("no key in an error or an item", func(t *testing.T) {
		d, err := read([]string{f.saved(t)}, delivery.Options{})
		require.NoError(t, err)
		for _, item := range d.Items {
			require.False(t, bytes.Contains([]byte(item.About+item.Note), f.leaf.KeyDER()))
		}
	})
}
