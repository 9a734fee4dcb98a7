package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// servedTo starts a camera whose output goes to a pipe, and returns the pipe and the camera's address.
func servedTo(t *testing.T, more string) (p *process, out *os.File, lines *bufio.Reader, addr string) {
	dir := t.TempDir()
	selfSignedFiles(t, dir)
	p = newProcess(t, "serve --cert self.cert.der --key self.key.der --json --listen 127.0.0.1:0"+more)
	p.cmd.Dir = dir
	out, in, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = out.Close() })
	p.cmd.Stdout = in
	p.start()
	require.NoError(t, in.Close())
	lines = bufio.NewReader(out)
	var listening struct{ Addr string }
	require.NoError(t, json.Unmarshal(readLine(t, lines), &listening))
	return p, out, lines, listening.Addr
}

func readLine(t *testing.T, lines *bufio.Reader) []byte {
	line, err := lines.ReadBytes('\n')
	require.NoError(t, err)
	return line
}

// visit asks the camera for its page.
func visit(t *testing.T, addr string) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: signalLimit}, "tcp", addr, &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(signalLimit)))
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	page, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.NotEmpty(t, page)
}

// TestOutputThatNobodyReads holds up nobody who connects; what is missing then is said in its place.
func TestOutputThatNobodyReads(t *testing.T) {
	p, _, lines, addr := servedTo(t, "")
	const visits = 1500 // a line has about 1 KiB
	for range visits {
		visit(t, addr)
	}
	seen := 0
	for seen < visits {
		var event struct {
			Event string `json:"event"`
			Left  int    `json:"left_out"`
		}
		require.NoError(t, json.Unmarshal(readLine(t, lines), &event))
		switch event.Event {
		case "connection":
			seen++
		case "gap":
			require.Positive(t, event.Left)
			seen += event.Left
		}
	}
	require.Equal(t, visits, seen, "each is shown, or counted")
	visit(t, addr)
	require.Contains(t, string(readLine(t, lines)), `"connection"`)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.requireEnds()
}

// TestReaderThatIsGone ends the camera, with the status of what the environment lacks.
func TestReaderThatIsGone(t *testing.T) {
	p, out, _, addr := servedTo(t, "")
	require.NoError(t, out.Close())
	visit(t, addr)
	require.Equal(t, exitEnvironment, p.requireEnds().ExitCode())
	require.Contains(t, p.out.String(), "the reader of the output is gone")
}

// TestNoDescriptorLeft: the camera goes on when there are some again, and says both once.
func TestNoDescriptorLeft(t *testing.T) {
	p, _, lines, addr := servedTo(t, " --script asyncio --timeout 1m")
	visit(t, addr)
	require.Contains(t, string(readLine(t, lines)), `"connection"`)
	used, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "fd"))
	require.NoError(t, err)
	few := &unix.Rlimit{Cur: uint64(len(used) + 1), Max: uint64(len(used) + 1)}
	require.NoError(t, unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_NOFILE, few, nil))
	var idle []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		idle = append(idle, conn)
	}
	shortage := func() string {
		var event struct{ Event, Error string }
		for event.Event != "shortage" {
			require.NoError(t, json.Unmarshal(readLine(t, lines), &event))
		}
		return event.Error
	}
	require.Contains(t, shortage(), "too many open files")
	for _, conn := range idle {
		require.NoError(t, conn.Close())
	}
	require.Empty(t, shortage())
	visit(t, addr)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.requireEnds()
}
