package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestCaptureIntoWhatIsNoFile is refused at once: nobody waits for who reads a pipe, and no device is filled.
func TestCaptureIntoWhatIsNoFile(t *testing.T) {
	signalSite(t)
	require.NoError(t, syscall.Mkfifo("fifo", 0o600))
	require.NoError(t, os.Symlink("/dev/full", "link"))
	require.NoError(t, os.Symlink("fifo", "link-to-fifo"))
	require.NoError(t, os.Mkdir("folder", 0o700))
	for _, path := range []string{"fifo", "link", "link-to-fifo", "folder", "/dev/full", "/dev/stdout", "/dev/fd/1"} {
		t.Run(path, func(t *testing.T) {
			p := newProcess(t, "serve --cert leaf.cert.der --key leaf.key.der --listen 127.0.0.1:0 --pcap "+path)
			p.start()
			require.Equal(t, exitEnvironment, p.requireEnds().ExitCode(), "%s", p.out)
			require.Contains(t, p.out.String(), "--pcap "+path)
			require.Contains(t, p.out.String(), "exists already")
		})
	}
}

// TestCaptureOnAFullDisk: the camera goes on, and says at its end that the capture is not complete.
func TestCaptureOnAFullDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "camera.pcapng")
	p, _, lines, addr := servedTo(t, " --force --pcap "+file)
	visit(t, addr)
	require.Contains(t, string(readLine(t, lines)), `"connection"`)
	limit := &unix.Rlimit{Cur: 1, Max: 1} // the file is larger already
	require.NoError(t, unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, limit, nil))
	for range 3 {
		visit(t, addr)
		require.Contains(t, string(readLine(t, lines)), `"connection"`)
	}
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitEnvironment, p.requireEnds().ExitCode(), "%s", p.out)
	require.Contains(t, p.out.String(), "the capture is not complete")
	require.Contains(t, p.out.String(), syscall.EFBIG.Error())
}
