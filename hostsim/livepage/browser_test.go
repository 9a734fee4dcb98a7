package livepage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/browser"
	"github.com/leafcam/leafcam/internal/npm"
	"github.com/leafcam/leafcam/internal/program"
)

// inBrowsers runs a test in each browser of this machine.
func inBrowsers(t *testing.T, test func(t *testing.T, b *browser.Browser)) {
	t.Run("chromium", func(t *testing.T) {
		b := chromium(t)
		defer b.Close()
		test(t, b)
	})
	t.Run("firefox", func(t *testing.T) {
		program.Need(t, "firefox-esr", "firefox-esr")
		b, err := browser.Firefox(t.Context())
		require.NoError(t, err)
		defer b.Close()
		test(t, b)
	})
}

// chromium starts Chromium for a test, which closes it.
func chromium(t *testing.T, options ...string) *browser.Browser {
	t.Helper()
	program.Need(t, "chromium", "chromium")
	program.Need(t, "chromedriver", "chromium-driver")
	b, err := browser.Chromium(t.Context(), options...)
	require.NoError(t, err)
	return b
}

// shows waits until a row of the page has a text, and returns when that was seen.
func shows(t *testing.T, b *browser.Browser, selector, text string) time.Time {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var found bool
		require.NoError(t, b.Eval(t.Context(),
			`return [...document.querySelectorAll(arguments[0])].some(e => e.textContent.includes(arguments[1]))`, &found, selector, text))
		if found {
			return time.Now()
		}
	}
	var all string
	require.NoError(t, b.Eval(t.Context(), `return document.getElementById("devices").textContent`, &all))
	require.FailNow(t, "the page does not show it", "%s: %q\n%s", selector, text, all)
	return time.Time{}
}

// TestRealPageInBrowsers looks at the page while real clients connect.
func TestRealPageInBrowsers(t *testing.T) {
	inBrowsers(t, func(t *testing.T, b *browser.Browser) {
		s := newSite(t, device.Snapshot())
		require.NoError(t, b.Open(t.Context(), s.url+"/"))
		shows(t, b, "#link", "live")
		t.Run("is accessible while nobody has come", func(t *testing.T) { accessible(t, b) })
		for _, tc := range []struct {
			name     string
			client   client
			sentence string
			beside   string // the camera's exception
		}{
			{
				"strict", strict,
				`refused: it does not know the issuer (unknown_ca). It needs the intermediate "leafcam test root, intermediate 1"`,
				"MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE",
			},
			{
				"AIA", fetching,
				"got the page without the intermediate being sent: it found it elsewhere, or it does not verify; the control tells. " +
					"It asked for /snapshot.jpg", "",
			},
			{"aborting", aborting, "closed without a word after the ", "most likely"},
			{"plain HTTP", plain, "spoke plain HTTP on the TLS port. Its address has to begin with https://", "MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				s.need(t, tc.client)
				said := make(chan string, 1)
				go func() { said <- s.run(t, tc.client) }()
				seen := shows(t, b, ".device .sentence", tc.sentence)
				t.Log(<-said)
				shows(t, b, ".device", tc.beside)
				took := time.Duration(0)
				for _, d := range s.journal.Since(0).Devices {
					if known := s.known(d.Latest().Sighting.Sentence); strings.HasPrefix(d.Latest().Sighting.Sentence, tc.sentence) {
						took = seen.Sub(known)
					}
				}
				t.Logf("shown %s after the camera knew it", took)
			})
		}
		t.Run("folds attempts", func(t *testing.T) {
			before := len(s.journal.Since(0).Devices)
			for range 3 {
				s.visit(t, strict)
			}
			shows(t, b, ".who", "4 attempts")
			require.Len(t, s.journal.Since(0).Devices, before)
		})
		t.Run("switches without a restart", func(t *testing.T) {
			for _, step := range []struct {
				button, sentence string
				client           client
			}{
				{"second load", "accepted the chain that was sent and asked for /snapshot.jpg", strict},
				{"full chain", "accepted the chain that was sent and asked for /snapshot.jpg", strict},
				{"control: unknown issuer", "accepted a certificate of an unknown issuer, after a refusal", blind},
			} {
				require.NoError(t,
					b.Eval(t.Context(),
						`const button = [...document.querySelectorAll("#stage button")].find(e => `+
							`e.textContent === arguments[0]); button.focus(); button.click()`,
						nil, step.button))
				shows(t, b, `#stage button[aria-pressed="true"]`, step.button)
				var focused string
				require.NoError(t, b.Eval(t.Context(), `return document.activeElement.textContent`, &focused))
				require.Equal(t, step.button, focused, "the keyboard's place is kept")
				s.visit(t, step.client)
				shows(t, b, ".device .sentence", step.sentence)
			}
			// The verdicts of curl side by side: it was told to skip verification once.
			shows(t, b, ".device .results .refused", "refused: missing intermediate")
			shows(t, b, ".device .results .blind", "connected, proof of nothing")
		})
		t.Run("is accessible", func(t *testing.T) { accessible(t, b) })
		t.Run("fits every window", func(t *testing.T) { fits(t, b) })
		t.Run("forgets", func(t *testing.T) {
			require.NoError(t,
				b.Eval(t.Context(), `[...document.querySelectorAll("button")].find(e => e.textContent === "forget all devices").click()`, nil))
			shows(t, b, "#none:not([hidden])", "Nobody has connected yet")
		})
	})
}

// TestRealBrowserIsOneDevice: whatever a browser varies from connection to connection, it is one row,
// and somebody who goes on after its warning is told from one who did not have to.
func TestRealBrowserIsOneDevice(t *testing.T) {
	s := newSite(t, device.Snapshot())
	url := fmt.Sprintf("https://%s:%d/", hostsim.DefaultHost, s.port)
	names := "--host-resolver-rules=MAP " + hostsim.DefaultHost + " 127.0.0.1"
	for _, options := range [][]string{{names}, {names, "--ignore-certificate-errors"}} {
		b := chromium(t, options...)
		_ = b.Open(t.Context(), url) // an error where the browser shows its warning, in some versions
		b.Close()
	}
	require.Eventually(t, func() bool { return s.stage.Use().Serving == 0 }, 10*time.Second, 10*time.Millisecond)
	devices := s.journal.Since(0).Devices
	require.Len(t, devices, 1)
	d := devices[0]
	require.Contains(t, d.UserAgent, "Chrome")
	require.Equal(t, "BoringSSL", d.Stack)
	require.Greater(t, d.Count, 2)
	require.Equal(t, verdict.VerdictCompleted, d.Results[0].Sighting.Verdict)
	require.Positive(t, d.Results[0].Refusals, "%v", d.Results[0])
}

// TestRealDarkPage looks at the dark colours, with a row of each kind.
func TestRealDarkPage(t *testing.T) {
	const dark = "--blink-settings=preferredColorScheme=0"
	b := chromium(t, dark)
	defer b.Close()
	s := newSite(t, device.Snapshot())
	for _, c := range []client{strict, fetching, plain} {
		s.visit(t, c)
	}
	require.NoError(t, s.stage.Switch(3))
	s.visit(t, blind)
	require.NoError(t, b.Open(t.Context(), s.url+"/"))
	shows(t, b, "#link", "live")
	var isDark bool
	require.NoError(t, b.Eval(t.Context(), `return matchMedia("(prefers-color-scheme: dark)").matches`, &isDark))
	require.True(t, isDark)
	for _, width := range []int{390, 768, 1400} {
		require.NoError(t, b.Resize(t.Context(), width, 2200))
		keepPicture(t, b, fmt.Sprintf("dark-%d", width))
	}
	accessible(t, b)
}

// keepPicture keeps a screenshot where LEAFCAM_SCREENSHOTS says, for people to look at.
func keepPicture(t *testing.T, b *browser.Browser, name string) {
	t.Helper()
	dir := os.Getenv("LEAFCAM_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := b.Screenshot(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, b.Name()+"-"+name+".png"), picture, 0o644))
}

// fits looks at the page in several sizes: nothing has to be scrolled to the side.
func fits(t *testing.T, b *browser.Browser) {
	for _, width := range []int{320, 390, 768, 1400, 2560} {
		require.NoError(t, b.Resize(t.Context(), width, 2200))
		var size [2]int
		require.NoError(t, b.Eval(t.Context(), "return [innerWidth, document.documentElement.scrollWidth]", &size))
		require.Equal(t, width, size[0])
		t.Logf("%d wide, content %d", size[0], size[1])
		require.LessOrEqual(t, size[1], size[0])
		keepPicture(t, b, fmt.Sprint(width))
	}
}

// accessible lets axe-core look for what keeps people from using the page.
func accessible(t *testing.T, b *browser.Browser) {
	path := npm.File("axe-core/axe.min.js")
	axe, err := os.ReadFile(path)
	if err != nil {
		program.Missing(t, "axe-core", npm.Install("axe-core@4.14.1"))
	}
	require.NoError(t, b.Eval(t.Context(), `document.querySelectorAll("details").forEach(e => { e.open = true; })`, nil))
	for _, width := range []int{390, 768, 1400} {
		require.NoError(t, b.Resize(t.Context(), width, 900))
		passed, found, err := b.Axe(t.Context(), string(axe))
		require.NoError(t, err)
		t.Logf("%d wide: %d rules passed", width, passed)
		require.Greater(t, passed, 20)
		require.Empty(t, found, "%d wide", width)
	}
}
