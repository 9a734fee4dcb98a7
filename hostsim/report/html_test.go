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

	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
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
