package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/port"
	"github.com/leafcam/leafcam/internal/program"
)

func TestMain(m *testing.M) {
	testscript.Main(&tests{m}, map[string]func(){"leafcam": main})
}

// builds is where the tests of this package find what clients need built.
var builds string

// tests are the tests with what they share.
type tests struct{ *testing.M }

// Run runs the tests.
func (m *tests) Run() int {
	var err error
	if builds, err = os.MkdirTemp("", "leafcam-builds-"); err != nil {
		panic(err) // there is nobody to return it to
	}
	defer os.RemoveAll(builds)
	return m.M.Run()
}

// TestScript runs the command as people type it.
func TestScript(t *testing.T) {
	p := scriptParams()
	p.Dir = "testdata/script"
	testscript.Run(t, p)
}

// TestRealScript runs the command with real programs.
func TestRealScript(t *testing.T) {
	if os.Getenv("LEAFCAM_ALL_CLIENTS") != "" { // otherwise scripts skip themselves
		for _, name := range []string{"curl", "git", "openssl", "tshark"} {
			program.Need(t, name, name)
		}
	}
	p := scriptParams()
	p.Dir = "testdata/real"
	testscript.Run(t, p)
}

// TestRealWalkthrough runs the walk-through of the example, whose commands are those of its README.
func TestRealWalkthrough(t *testing.T) {
	const dir = "../../examples/missing-intermediate"
	p := scriptParams()
	p.Files = []string{dir + "/walkthrough.txtar"}
	testscript.Run(t, p)

	readme, err := os.ReadFile(dir + "/README.md")
	require.NoError(t, err)
	script, err := os.ReadFile(dir + "/walkthrough.txtar")
	require.NoError(t, err)
	commands := 0
	for line := range strings.Lines(string(script)) {
		_, command, ok := strings.Cut(strings.TrimSpace(line), "exec ")
		if !ok || strings.HasPrefix(line, "#") || strings.Contains(line, "skip") {
			continue
		}
		command = regexp.MustCompile(` &[a-z]+&$`).ReplaceAllString(command, "")
		command = strings.NewReplacer("'$PORT'", "8443", "$PORT2", "8444", "$PORT", "8443").Replace(command)
		require.Contains(t, string(readme), "    "+command+"\n")
		commands++
	}
	// What the README quotes is what the script looks for.
	wanted := strings.NewReplacer(`\(`, "(", `\)`, ")", `\[`, "[", `\]`, "]",
		"Chromium.s", "Chromium's", "^hello$", "hello").Replace(string(script))
	for line := range strings.Lines(string(readme)) {
		if quoted, ok := strings.CutPrefix(line, "> "); ok {
			require.Contains(t, wanted, strings.TrimSpace(strings.TrimPrefix(quoted, "ssl.SSLCertVerificationError: [SSL: ")))
		}
	}
	require.Equal(t, commands, strings.Count(string(readme), "\n    "), "the README has commands that nobody runs")
}

func scriptParams() testscript.Params {
	return testscript.Params{
		Setup: func(e *testscript.Env) error {
			examples, err := filepath.Abs("../../examples")
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", examples)
			// A script has no home, and builds the clients' programs no more often for that.
			if cache, err := os.UserCacheDir(); err == nil {
				e.Setenv("XDG_CACHE_HOME", cache)
			}
			for _, name := range []string{"PORT", "PORT2"} {
				held, err := port.Hold()
				if err != nil {
					return err
				}
				e.Defer(func() { _ = held.Release() })
				e.Setenv(name, held.String())
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pki":     makePKI,
			"refused": makeRefused,
			"pad":     padFile,
			"damage":  damageFile,
			"await":   awaitPort,
			"appears": awaitFile,
			"silent":  beSilent,
		},
	}
}

// makePKI writes leaf.cert.der and its like, chain.pem and root.pem, for the host
// that is given and an AIA URL if one is.
func makePKI(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("WORK")
	o := certs.LeafOptions{DNS: []string{args[0]}}
	if len(args) > 1 {
		o.AIA = args[1]
	}
	pki, err := certs.NewPKI(certs.PKIOptions{})
	ts.Check(err)
	leaf, err := pki.Issue(o)
	ts.Check(err)
	ts.Check(delivery.WriteIdentity(leaf, dir, "leaf", false))
	self, err := certs.NewSelfSigned(o)
	ts.Check(err)
	ts.Check(delivery.WriteIdentity(self, dir, "self", false))
	ts.Check(os.WriteFile(filepath.Join(dir, "chain.pem"), certs.EncodePEM(pki.Chain()...), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "intermediate.der"), pki.Chain()[0].Raw, 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "root.pem"), certs.EncodePEM(pki.Root.Certificate), 0o644))
}

// awaitPort waits until something listens on $PORT, or on the port that is given.
func awaitPort(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.Getenv("PORT")
	if len(args) > 0 {
		text = args[0]
	}
	number, err := strconv.Atoi(text)
	ts.Check(err)
	await(ts, "nothing listens on port "+text, func() bool { return port.Listening(number) })
}

// awaitFile waits until a file of that pattern is in $TMPDIR.
func awaitFile(ts *testscript.TestScript, _ bool, args []string) {
	pattern := filepath.Join(ts.Getenv("TMPDIR"), args[0])
	await(ts, "no "+pattern, func() bool {
		found, err := filepath.Glob(pattern)
		ts.Check(err)
		return len(found) > 0
	})
}

// beSilent listens on a port until the script ends, and answers nothing. When somebody has said something, the file heard
// is in $TMPDIR.
func beSilent(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ended := make(chan struct{})
	heard := filepath.Join(ts.Getenv("TMPDIR"), "heard")
	go func() {
		defer close(ended)
		var open []net.Conn
		for {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, conn)
			if n, _ := conn.Read(make([]byte, 1)); n > 0 {
				_ = os.WriteFile(heard, nil, 0o600) // who waits for it says what is missing
			}
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	ts.Defer(func() {
		_ = l.Close()
		<-ended
	})
}

// await asks again and again.
func await(ts *testscript.TestScript, otherwise string, done func() bool) {
	for limit := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			ts.Fatalf("%s", otherwise)
		}
	}
}
