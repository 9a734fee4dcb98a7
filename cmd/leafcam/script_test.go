package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leafcam/leafcam/certs"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"leafcam": main})
}

// TestScripts runs the command as people type it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			examples, err := filepath.Abs("../../examples")
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", examples)
			e.Setenv("PORT", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
			return l.Close()
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
	})
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
func awaitPort(ts *testscript.TestScript, _ bool, _ []string) {
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:"+ts.Getenv("PORT"))
		if err != nil {
			return
		}
		l.Close()
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("nothing listens on port %s", ts.Getenv("PORT"))
}
