package report_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/browser"
	"github.com/leafcam/leafcam/internal/npm"
	"github.com/leafcam/leafcam/internal/program"
)

// hostile is a client's output that would like to be markup.
const hostile = `</script><script>document.title="taken over"</script><img src=x onerror=alert(1)>`

func TestHTMLStandsAlone(t *testing.T) {
	m := sample()
	m.Rows[0].Cells[0].Message, m.Rows[0].Version = hostile, hostile
	var out bytes.Buffer
	require.NoError(t, report.HTML(&out, m))
	require.NotContains(t, out.String(), "<script>document.title=")
	require.NotRegexp(t, `(?i)(src|href)="(https?:)?//`, out.String(), "no network")
	require.NotContains(t, out.String(), "ZgotmplZ", "nothing was thought dangerous by the template")
	for _, s := range m.Scenarios {
		require.Contains(t, out.String(), s.Title)
	}
	require.Contains(t, out.String(), "leaf (sent), then intermediate (missing), then root (trusted)")
}

// TestRealHTMLInBrowser looks at the page in a real browser, at desktop and phone width.
func TestRealHTMLInBrowser(t *testing.T) {
	chromium := program.Need(t, "chromium", "chromium")
	m := sample()
	m.Rows[0].Cells[0].Message = hostile
	m.Rows[0].Cells[0].Verdict = verdict.VerdictRefused
	var out bytes.Buffer
	require.NoError(t, report.HTML(&out, m))
	// What the test looks for is written into the page's title, after opening a cell.
	const probe = `<script>
document.querySelector('button[data-client="curl"][data-scenario="leaf-only"]').click();
const rows = [...document.querySelectorAll("tr.row")].filter(row => !row.hidden).length;
document.title = ["rows " + rows, "shown " + shown.textContent, "wide " + (document.documentElement.scrollWidth > innerWidth),
  "open " + document.getElementById("details").open, "says " + document.getElementById("details-body").textContent.includes("taken over"),
  "dark " + getComputedStyle(document.body).backgroundColor].join("; ");
</script></body>`
	page := strings.Replace(out.String(), "</body>", probe, 1)
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, []byte(page), 0o644))
	for _, tc := range []struct {
		name, size, hash string
		want             string
	}{
		{"desktop", "1400,1000", "", `rows 3; shown 3 clients; wide false; open true; says true`},
		{"phone", "390,844", "", `rows 3; shown 3 clients; wide false; open true; says true`},
		{"filtered by client", "1400,1000", "#client=cur", `rows 1; shown 1 clients; wide false`},
		{"filtered by outcome", "1400,1000", "#cause=completed%3A+sent", `rows 1; shown 1 clients, 1 cells`},
		{"filtered by stack", "1400,1000", "#stack=OpenSSL", `rows 1; shown 1 clients; wide false`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, chromium, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
				"--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--window-size="+tc.size, "--dump-dom", "file://"+file+tc.hash)
			if os.Geteuid() == 0 {
				cmd.Args = append(cmd.Args[:1:1], append([]string{"--no-sandbox"}, cmd.Args[1:]...)...)
			}
			dom, err := cmd.Output()
			require.NoError(t, err)
			title := regexp.MustCompile(`<title>([^<]*)</title>`).FindSubmatch(dom)
			require.NotNil(t, title, "%.300s", dom)
			require.Contains(t, string(title[1]), tc.want)
		})
	}
}

// TestRealHTMLIsAccessible lets axe-core look at the page in every width and both colours, with and without a cell's
// evidence, and moves what is wider than the window by the keyboard alone.
func TestRealHTMLIsAccessible(t *testing.T) {
	program.Need(t, "chromium", "chromium")
	program.Need(t, "chromedriver", "chromium-driver")
	axe, err := os.ReadFile(npm.File("axe-core/axe.min.js"))
	if err != nil {
		program.Missing(t, "axe-core", npm.Install("axe-core@4.14.1"))
	}
	m, _ := wide()
	m.Rows[0].Cells[8].Outcome = hostsim.Outcome{Verdict: verdict.VerdictNeverVerifies}
	m.Rows[0].Cells[7].Outcome = hostsim.Outcome{Verdict: verdict.VerdictNotApplicable}
	m.Rows[0].Cells[6].Outcome = hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowAnchor}
	m.Rows[1].Simulated = "where that is known from"
	file := filepath.Join(t.TempDir(), "page.html")
	var out bytes.Buffer
	require.NoError(t, report.HTML(&out, m))
	require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	for name, options := range map[string][]string{"light": nil, "dark": {"--blink-settings=preferredColorScheme=0"}} {
		t.Run(name, func(t *testing.T) {
			b, err := browser.Chromium(t.Context(), options...)
			require.NoError(t, err)
			defer b.Close()
			require.NoError(t, b.Open(t.Context(), "file://"+file))
			for _, width := range []int{390, 768, 1400} {
				require.NoError(t, b.Resize(t.Context(), width, 900))
				var wide bool
				require.NoError(t, b.Eval(t.Context(), "return document.documentElement.scrollWidth > innerWidth", &wide))
				require.False(t, wide, "%d: the page as a whole is not wider than the window", width)
				for _, script := range []string{`document.querySelector("td button").click()`, `document.getElementById("details").close()`} {
					require.NoError(t, b.Eval(t.Context(), script, nil))
					passed, found, err := b.Axe(t.Context(), string(axe))
					require.NoError(t, err)
					require.Greater(t, passed, 15)
					require.Empty(t, found, "%d wide, after %s", width, script)
				}
			}
			require.NoError(t, b.Resize(t.Context(), 390, 900))
			var stuck, landmarks []string
			const reachable = `e.tabIndex === 0 && e.getAttribute("role") === "region" && e.ariaLabel`
			require.NoError(t, b.Eval(t.Context(), `return [...document.querySelectorAll("main *")].filter(e => e.scrollWidth > e.clientWidth + 1
				&& getComputedStyle(e).overflowX === "auto" && !(`+reachable+`)).map(e => e.className)`, &stuck))
			require.Empty(t, stuck, "what scrolls takes the focus and has a name")
			const all = `return [...document.querySelectorAll("header, nav, main, footer")].map(e => e.localName)`
			require.NoError(t, b.Eval(t.Context(), all, &landmarks))
			require.Equal(t, []string{"header", "nav", "main", "footer"}, landmarks)
		})
	}
}

// TestHTMLTellsTheCures: what each cure achieves with the clients of this very matrix.
func TestHTMLTellsTheCures(t *testing.T) {
	m, _ := wide()
	m.Rows[1].Cells[4].Outcome = hostsim.Outcome{Verdict: verdict.VerdictRefused, Cause: verdict.CauseRejected}
	m.Rows[2].Simulated = "not counted"
	m.Rows[0].Cells[5].Outcome = hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowAnchor}
	var out bytes.Buffer
	require.NoError(t, report.HTML(&out, m))
	require.Contains(t, out.String(),
		"2nd load: 1 of 2 clients connect; 1 of them refuses the leaf alone. Still refused by gnutls-cli --ca-auto-retrieve.")
	require.Contains(t, out.String(), "self-signed: 1 of 2 clients connect; 1 of them refuses the leaf alone.")
	gateway := regexp.MustCompile(`(?s)<dt>Gateway.*?</div>`).FindString(out.String())
	require.Contains(t, gateway, "Not tried in this matrix: scenario gateway.")

	m.Scenarios[9] = hostsim.ScenarioGateway()
	for i := range m.Rows[:3] {
		o := hostsim.Outcome{Verdict: verdict.VerdictCompleted, How: verdict.HowSent}
		m.Rows[i].Cells[9] = hostsim.Cell{Scenario: "gateway", Outcome: o}
	}
	out.Reset()
	require.NoError(t, report.HTML(&out, m))
	require.Contains(t, out.String(), "gateway: 2 of 2 clients connect; 2 of them refuse the leaf alone.")
}
