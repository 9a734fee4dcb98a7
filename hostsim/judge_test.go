package hostsim_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/hostsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a client made of a shell script, which sees the URL as $URL, the CA file as
// $CA, and the port as $PORT.
func script(name, body string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: name, Library: "none", Package: "dash curl python3", Programs: []string{"sh", "curl", "python3"},
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
	for _, p := range c.Programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed: apt-get install %s", p, c.Package)
		}
	}
	m, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Deadline: deadline}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.Rows[0].Cells, 9)
	return &m.Rows[0]
}

const honestCurl = `curl -sS --cacert "$CA" --resolve "$RESOLVE" "$URL"`

func TestHonestClient(t *testing.T) {
	row := run(t, script("honest", honestCurl), 0)
	require.True(t, row.Trustworthy, row.Doubt)
	c := row.Cell("leaf-only")
	require.Equal(t, hostsim.Refused, c.Verdict)
	require.Equal(t, hostsim.CauseMissing, c.Cause)
	require.Contains(t, c.Message, "unable to get local issuer certificate")
	// A client that leaves while the camera still writes may take its alert with it.
	require.Contains(t, []string{"fatal unknown_ca (48)", ""}, c.Alert)
	c = row.Cell("second-load")
	require.Equal(t, hostsim.Completed, c.Verdict)
	require.Equal(t, hostsim.Sent, c.How)
	require.True(t, c.ChainCompleted)
	require.False(t, row.Cell("store-alone").ChainCompleted, "an anchor completes no chain")
}

// TestRogueClients: clients that lie, or do nothing useful, never get a verdict on a
// certificate.
func TestRogueClients(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		deadline   time.Duration
		verdict    hostsim.Verdict
		cause      string
	}{
		{"accepts everything", `curl -sSk --resolve "$RESOLVE" "$URL"`, 0, hostsim.HarnessError, "nothing could have supplied the intermediate"},
		{"refuses everything", `echo "certificate verify failed" >&2; exit 1`, 0, hostsim.HarnessError, "refuses even in second-load"},
		{"hangs", `sleep 60`, 300 * time.Millisecond, hostsim.TimedOut, "still running"},
		{"crashes", `exec python3 -c "import ctypes; ctypes.string_at(0)"`, 0, hostsim.HarnessError, "crashed (segmentation fault)"},
		{"complains and fetches all the same", `curl -sSk --resolve "$RESOLVE" "$URL"; echo "unable to get local issuer certificate" >&2`, 0, hostsim.HarnessError, "complained about the certificate and fetched the page all the same"},
		{"never connects", `exit 1`, 0, hostsim.HarnessError, "never connected"},
		{"prints something like a page", `echo "leafcam 0123456789abcdef0123456789abcdef"`, 0, hostsim.HarnessError, "never connected"},
		{"prints its URL, in which no page is", `echo "$URL"; ` + honestCurl + ` >/dev/null`, 0, hostsim.HarnessError, ""},
		{"fetches, but prints nothing", `curl -sSk -o /dev/null --resolve "$RESOLVE" "$URL"`, 0, hostsim.HarnessError, "asked for the page but did not print it"},
		{"speaks plain HTTP", `curl -sS "http://127.0.0.1:$PORT/"`, 0, hostsim.NoHandshake, "no ClientHello"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			row := run(t, script("rogue", tc.body), tc.deadline)
			require.False(t, row.Trustworthy)
			for _, c := range row.Cells {
				require.NotEqual(t, hostsim.Completed, c.Verdict, c.Scenario)
				require.NotEqual(t, hostsim.Refused, c.Verdict, c.Scenario)
				require.False(t, c.ChainCompleted)
			}
			c := row.Cell("leaf-only")
			require.Equal(t, tc.verdict, c.Verdict)
			require.Contains(t, c.Cause, tc.cause)
		})
	}
}

// TestControlsAreAlwaysRun: a client that accepts everything is found out even when
// nobody asks for the controls.
func TestControlsAreAlwaysRun(t *testing.T) {
	c := script("rogue", `curl -sSk --resolve "$RESOLVE" "$URL"`)
	m, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Scenarios: []hostsim.Scenario{hostsim.LeafOnly}}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.Rows[0].Cells, 1)
	require.Equal(t, hostsim.HarnessError, m.Rows[0].Cells[0].Verdict)
}

func TestMissingClient(t *testing.T) {
	m, err := hostsim.Runner{Clients: []*hostsim.Client{{Name: "none", Package: "no-such-package", Programs: []string{"leafcam-no-such-program"}}}}.Run(t.Context())
	require.NoError(t, err)
	c := m.Rows[0].Cell("leaf-only")
	require.Equal(t, hostsim.NotInstalled, c.Verdict)
	require.Contains(t, c.Cause, "apt-get install --no-install-recommends no-such-package")
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
		{`sleep ` + seconds + ` & ` + honestCurl, 0},
		{`setsid sleep ` + seconds + ` & ` + honestCurl, 0},
		{`sleep ` + seconds + ` & wait`, 300 * time.Millisecond},
		{`setsid sleep ` + seconds + ` & wait`, 300 * time.Millisecond},
	} {
		run(t, script("parent", c.body), c.deadline)
		require.Eventually(t, func() bool { return !strings.Contains(processes(t), seconds) }, 5*time.Second, 10*time.Millisecond, c.body)
		require.Empty(t, temporary(t))
	}
}

func TestInterrupted(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const seconds = "87654"
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	_, err := hostsim.Runner{Clients: []*hostsim.Client{script("slow", "sleep "+seconds)}}.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return !strings.Contains(processes(t), seconds) }, 5*time.Second, 10*time.Millisecond)
	require.Empty(t, temporary(t))
}

func processes(t *testing.T) string {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there is no /proc to look for processes in")
	}
	var all strings.Builder
	for _, f := range files {
		b, _ := os.ReadFile(f) // processes come and go
		all.Write(b)
		all.WriteByte('\n')
	}
	return all.String()
}

func temporary(t *testing.T) []string {
	list, err := filepath.Glob(filepath.Join(os.TempDir(), "leafcam-*"))
	require.NoError(t, err)
	return list
}

func TestNames(t *testing.T) {
	list, err := hostsim.ScenariosByName([]string{"unknown-root", "leaf-only"})
	require.NoError(t, err)
	require.Equal(t, []hostsim.Scenario{hostsim.LeafOnly, hostsim.UnknownRoot}, list)
	_, err = hostsim.ScenariosByName([]string{"leaf"})
	require.ErrorContains(t, err, `unknown scenario "leaf"; known: leaf-only, aia, store`)
	_, err = hostsim.ClientsByName([]string{"x"}, []*hostsim.Client{{Name: "curl"}})
	require.ErrorContains(t, err, `unknown client "x"; known: curl`)
}

// TestOnlyTheStoreScenariosShowTheIntermediate: no client is given the intermediate
// as a trusted certificate unless the scenario says so.
func TestOnlyTheStoreScenariosShowTheIntermediate(t *testing.T) {
	seen := map[string]int{}
	c := script("reader", "true")
	c.Prepare = func(_ context.Context, v *hostsim.Visit) error {
		data, err := os.ReadFile(v.CAFile)
		if err != nil {
			return err
		}
		for _, cert := range v.Trusted() {
			if strings.Contains(cert.Subject.CommonName, "intermediate") {
				seen["a cell with a store"]++
				if len(v.Store) == 0 {
					seen["a cell without a store"]++
				}
			}
		}
		if strings.Count(string(data), "BEGIN") != len(v.Trusted()) {
			seen["a CA file with something else"]++
		}
		return nil
	}
	_, err := hostsim.Runner{Clients: []*hostsim.Client{c}, Parallel: 1}.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"a cell with a store": 2}, seen)
}
