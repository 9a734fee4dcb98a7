//go:build unix

package gateway

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// inPlace puts something into the chain's place for a while.
func inPlace(put func(r *renewal)) func(*renewal, *certs.Identity) func() {
	return func(r *renewal, second *certs.Identity) func() {
		r.write(r.key, second.EncodeKeyPEM())
		require.NoError(r, os.Remove(r.chain))
		put(r)
		return func() {
			require.NoError(r, os.Remove(r.chain))
			r.put(second)
		}
	}
}

var systemTroubles = []trouble{
	{"a FIFO is in the chain's place", inPlace(func(r *renewal) { require.NoError(r, syscall.Mkfifo(r.chain, 0o600)) })},
	{"an endless device is in the chain's place", inPlace(func(r *renewal) { require.NoError(r, os.Symlink("/dev/zero", r.chain)) })},
	{"the chain is a link to itself", inPlace(func(r *renewal) { require.NoError(r, os.Symlink(r.chain, r.chain)) })},
	{"a socket is in the chain's place", inPlace(func(r *renewal) {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		require.NoError(r, err)
		require.NoError(r, syscall.Bind(fd, &syscall.SockaddrUnix{Name: r.chain}))
		require.NoError(r, syscall.Close(fd))
	})},
	// As certbot does: the files are links into an archive, and one is switched after the other.
	{"one of two links is switched", func(r *renewal, second *certs.Identity) func() {
		archived := func(name string, data []byte) string {
			path := filepath.Join(filepath.Dir(r.chain), name)
			r.write(path, data)
			return path
		}
		chain, key := archived("fullchain2.pem", r.full(second)), archived("privkey2.pem", second.EncodeKeyPEM())
		turn := func(to, link string) {
			require.NoError(r, os.Symlink(to, link+".new"))
			require.NoError(r, os.Rename(link+".new", link))
		}
		turn(chain, r.chain)
		return func() { turn(key, r.key) }
	}},
	{"no file can be opened for a while", func(r *renewal, second *certs.Identity) func() {
		r.put(second)
		var limit syscall.Rlimit
		require.NoError(r, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
		none := limit
		none.Cur = 0
		require.NoError(r, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
		return func() { require.NoError(r, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) }
	}},
}

// TestStartDoesNotWait for what is no file.
func TestStartDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	fifo, socket := filepath.Join(dir, "fifo"), filepath.Join(dir, "s")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer l.Close()
	for _, path := range []string{fifo, socket, dir, "/dev/zero"} {
		for _, pair := range [][2]string{{path, fifo}, {fifo, path}} {
			_, err := New(Config{FullChain: pair[0], Key: pair[1], Camera: "127.0.0.1:1", Pin: &Pin{}})
			require.ErrorIs(t, err, inputfile.ErrNotRegular, "%v", pair)
			require.ErrorContains(t, err, path)
		}
	}
}

// TestOwnershipIsOfTheState: whoever gets a file that was kept from it reads it again, whatever its modification time.
func TestOwnershipIsOfTheState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	before := lookAt([]string{file}).state()
	// Times are counted in steps: a change may fall into the step of the one before.
	require.Eventually(t, func() bool {
		require.NoError(t, os.Chown(file, os.Getuid(), os.Getgid()))
		return lookAt([]string{file}).state() != before
	}, time.Minute, time.Millisecond)
}
