package livepage_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/hostsim"
)

// fetch makes one request to the page, with another Host or Origin where they are not "".
func (s *site) fetch(t *testing.T, method, path, host, origin string, form url.Values) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Host = host
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

func (s *site) token(t *testing.T) string {
	t.Helper()
	_, _, body := s.fetch(t, http.MethodGet, "/", "", "", nil)
	found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(body)
	require.NotNil(t, found)
	return found[1]
}

func TestGuard(t *testing.T) {
	s := newSite(t, device.Hello("hello\n"))
	token := s.token(t)
	port := s.url[strings.LastIndex(s.url, ":"):]
	own := url.Values{"token": {token}, "mode": {"1"}}
	for _, tc := range []struct {
		name, method, path, host, origin string
		form                             url.Values
		status                           int
	}{
		{"by address", "GET", "/", "", "", nil, 200},
		{"by localhost", "GET", "/", "localhost" + port, "", nil, 200},
		{"by IPv6 address", "GET", "/", "[::1]" + port, "", nil, 200},
		{"by somebody's name", "GET", "/", "evil.example" + port, "", nil, 421},
		{"by somebody's name, events", "GET", "/events", "evil.example" + port, "", nil, 421},
		{"by somebody's name, export", "GET", "/leafcam.json", "evil.example" + port, "", nil, 421},
		{"by another port", "GET", "/", "localhost:1", "", nil, 421},
		{"no such page", "GET", "/server.key.der", "", "", nil, 404},
		{"a switch by a link", "GET", "/mode?mode=1", "", "", nil, 405},
		{"a switch without token", "POST", "/mode", "", s.url, url.Values{"mode": {"1"}}, 403},
		{"a switch with another token", "POST", "/mode", "", s.url, url.Values{"mode": {"1"}, "token": {"A" + token[1:]}}, 403},
		{"a switch from another origin", "POST", "/mode", "", "http://evil.example", own, 403},
		{"a switch from another port of this machine", "POST", "/mode", "", "http://127.0.0.1:1", own, 403},
		{"a form that is too long", "POST", "/mode", "", s.url, url.Values{"token": {token}, "mode": {strings.Repeat("1", 8<<10)}}, 403},
		{"a mode that is none", "POST", "/mode", "", s.url, url.Values{"token": {token}, "mode": {"4"}}, 400},
		{"a mode that is no number", "POST", "/mode", "", s.url, url.Values{"token": {token}, "mode": {"x"}}, 400},
		{"forgetting without token", "POST", "/forget", "", s.url, url.Values{}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, header, _ := s.fetch(t, tc.method, tc.path, tc.host, tc.origin, tc.form)
			require.Equal(t, tc.status, status)
			require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
			require.NotContains(t, header.Get("Content-Security-Policy"), "unsafe")
			require.Empty(t, header.Get("Access-Control-Allow-Origin"))
			_, current := s.stage.Modes()
			require.Zero(t, current, "nothing was switched")
		})
	}
	status, _, _ := s.fetch(t, "POST", "/mode", "", s.url, own)
	require.Equal(t, http.StatusSeeOther, status, "a form of the page itself, without a script")
	_, current := s.stage.Modes()
	require.Equal(t, 1, current)
}

// TestNothingSecret: neither the key nor what clients send in bodies and other headers is shown.
func TestNothingSecret(t *testing.T) {
	s := newSite(t, device.Snapshot())
	c := strict
	c.args = func(s *site) []string {
		return append([]string{"-k", "--data", "password=hunter2", "-H", "Authorization: Bearer s3cr3t", "-A", "<script>alert(1)</script>"}, strict.args(s)...)
	}
	s.visit(t, c)
	for _, path := range []string{"/", "/leafcam.json", "/leafcam.html"} {
		_, _, body := s.fetch(t, "GET", path, "", "", nil)
		require.Contains(t, body, "sent POST /snapshot.jpg", path)
		for _, secret := range []string{"hunter2", "s3cr3t", "PRIVATE", string(s.key[len(s.key)/2:])} {
			require.NotContains(t, body, secret, path)
		}
		if path != "/leafcam.json" {
			require.NotContains(t, body, "<script>alert(1)", path)
		}
	}
}

// TestExport: what was seen has the form of a matrix, and a client that takes the control proves
// nothing.
func TestExport(t *testing.T) {
	s := newSite(t, device.Snapshot())
	s.visit(t, strict)
	require.NoError(t, s.stage.Switch(1))
	s.visit(t, strict)
	require.NoError(t, s.stage.Switch(3))
	s.visit(t, strict)
	_, header, body := s.fetch(t, "GET", "/leafcam.json", "", "", nil)
	require.Equal(t, "application/json", header.Get("Content-Type"))
	var m hostsim.Matrix
	require.NoError(t, json.Unmarshal([]byte(body), &m))
	require.Equal(t, hostsim.MatrixFormat, m.Format)
	require.Len(t, m.Rows, 1)
	row := &m.Rows[0]
	require.Equal(t, "OpenSSL", row.Guess)
	require.Contains(t, row.Title, "curl/")
	require.True(t, row.Trustworthy)
	require.Equal(t, hostsim.CauseMissing, row.Cell("leaf-only").Cause)
	require.Equal(t, "fatal unknown_ca (48)", row.Cell("leaf-only").Alert)
	require.Equal(t, hostsim.Sent, row.Cell("second-load").How)
	require.Equal(t, hostsim.NotApplicable, row.Cell("full-chain").Verdict)
	require.Equal(t, hostsim.Refused, row.Cell("unknown-root").Verdict)

	s.visit(t, blind)
	require.False(t, s.page.Matrix().Rows[0].Trustworthy, "curl -k went in by the same door")
	require.Equal(t, hostsim.NeverVerifies, s.page.Matrix().Rows[0].Cell("second-load").Verdict)
	_, _, report := s.fetch(t, "GET", "/leafcam.html", "", "", nil)
	require.Contains(t, report, "Who completes the chain?")
}

// listen follows the page's events until it is closed.
func (s *site) listen(t *testing.T) (updates chan string, stop func()) {
	t.Helper()
	response, err := http.Get(s.url + "/events")
	require.NoError(t, err)
	updates, done := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				updates <- data
			}
		}
	}()
	return updates, func() {
		require.NoError(t, response.Body.Close())
		<-done
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}
}

// TestWireWithPage: whether nobody or somebody looks at the page, the camera answers the recorded
// probes as the real stack does.
func TestWireWithPage(t *testing.T) {
	for _, open := range []bool{false, true} {
		t.Run(fmt.Sprintf("page open is %v", open), func(t *testing.T) {
			s := newSite(t, device.Hello(device.DefaultBody))
			if open {
				_, stop := s.listen(t)
				defer stop()
			}
			report, err := compare.Run(t.Context(), compare.Options{Address: fmt.Sprintf("127.0.0.1:%d", s.port)})
			require.NoError(t, err)
			require.Equal(t, "openmv-5.0", report.BehavesLike)
		})
	}
}

// TestEventsWhileOpen: a connection that does not end is shown while it is open.
func TestEventsWhileOpen(t *testing.T) {
	s := newSite(t, device.Snapshot())
	updates, stop := s.listen(t)
	defer stop()
	stream := blind
	stream.args = func(s *site) []string {
		return []string{"-sSk", "--max-time", "1", "-o", os.DevNull, "--resolve", fmt.Sprintf("cam.example.com:%d:127.0.0.1", s.port), fmt.Sprintf("https://cam.example.com:%d/stream.jpg", s.port)}
	}
	s.installed(t, stream)
	go func() { _ = s.run(t, stream) }()
	deadline := time.After(10 * time.Second)
	for going := false; !going; {
		select {
		case u := <-updates:
			going = strings.Contains(u, "completed the chain and asked for /stream.jpg") && strings.Contains(u, "and going on")
		case <-deadline:
			t.Fatal("the stream is not shown while it goes on")
		}
	}
	require.Eventually(t, func() bool { return s.stage.Use().Serving == 0 }, 10*time.Second, 10*time.Millisecond)
}
