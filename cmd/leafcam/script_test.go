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
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"leafcam": main})
}

// TestScripts runs the command as people type it.
func TestScripts(t *testing.T) {
	p := scriptParams()
	p.Dir = "testdata/script"
	testscript.Run(t, p)
}

// TestWalkthrough runs the walk-through of the example, whose commands are those of its README.
func TestWalkthrough(t *testing.T) {
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
	wanted := strings.NewReplacer(`\(`, "(", `\)`, ")", `\[`, "[", `\]`, "]", "Chromium.s", "Chromium's", "^hello$", "hello").Replace(string(script))
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
			for _, name := range []string{"PORT", "PORT2"} {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer l.Close() // both at the end, so that they differ
				e.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pki":   makePKI,
			"await": awaitPort,
			"pause": func(ts *testscript.TestScript, _ bool, args []string) {
				d, err := time.ParseDuration(args[0])
				ts.Check(err)
				time.Sleep(d)
			},
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
	ts.Check(leaf.WriteIdentity(dir, "leaf", false))
	self, err := certs.NewSelfSigned(o)
	ts.Check(err)
	ts.Check(self.WriteIdentity(dir, "self", false))
	ts.Check(os.WriteFile(filepath.Join(dir, "chain.pem"), certs.EncodePEM(pki.Chain()...), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "intermediate.der"), pki.Chain()[0].Raw, 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "root.pem"), certs.EncodePEM(pki.Root.Certificate), 0o644))
}

// awaitPort waits until something listens on $PORT: it looks whether the port is taken.
func awaitPort(ts *testscript.TestScript, _ bool, args []string) {
	port := ts.Getenv("PORT")
	if len(args) > 0 {
		port = args[0]
	}
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			return
		}
		l.Close()
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("nothing listens on port %s", port)
}
