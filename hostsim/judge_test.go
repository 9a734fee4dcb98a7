package hostsim_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words are those of the scripts: curl's, with OpenSSL below.
var words = verdict.Words{}.
	Says(verdict.CauseName, `no alternative certificate subject name`).
	Says(verdict.CauseExpired, `certificate has expired`).
	Says(verdict.CauseUnknown, `unable to get (local )?issuer`).
	Says(verdict.CauseRejected, `certificate verify failed`, `certificate problem`)

// script is a client made of a shell script, which sees the URL as $URL, the CA file as
// $CA, and the port as $PORT.
func script(name, body string) *hostsim.Client {
	programs := []string{"sh"}
	for _, p := range []string{"curl", "python3"} {
		if strings.Contains(body, p+" ") {
			programs = append(programs, p)
		}
	}
	return &hostsim.Client{
		Name: name, Title: name, Library: "none",
		Needs: hostsim.Needs{Packages: programs, Programs: programs},
		Known: hostsim.Known{Words: words},
		Command: func(v *hostsim.Visit) hostsim.Command {
			return hostsim.Command{
				Args: []string{v.Program("sh"), "-c", body},
				Env: []string{
					"URL=" + v.URL(), "CA=" + v.CAFile, fmt.Sprintf("PORT=%d", v.Port),
					fmt.Sprintf("RESOLVE=%s:%d:127.0.0.1", v.Host, v.Port),
				},
			}
		},
	}
}

// run runs one client in all scenarios and returns its row.
func run(t *testing.T, c *hostsim.Client, deadline time.Duration) *hostsim.Row {
	for _, p := range c.Needs.Programs[1:] {
		program.Need(t, p, p)
	}
	m, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Deadline: deadline}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.Rows[0].Cells, 10)
	return &m.Rows[0]
}

const honestCurl = `curl -sS --cacert "$CA" --resolve "$RESOLVE" "$URL"`

func TestRealHonestClient(t *testing.T) {
	row := run(t, script("honest", honestCurl), 0)
	require.True(t, row.Trustworthy, row.Doubt)
	c := row.Cell("leaf-only")
	require.Equal(t, verdict.VerdictRefused, c.Verdict)
	require.Equal(t, verdict.CauseMissing, c.Cause)
	require.Contains(t, c.Message, "unable to get local issuer certificate")
	require.Equal(t, "fatal unknown_ca (48)", c.Alert, "also when the client left while the camera still wrote")
	c = row.Cell("second-load")
	require.Equal(t, verdict.VerdictCompleted, c.Verdict)
	require.Equal(t, verdict.HowSent, c.How)
	require.True(t, c.ChainCompleted)
	require.False(t, row.Cell("store-alone").ChainCompleted, "an anchor completes no chain")
}

// TestRealScriptUnderAsyncio: a camera that leaves connections open gets the same verdicts, and who waits for it is ended at
// the deadline.
func TestRealScriptUnderAsyncio(t *testing.T) {
	asyncio := func(nonce string) device.Script { return device.Asyncio("leafcam " + nonce + "\n") }
	honest := script("honest", honestCurl)
	honest.Script = asyncio
	row := run(t, honest, 0)
	require.True(t, row.Trustworthy, row.Doubt)
	c := row.Cell("leaf-only")
	require.Equal(t, verdict.VerdictRefused, c.Verdict)
	require.Equal(t, verdict.CauseMissing, c.Cause)
	require.Equal(t, verdict.VerdictCompleted, row.Cell("second-load").Verdict)

	waits := script("waits", `curl -sS "http://127.0.0.1:$PORT/"`)
	waits.Script = asyncio
	c = run(t, waits, 500*time.Millisecond).Cell("leaf-only")
	require.Equal(t, verdict.VerdictTimedOut, c.Verdict)
	require.Equal(t, verdict.CausePlainHTTP, c.Sighting.Cause)
	require.Contains(t, c.Sighting.Sentence, "The script leaves the connection open")
}

// rogue is a client that lies, or does nothing useful.
type rogue struct {
	name, body string
	deadline   time.Duration
	verdict    verdict.Verdict
	cause      string
}

// TestRogueClients: they never get a verdict on a certificate.
func TestRogueClients(t *testing.T) {
	requireFoundOut(t, []rogue{
		{"refuses everything", `echo "certificate verify failed" >&2; exit 1`, 0, verdict.VerdictHarnessError, "refuses even in second-load"},
		{"hangs", `sleep 60`, 300 * time.Millisecond, verdict.VerdictTimedOut, "still running"},
		{"never connects", `exit 1`, 0, verdict.VerdictHarnessError, "never connected"},
		{"prints something like a page", `echo "leafcam 0123456789abcdef0123456789abcdef"`, 0, verdict.VerdictHarnessError, "never connected"},
	})
}

// TestRealRogueClients: nor do those that connect, or crash.
func TestRealRogueClients(t *testing.T) {
	requireFoundOut(t, []rogue{
		{"crashes", `exec python3 -c "import ctypes; ctypes.string_at(0)"`, 0, verdict.VerdictCrashed, "crashed (segmentation fault)"},
		{
			"accepts everything", `curl -sSk --resolve "$RESOLVE" "$URL"`, 0,
			verdict.VerdictHarnessError, "nothing could have supplied the intermediate",
		},
		{
			"complains and fetches all the same",
			`curl -sSk --resolve "$RESOLVE" "$URL"; echo "unable to get local issuer certificate" >&2`,
			0, verdict.VerdictHarnessError,
			"complained about the certificate and fetched the page all the same",
		},
		{"prints its URL, in which no page is", `echo "$URL"; ` + honestCurl + ` >/dev/null`, 0, verdict.VerdictHarnessError, ""},
		{
			"fetches, but prints nothing", `curl -sSk -o /dev/null --resolve "$RESOLVE" "$URL"`,
			0, verdict.VerdictHarnessError, "asked for the page but did not print it",
		},
		{"speaks plain HTTP", `curl -sS "http://127.0.0.1:$PORT/"`, 0, verdict.VerdictNoHandshake, "no ClientHello"},
	})
}

func requireFoundOut(t *testing.T, list []rogue) {
	for _, tc := range list {
		t.Run(tc.name, func(t *testing.T) {
			row := run(t, script("rogue", tc.body), tc.deadline)
			require.False(t, row.Trustworthy)
			for _, c := range row.Cells {
				require.NotEqual(t, verdict.VerdictCompleted, c.Verdict, c.Scenario)
				require.NotEqual(t, verdict.VerdictRefused, c.Verdict, c.Scenario)
				require.False(t, c.ChainCompleted)
			}
			c := row.Cell("leaf-only")
			require.Equal(t, tc.verdict, c.Verdict)
			require.Contains(t, c.Reason(), tc.cause)
		})
	}
}

// TestRealControlsAreAlwaysRun: a client that accepts everything is found out even when
// nobody asks for the controls.
func TestRealControlsAreAlwaysRun(t *testing.T) {
	program.Need(t, "curl", "curl")
	c := script("rogue", `curl -sSk --resolve "$RESOLVE" "$URL"`)
	m, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly()}}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.Rows[0].Cells, 1)
	require.Equal(t, verdict.VerdictHarnessError, m.Rows[0].Cells[0].Verdict)
}

// TestClientThatCannotBeBuilt: the reason is in every cell, and the build shows in the progress.
func TestClientThatCannotBeBuilt(t *testing.T) {
	for _, tc := range []struct {
		name, compiler string
		limit          time.Duration
		cause          string
	}{
		{"the compiler fails", `echo "no such crate" >&2; exit 3`, time.Minute, "could not be prepared: sh: exit status 3: no such crate"},
		{
			"the compiler does not end", `echo "compiling"; sleep 60`, 300 * time.Millisecond,
			"could not be prepared: sh: not done after [0-9.]+m?s: compiling",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := script("compiled", "exit 1")
			c.Build = func(ctx context.Context, v *hostsim.Visit) error {
				ctx, cancel := context.WithTimeout(ctx, tc.limit)
				defer cancel()
				return v.Run(ctx, nil, v.Program("sh"), "-c", tc.compiler)
			}
			var first string
			m, err := hostsim.Runner{
				Clients: []*hostsim.Client{c}, Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly()}, NoControls: true, Parallel: 1,
				Progress: func(done, total int, what string) {
					if first == "" {
						first = fmt.Sprintf("%d of %d: %s", done, total, what)
					}
				},
			}.Run(t.Context())
			require.NoError(t, err)
			cell := m.Rows[0].Cell("leaf-only")
			require.Equal(t, verdict.VerdictHarnessError, cell.Verdict)
			require.Regexp(t, "^"+tc.cause+"$", cell.Reason())
			require.Equal(t, "0 of 1: compiled, being built", first)
		})
	}
}

func TestMissingClient(t *testing.T) {
	needs := hostsim.Needs{Packages: []string{"no-such-package"}, Programs: []string{"leafcam-no-such-program"}}
	m, err := hostsim.Runner{Clients: []*hostsim.Client{{Name: "none", Needs: needs}}}.Run(t.Context())
	require.NoError(t, err)
	c := m.Rows[0].Cell("leaf-only")
	require.Equal(t, verdict.VerdictNotInstalled, c.Verdict)
	require.Contains(t, c.Reason(), "apt-get install --no-install-recommends no-such-package")
	require.False(t, m.Rows[0].Installed)
}

// TestNothingStaysBehind: children are killed with the client, temporary files go.
func TestNothingStaysBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const seconds = "98765" // recognizable in the process list
	for _, c := range []struct {
		body     string
		deadline time.Duration
	}{
		{`sleep ` + seconds + ` & exit 1`, 0},
		{`setsid sleep ` + seconds + ` & exit 1`, 0},
		{`sleep ` + seconds + ` & wait`, 300 * time.Millisecond},
		{`setsid sleep ` + seconds + ` & wait`, 300 * time.Millisecond},
	} {
		run(t, script("parent", c.body), c.deadline)
		require.Eventually(t, func() bool { return !strings.Contains(program.Processes(t), seconds) }, 5*time.Second, 10*time.Millisecond, c.body)
		require.Empty(t, temporary(t))
	}
}

func TestInterrupted(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const seconds = "87654"
	ctx, cancel := context.WithCancel(t.Context())
	began := filepath.Join(t.TempDir(), "began")
	go func() {
		defer cancel()
		assert.Eventually(t, func() bool { _, err := os.Stat(began); return err == nil }, time.Minute, time.Millisecond)
	}()
	_, err := hostsim.Runner{Clients: []*hostsim.Client{script("slow", "touch "+began+"; sleep "+seconds)}}.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return !strings.Contains(program.Processes(t), seconds) }, 5*time.Second, 10*time.Millisecond)
	require.Empty(t, temporary(t))
}

func temporary(t *testing.T) []string {
	list, err := filepath.Glob(filepath.Join(os.TempDir(), "leafcam-*"))
	require.NoError(t, err)
	return list
}

func TestNames(t *testing.T) {
	list, err := hostsim.ScenariosByName([]string{"unknown-root", "leaf-only"})
	require.NoError(t, err)
	require.Equal(t, []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioUnknownRoot()}, list)
	_, err = hostsim.ScenariosByName([]string{"leaf"})
	require.ErrorContains(t, err, `unknown scenario "leaf"; known: leaf-only, aia, store`)
	_, err = hostsim.ClientsByName([]string{"x"}, []*hostsim.Client{{Name: "curl"}})
	require.ErrorContains(t, err, `unknown client "x"; known: curl`)
}

// TestOnlyTheStoreScenariosShowTheIntermediate: whatever the scenario, no client finds the
// intermediate among what it is given, unless the scenario's name says so.
func TestOnlyTheStoreScenariosShowTheIntermediate(t *testing.T) {
	var given []string
	c := script("reader", "true")
	c.Prepare = func(_ context.Context, v *hostsim.Visit) error {
		data, err := os.ReadFile(v.CAFile)
		if err != nil {
			return err
		}
		list, err := certs.ParseCertificates(data)
		if len(data) > 0 && err != nil {
			return err
		}
		for _, cert := range append(list, v.Trusted()...) {
			if strings.Contains(cert.Subject.CommonName, "intermediate") {
				given = append(given, cert.Subject.CommonName)
			}
		}
		return filepath.WalkDir(v.Home, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && path != v.CAFile {
				given = append(given, "a file besides: "+path)
			}
			return err
		})
	}
	// One cell after the other: what was given when one is done was given in its scenario.
	byScenario := map[string][]string{}
	_, err := hostsim.Runner{
		Clients: []*hostsim.Client{c}, Scenarios: hostsim.AllScenarios(), NoControls: true, Parallel: 1,
		Progress: func(_, _ int, what string) {
			byScenario[strings.TrimPrefix(what, "reader, ")], given = given, nil
		},
	}.Run(t.Context())
	require.NoError(t, err)
	for _, s := range hostsim.AllScenarios() {
		list, ran := byScenario[s.Name]
		require.True(t, ran, s.Name)
		if strings.Contains(s.Name, "store") {
			require.NotEmpty(t, list, s.Name)
		} else {
			require.Empty(t, list, s.Name)
		}
	}
}

// TestRealPositiveControl: without the certificate that lets the positive control pass, a client
// is not said to refuse anything.
func TestRealPositiveControl(t *testing.T) {
	broken := hostsim.ScenarioSecondLoad()
	broken.Server = hostsim.ServeLeaf // the second load is left out
	program.Need(t, "curl", "curl")
	c := script("honest", honestCurl)
	m, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), broken}}.Run(t.Context())
	require.NoError(t, err)
	require.False(t, m.Rows[0].Trustworthy)
	for _, cell := range m.Rows[0].Cells {
		require.Equal(t, verdict.VerdictHarnessError, cell.Verdict, cell.Scenario)
		require.Contains(t, cell.Reason(), "refuses even in second-load, the positive control")
	}
}

// TestDeadlineStallsNobody: one client hangs in every cell, and another is done long before.
func TestDeadlineStallsNobody(t *testing.T) {
	slow, quick := script("hangs", "sleep 60"), script("quick", "exit 1")
	var mu sync.Mutex
	var order []string
	_, err := hostsim.Runner{
		Clients: []*hostsim.Client{slow, quick}, Deadline: 2 * time.Second, Parallel: 4,
		Progress: func(_, _ int, what string) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
		},
	}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, order, 20)
	last := 0
	for i, what := range order {
		if strings.HasPrefix(what, "quick") {
			last = i
		}
	}
	require.Less(t, last, 19, "the hanging client ends last")
}

// TestRealSecondTry: what ends without a verdict is tried once more, and says so; a refusal is not.
func TestRealSecondTry(t *testing.T) {
	program.Need(t, "curl", "curl")
	mark := filepath.Join(t.TempDir(), "tried")
	c := script("stumbles", `[ -e `+mark+` ] || { touch `+mark+`; exit 1; }; `+honestCurl)
	m, err := hostsim.Runner{
		Clients:   []*hostsim.Client{c},
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly()},
		Parallel:  1,
	}.Run(t.Context())
	require.NoError(t, err)
	cell := m.Rows[0].Cells[0]
	require.Equal(t, verdict.VerdictRefused, cell.Verdict, cell.Reason())
	require.Contains(t, cell.FirstTry, "harness error: the client never connected")

	tries := filepath.Join(t.TempDir(), "tries")
	counting := script("counts", `echo x >>`+tries+`; `+honestCurl)
	m, err = hostsim.Runner{
		Clients:   []*hostsim.Client{counting},
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly()},
		Parallel:  1,
	}.Run(t.Context())
	require.NoError(t, err)
	require.Empty(t, m.Rows[0].Cells[0].FirstTry)
	data, err := os.ReadFile(tries)
	require.NoError(t, err)
	require.Len(t, data, 2*5, "one leaf-only cell and four controls, each once")
}
