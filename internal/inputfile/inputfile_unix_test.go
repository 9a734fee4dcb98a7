//go:build unix

package inputfile

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatIsNoFile is named at once, whatever it would do to who opens it.
func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo, socket, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "socket"), filepath.Join(dir, "link")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	require.NoError(t, os.Symlink(fifo, link))
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer l.Close()
	for path, what := range map[string]string{
		fifo: "a pipe", link: "a pipe", socket: "a socket", "/dev/zero": "a device", "/dev/tty": "a device", dir: "a folder",
	} {
		_, err := Read(path, Small)
		require.ErrorIs(t, err, ErrNotRegular)
		require.ErrorContains(t, err, what)
		_, err = Append(path, 0o600)
		require.ErrorIs(t, err, ErrNotRegular)
		require.ErrorContains(t, err, what)
	}
}

// TestFileThatGrows is read up to the limit, although its size says less.
func TestFileThatGrows(t *testing.T) {
	if _, err := os.Stat("/proc/self/maps"); err != nil {
		t.Skip("this system has no file whose size is not told")
	}
	_, err := Read("/proc/self/maps", 10)
	require.ErrorIs(t, err, ErrTooLarge)
}
