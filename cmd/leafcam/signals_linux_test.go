package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// A process is the command as a process of its own, in a folder with files.
type process struct {
	*testing.T
	cmd      *exec.Cmd
	out      *processOutput // standard output and error
	stdin    io.WriteCloser
	terminal *os.File // nil without one
	ended    chan error
	temp     string // its folder for temporary files
}

// processOutput is what a process wrote.
type processOutput struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *processOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *processOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newProcess prepares a command line.
func newProcess(t *testing.T, line string) *process {
	p := &process{T: t, out: &processOutput{}, ended: make(chan error, 1), temp: t.TempDir()}
	args := strings.Fields(line)
	p.cmd = exec.Command("leafcam", args...) // TestMain has put it into PATH
	p.cmd.Env = append(os.Environ(), "TMPDIR="+p.temp)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	return p
}

// start starts it with a standard input that never ends.
func (p *process) start() {
	if p.cmd.Stdin == nil {
		var err error
		p.stdin, err = p.cmd.StdinPipe()
		require.NoError(p, err)
	}
	require.NoError(p, p.cmd.Start())
	p.follow()
}

// startOnTerminal starts it on a terminal of its own.
func (p *process) startOnTerminal() {
	p.cmd.Stdout, p.cmd.Stderr = nil, nil
	var err error
	p.terminal, err = pty.Start(p.cmd)
	require.NoError(p, err)
	go func() { _, _ = io.Copy(p.out, p.terminal) }()
	p.Cleanup(func() { p.terminal.Close() })
	p.follow()
}

func (p *process) follow() {
	go func() { p.ended <- p.cmd.Wait() }()
	p.Cleanup(func() { _ = p.cmd.Process.Kill() })
}

// signalLimit is how long a busy machine may take for what a quiet one does in no time.
const signalLimit = time.Minute

// says waits until the process has said something, and returns the first group of the pattern.
func (p *process) says(pattern string) (group string) {
	p.Helper()
	re := regexp.MustCompile(pattern)
	require.Eventually(p, func() bool {
		found := re.FindStringSubmatch(p.out.String())
		if len(found) > 1 {
			group = found[1]
		}
		return found != nil
	}, signalLimit, 10*time.Millisecond, "%s", p.out)
	return group
}

// requireEnds waits for the end, and for nothing to be left behind.
func (p *process) requireEnds() *os.ProcessState {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(signalLimit):
		require.Fail(p, "it goes on", "%s", p.out)
	}
	left, err := os.ReadDir(p.temp)
	require.NoError(p, err)
	require.Empty(p, left)
	here, err := filepath.Glob(".leafcam-*")
	require.NoError(p, err)
	require.Empty(p, here)
	return p.cmd.ProcessState
}

// silentServer is a server that accepts connections and says nothing, and tells of each.
func silentServer(t *testing.T) (address string, accepted <-chan net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	conns := make(chan net.Conn, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns <- conn // kept, so that it stays open
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), conns
}

// await waits for a connection.
func (p *process) await(accepted <-chan net.Conn) {
	p.Helper()
	select {
	case <-accepted:
	case <-time.After(signalLimit):
		require.Fail(p, "nobody connected", "%s", p.out)
	}
}

// signalSite makes the files that the command lines name, in the folder that the test works in.
func signalSite(t *testing.T) {
	_, id := inFolderWithFiles(t)
	require.NoError(t, os.WriteFile("locked.pem", lockedKey(t, id), 0o600))
}

// gatewayLine is a gateway for a camera at an address.
func gatewayLine(camera string) string {
	return "gateway --listen 127.0.0.1:0 --fullchain full.pem --key leaf.key.pem --pin leaf.cert.der --camera " + camera
}

const gatewayListens = `msg=listening address=(\S+)`

// dialTLS connects to what the process serves.
func (p *process) dialTLS(address string) *tls.Conn {
	conn, err := tls.Dial("tcp", address, &tls.Config{
		InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }, // who it is is not the question
	})
	require.NoError(p, err)
	p.Cleanup(func() { conn.Close() })
	return conn
}

// asks begins a command that asks something on its terminal.
func asks(line, question string) func(t *testing.T) *process {
	return func(t *testing.T) *process {
		p := newProcess(t, line)
		p.startOnTerminal()
		p.says(question)
		return p
	}
}

// waitsFor begins a command that waits for a server, whose address is at the end of the line.
func waitsFor(line string) func(t *testing.T) *process {
	return func(t *testing.T) *process {
		address, accepted := silentServer(t)
		p := newProcess(t, line+address)
		p.start()
		p.await(accepted)
		return p
	}
}

// signalPlaces are where a command can be when it is told to end: begin brings it there.
var signalPlaces = []struct {
	name  string
	begin func(t *testing.T) *process
}{
	{"check reads a list from a pipe that never ends", func(t *testing.T) *process {
		p := newProcess(t, "check --fleet -")
		p.start()
		_, err := io.WriteString(p.stdin, "leaf.cert.der,leaf.key.der\n")
		require.NoError(t, err)
		p.says(`"line":1`)
		return p
	}},
	{"check reads a list from a terminal", func(t *testing.T) *process {
		p := newProcess(t, "check --fleet -")
		p.startOnTerminal()
		_, err := io.WriteString(p.terminal, "leaf.cert.der,leaf.key.der\n")
		require.NoError(t, err)
		p.says("leaf.key.der: fine until ")
		return p
	}},
	{"check asks for a password", asks("check full.pem locked.pem", "password of locked.pem: ")},
	{"convert asks for a password", asks("convert full.pem locked.pem --out out", "password of locked.pem: ")},
	{"compare asks whether it may", asks("compare 127.0.0.1:1", `\[y/N\]`)},
	{"compare waits for an answer", waitsFor("compare --yes ")},
	{"matrix waits for a WebDriver grid", waitsFor("matrix --webdriver http://")},
	{"matrix runs", func(t *testing.T) *process {
		p := newProcess(t, "matrix --clients sim-schannel,sim-android --scenarios all")
		p.start()
		p.says("running 2 clients")
		return p
	}},
	{"serve waits for clients", func(t *testing.T) *process {
		p := newProcess(t, "serve --cert leaf.cert.der --key leaf.key.der --listen 127.0.0.1:0")
		p.start()
		p.says("on https://")
		return p
	}},
	{"serve has a silent client, and a page", func(t *testing.T) *process {
		p := newProcess(t, "serve --cert leaf.cert.der --key leaf.key.der --listen 127.0.0.1:0 --page 127.0.0.1:0")
		p.start()
		for _, pattern := range []string{`on https://([^/]+)/`, `page http://([^/]+)/`} {
			conn, err := net.Dial("tcp", p.says(pattern))
			require.NoError(t, err)
			t.Cleanup(func() { conn.Close() })
		}
		return p
	}},
	{"gateway has silent viewers", func(t *testing.T) *process {
		p := newProcess(t, gatewayLine("127.0.0.1:1"))
		p.start()
		address := p.says(gatewayListens)
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		p.dialTLS(address)
		return p
	}},
	{"gateway waits for the camera", func(t *testing.T) *process {
		camera, accepted := silentServer(t)
		p := newProcess(t, gatewayLine(camera))
		p.start()
		_, err := io.WriteString(p.dialTLS(p.says(gatewayListens)), "GET / HTTP/1.1\r\nHost: cam.example.com\r\n\r\n")
		require.NoError(t, err)
		p.await(accepted)
		return p
	}},
}

// heedHangup makes the processes of a test heed SIGHUP even where the test itself is run under nohup:
// what a process handles, its children get with the default action.
func heedHangup(t *testing.T) {
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(handled) })
}

// endingSignals are the signals that end a command.
var endingSignals = map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP}

// TestSignalsEndEveryCommand wherever it is.
func TestSignalsEndEveryCommand(t *testing.T) {
	heedHangup(t)
	for _, place := range signalPlaces {
		for name, sig := range endingSignals {
			if strings.HasPrefix(place.name, "gateway") && sig == syscall.SIGHUP {
				continue // it reloads
			}
			t.Run(place.name+" "+name, func(t *testing.T) {
				signalSite(t)
				p := place.begin(t)
				require.NoError(t, p.cmd.Process.Signal(sig))
				state := p.requireEnds()
				require.True(t, state.Exited(), "%s: %s", state, p.out)
				require.Contains(t, []int{exitFine, exitInterrupted}, state.ExitCode(), "%s", p.out)
				require.NoDirExists(t, "out")
				if p.terminal != nil {
					requireEcho(t, p.terminal)
				}
			})
		}
	}
}

// TestNobodyReadsTheOutput of a command that has much to say, or little: it ends all the same.
func TestNobodyReadsTheOutput(t *testing.T) {
	for _, line := range []string{
		"version", "board", "firmware openmv-5.0 micropython-1.29", "check full.pem leaf.key.der",
		"csr cam.example.com --out made", "selfsigned camera.local --out made", "pki cam.example.com --out made",
		"convert full.pem leaf.key.der --out made", "check --fleet list", "matrix --clients sim-schannel --scenarios second-load",
		"serve --cert leaf.cert.der --key leaf.key.der --listen 127.0.0.1:0", gatewayLine("127.0.0.1:1"), "help",
	} {
		t.Run(line, func(t *testing.T) {
			signalSite(t)
			require.NoError(t, os.WriteFile("list", bytes.Repeat([]byte("leaf.cert.der,leaf.key.der\n"), 20), 0o600))
			p := newProcess(t, line)
			reader, writer := fullPipe(t)
			defer reader.Close()
			p.cmd.Stdout = writer
			p.start()
			require.NoError(t, writer.Close())
			requireBlocked(t, p.cmd.Process.Pid)
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			state := p.requireEnds()
			require.True(t, state.Exited(), "%s: %s", state, p.out)
			if strings.Contains(line, "--out") { // what is there is whole
				require.FileExists(t, "made/server.key.der")
				require.NoError(t, os.Rename("made/server.key.der", "key"))
				_, err := delivery.ReadPrivateKey("key")
				require.NoError(t, err)
			}
		})
	}
}

// TestSecondSignalKills at once what would end a moment later.
func TestSecondSignalKills(t *testing.T) {
	signalSite(t)
	p := newProcess(t, "board")
	reader, writer := fullPipe(t)
	defer reader.Close()
	p.cmd.Stdout = writer
	p.start()
	require.NoError(t, writer.Close())
	requireBlocked(t, p.cmd.Process.Pid)
	go func() {
		for p.cmd.Process.Signal(syscall.SIGINT) == nil {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	status := p.requireEnds().Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled(), "it ended by itself, with status %d", status.ExitStatus())
}

// TestHangupReloads the gateway's certificate, and ends nothing. Its service manager is told.
func TestHangupReloads(t *testing.T) {
	signalSite(t)
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	require.NoError(t, err)
	defer manager.Close()
	told := make(chan string, 1000)
	go func() {
		defer close(told)
		b := make([]byte, 4096)
		for {
			n, err := manager.Read(b)
			if err != nil {
				return
			}
			told <- string(b[:n])
		}
	}()
	requireTold := func(wanted string) {
		t.Helper()
		for {
			select {
			case state := <-told:
				if state == "WATCHDOG=1" && wanted != state {
					continue
				}
				require.Regexp(t, "^"+wanted+"\n?$", state)
				return
			case <-time.After(signalLimit):
				require.Fail(t, "not told", wanted)
			}
		}
	}
	p := newProcess(t, gatewayLine("127.0.0.1:1"))
	p.cmd.Env = append(p.cmd.Env, "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=100000")
	p.start()
	requireTold("READY=1")
	requireTold("WATCHDOG=1")
	before := p.dialTLS(p.says(gatewayListens)).ConnectionState().PeerCertificates[0]

	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	id, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	for i := range 2 { // the second time nothing is new
		require.NoError(t, os.WriteFile("full.pem", certs.EncodePEM(id.Certificate, pki.Chain()[0]), 0o600))
		require.NoError(t, os.WriteFile("leaf.key.pem", id.EncodeKeyPEM(), 0o600))
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
		requireTold("RELOADING=1\nMONOTONIC_USEC=[0-9]+")
		requireTold("READY=1")
		after := p.dialTLS(p.says(gatewayListens)).ConnectionState().PeerCertificates[0]
		require.False(t, after.Equal(before), "%d: %s", i, p.out)
		require.True(t, after.Equal(id.Certificate))
	}
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	requireTold("STOPPING=1")
	require.Equal(t, exitFine, p.requireEnds().ExitCode(), "%s", p.out)
}

// requireEcho: a terminal shows what is typed.
func requireEcho(t *testing.T, terminal *os.File) {
	settings, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	require.NoError(t, err)
	require.NotZero(t, settings.Lflag&unix.ECHO, "what is typed stays hidden")
}

// fullPipe returns a pipe into which nothing more goes.
func fullPipe(t *testing.T) (reader, writer *os.File) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	fd := int(writer.Fd()) // it blocks from here on
	require.NoError(t, unix.SetNonblock(fd, true))
	for err == nil {
		_, err = unix.Write(fd, make([]byte, 1))
	}
	require.ErrorIs(t, err, unix.EAGAIN)
	require.NoError(t, unix.SetNonblock(fd, false))
	return reader, writer
}

// requireBlocked waits until a thread of the process waits for a reader of its standard output.
func requireBlocked(t *testing.T, pid int) {
	t.Helper()
	writing := fmt.Sprintf("%d 0x1 ", unix.SYS_WRITE)
	require.Eventually(t, func() bool {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
		return slices.ContainsFunc(threads, func(path string) bool {
			data, _ := os.ReadFile(path)
			return strings.HasPrefix(string(data), writing)
		})
	}, signalLimit, 10*time.Millisecond)
}
