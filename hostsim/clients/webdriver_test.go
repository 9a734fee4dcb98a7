package clients_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/port"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealWebDriver runs Debian's chromedriver as the grid: a browser whose trust and names are
// its machine's own, here those of a home that the test has made.
func TestRealWebDriver(t *testing.T) {
	program.Need(t, "chromedriver", "chromium-driver")
	program.Need(t, "chromium", "chromium")
	program.Need(t, "certutil", "libnss3-tools")
	home := t.TempDir()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{hostsim.DefaultHost}, AIA: "http://ca.example.com/issuer.der"})
	require.NoError(t, err)
	trustRoot(t, home, pki)
	grid := startChromedriver(t, home)

	list, err := clients.WebDriver(t.Context(), grid, map[string]any{"goog:chromeOptions": map[string]any{"args": []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--host-resolver-rules=MAP " + hostsim.DefaultHost + " 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
	}}})
	require.NoError(t, err)
	require.Len(t, list, 1)

	scenarios, err := hostsim.ScenariosByName([]string{"leaf-only", "aia", "store", "second-load", "expired", "unknown-root"})
	require.NoError(t, err)
	files := &hostsim.Files{Cert: leaf.DER(), Key: leaf.KeyDER(), Leaf: leaf.Certificate, Chain: pki.Chain(), Root: pki.Root.Certificate}
	m, err := hostsim.Runner{Clients: list, Files: files, Scenarios: scenarios}.Run(t.Context())
	require.NoError(t, err)
	row := &m.Rows[0]
	require.True(t, row.Trustworthy, row.Doubt)
	leafOnly := row.Cell("leaf-only")
	require.Equal(t, verdict.VerdictRefused, leafOnly.Verdict, leafOnly.Reason())
	require.Equal(t, verdict.CauseMissing, leafOnly.Cause)
	require.Contains(t, leafOnly.Message, "ERR_CERT_AUTHORITY_INVALID")
	require.True(t, row.Cell("second-load").ChainCompleted, row.Cell("second-load").Reason())
	require.Equal(t, verdict.VerdictRefused, row.Cell("unknown-root").Verdict)
	require.Equal(t, verdict.VerdictNotApplicable, row.Cell("store").Verdict, "its trust is its own")
	require.Equal(t, verdict.VerdictNotApplicable, row.Cell("aia").Verdict)
	require.Equal(t, verdict.VerdictNotApplicable, row.Cell("expired").Verdict)
	require.Equal(t, "BoringSSL", row.Guess)

	// Without files of one's own there is nothing that such a browser trusts.
	m, err = hostsim.Runner{Clients: list, Scenarios: scenarios}.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, verdict.VerdictNotApplicable, m.Rows[0].Cell("leaf-only").Verdict)
	require.Contains(t, m.Rows[0].Cell("leaf-only").Reason(), "give your own files")
}

func trustRoot(t *testing.T, home string, pki *certs.PKI) {
	t.Helper()
	database, root := filepath.Join(home, ".pki/nssdb"), filepath.Join(home, "root.pem")
	require.NoError(t, os.MkdirAll(database, 0o700))
	require.NoError(t, os.WriteFile(root, certs.EncodePEM(pki.Root.Certificate), 0o644))
	for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-n", "root", "-t", "C,,", "-i", root}} {
		program.Run(t, home, "certutil", append([]string{"-d", "sql:" + database}, args...)...)
	}
}

func startChromedriver(t *testing.T, home string) (url string) {
	t.Helper()
	at := program.Port(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "chromedriver", fmt.Sprintf("--port=%d", at.Number))
	cmd.Env = append(os.Environ(), "HOME="+home)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	require.Eventually(t, func() bool { return port.Listening(at.Number) }, time.Minute, 20*time.Millisecond)
	return "http://" + at.Address()
}

// TestGrids: what grids and others say for a start.
func TestGrids(t *testing.T) {
	for _, tc := range []struct {
		name, status string
		code         int
		titles       []string
		fails        string
	}{
		{
			"a grid with nodes",
			`{"value":{"ready":true,"nodes":[{"slots":[{"stereotype":{"browserName":"Safari","platformName":"mac","se:x":1}},` +
				`{"stereotype":{"browserName":"Safari","platformName":"mac"}}]},` +
				`{"slots":[{"stereotype":{"browserName":"MicrosoftEdge","platformName":"windows"}}]}]}}`,
			200, []string{"Safari mac", "MicrosoftEdge windows"}, "",
		},
		{"a single driver", `{"value":{"ready":true,"message":"ready"}}`, 200, []string{"browser"}, ""},
		{"a grid that is not ready", `{"value":{"ready":false}}`, 200, nil, "not ready"},
		{"a web server", `<html>`, 200, nil, "no WebDriver answer (200 OK)"},
		{"a grid with an error", `{"value":{"error":"unknown error","message":"no nodes\nstack"}}`, 500, nil, "unknown error: no nodes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/wd/status", r.URL.Path)
				w.WriteHeader(tc.code)
				_, _ = w.Write([]byte(tc.status))
			}))
			defer server.Close()
			list, err := clients.WebDriver(t.Context(), server.URL+"/wd/", nil)
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				return
			}
			require.NoError(t, err)
			require.Len(t, list, len(tc.titles))
			for i, title := range tc.titles {
				require.Equal(t, title+" at "+server.URL+"/wd", list[i].Title)
			}
		})
	}
}
