// Package clienttest lets a Go test require which real clients accept a certificate on an
// emulated camera, and which refuse it and why. Start with [Run].
//
//	func TestClients(t *testing.T) {
//		files := clienttest.Files(t, hostsim.FilePaths{Cert: "server.der", Key: "server.key.der", Chain: "chain.pem"})
//		results := clienttest.Run(t, hostsim.Runner{
//			Files: files, Host: "cam.example.com", Clients: clienttest.Clients(t, clients.All(), "curl", "python", "chromium"),
//		})
//		results.Completes(t, hostsim.ScenarioAIA(), verdict.HowAIA, "chromium")
//		results.Refuses(t, hostsim.ScenarioLeafOnly(), verdict.CauseMissing, "curl", "python")
//	}
//
// Each requirement is a subtest, named by scenario and client. A client that is not installed, or
// cannot be isolated on the machine, is skipped with what to install: visible, and never passed.
package clienttest

import (
	"testing"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Results are what the clients did.
type Results struct{ Matrix *hostsim.Matrix }

// Files reads a user's files for the default firmware; the test fails when the camera does not
// load them, with the exception that the camera would raise.
func Files(t testing.TB, paths hostsim.FilePaths) *hostsim.Files {
	t.Helper()
	f, err := hostsim.ReadFiles(device.Firmwares()[0], paths)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Clients returns the named clients; the test fails on a name that is not among all.
func Clients(t testing.TB, all []*hostsim.Client, names ...string) []*hostsim.Client {
	t.Helper()
	list, err := hostsim.ClientsByName(names, all)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Run runs the clients; the test fails when they cannot be run at all.
func Run(t testing.TB, r hostsim.Runner) *Results {
	t.Helper()
	m, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("names are isolated by %s", m.Isolation)
	return &Results{m}
}

// Completes requires that the clients get the page in a scenario, by the given way.
func (r *Results) Completes(t *testing.T, s hostsim.Scenario, how verdict.How, clients ...string) {
	t.Helper()
	r.require(t, s, clients, func(t *testing.T, c *hostsim.Cell) {
		t.Helper()
		if c.Verdict != verdict.VerdictCompleted {
			t.Errorf("%s: %s\nthe client said: %s\nalert at the camera: %s", c.Verdict, c.Reason(), c.Message, c.Alert)
		} else if c.How != how {
			t.Errorf("completed, but by %q, not %q (%s)", c.How, how, c.Proof)
		}
	})
}

// Refuses requires that the clients refuse in a scenario, for the given cause.
func (r *Results) Refuses(t *testing.T, s hostsim.Scenario, cause verdict.Cause, clients ...string) {
	t.Helper()
	r.require(t, s, clients, func(t *testing.T, c *hostsim.Cell) {
		t.Helper()
		if c.Verdict != verdict.VerdictRefused {
			t.Errorf("%s: %s %s%s", c.Verdict, c.How, c.Reason(), c.Proof)
		} else if c.Cause != cause {
			t.Errorf("refused, but because of %q, not %q\nthe client said: %s", c.Cause, cause, c.Message)
		}
	})
}

// require checks one cell for each client, in a subtest of its own.
func (r *Results) require(t *testing.T, s hostsim.Scenario, clients []string, check func(*testing.T, *hostsim.Cell)) {
	t.Helper()
	for _, name := range clients {
		t.Run(s.Name+"/"+name, func(t *testing.T) {
			t.Helper()
			row := r.Matrix.Row(name)
			if row == nil {
				t.Fatalf("%s is not among the clients that ran", name)
			}
			c := row.Cell(s.Name)
			switch {
			case c == nil:
				t.Fatalf("%s is not among the scenarios that ran", s.Name)
			case c.Verdict == verdict.VerdictNotInstalled:
				t.Skipf("%s is not installed: %s", name, row.Install)
			case c.Missing(), c.Verdict == verdict.VerdictCannotIsolate:
				t.Skipf("%s: %s", c.Verdict, c.Reason())
			}
			check(t, c)
		})
	}
}
