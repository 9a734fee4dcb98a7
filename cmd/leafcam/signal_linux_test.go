package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestSecondSignal: a command that cannot end, because nobody reads what it writes, is killed by the
// second signal.
func TestSecondSignal(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(list, []byte(strings.Repeat("/no/such/delivery\n", 5000)), 0o600))
	cmd := command(t, "check", "--fleet", list)
	out, in, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	cmd.Stdout = in
	require.NoError(t, cmd.Start())
	require.NoError(t, in.Close())
	const nearlyFull = 56 << 10 // of 64 KiB, in pages with room left at their ends
	require.Eventually(t, func() bool { return unread(t, out) > nearlyFull }, 50*time.Second, 10*time.Millisecond)
	ended := make(chan struct{})
	go func() { _, _ = cmd.Process.Wait(); close(ended) }()
	require.Eventually(t, func() bool {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}, 50*time.Second, 100*time.Millisecond)
}

// unread is how many octets wait in a pipe.
func unread(t *testing.T, pipe *os.File) (octets int32) {
	connection, err := pipe.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, connection.Control(func(fd uintptr) {
		const fionread = 0x541b
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, fionread, uintptr(unsafe.Pointer(&octets)))
		require.Zero(t, errno)
	}))
	return octets
}
