package livepage_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
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
		{"a switch with another token", "POST", "/mode", "", s.url, url.Values{"mode": {"1"}, "token": {string(token[0]^1) + token[1:]}}, 403},
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

// TestFollowersHaveABound: who opens one page too many is told so, and nobody else notices.
func TestFollowersHaveABound(t *testing.T) {
	s := newSite(t, device.Snapshot())
	follow := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/events", nil)
		require.NoError(t, err)
		response, err := new(http.Client).Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	var open []*http.Response
	for range 100 {
		open = append(open, follow())
		require.Equal(t, http.StatusOK, open[len(open)-1].StatusCode)
	}
	more := follow()
	require.Equal(t, http.StatusServiceUnavailable, more.StatusCode)
	require.NotEmpty(t, more.Header.Get("Retry-After"))
	_, err := open[99].Body.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, open[0].Body.Close())
	require.Eventually(t, func() bool { return follow().StatusCode == http.StatusOK }, 30*time.Second, 20*time.Millisecond)
}

// TestNothingSecret: neither the key nor what clients send in bodies and other headers is shown.
func TestNothingSecret(t *testing.T) {
	s := newSite(t, device.Snapshot())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.camera()+"/snapshot.jpg", strings.NewReader("password=hunter2"))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer s3cr3t")
	request.Header.Set("User-Agent", "<script>alert(1)</script>")
	s.blindly(t, request)
	require.Eventually(t, func() bool { return s.stage.Use().Serving == 0 }, 10*time.Second, 10*time.Millisecond)
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

// TestRealExport: what was seen has the form of a matrix, and a client that takes the control proves
// nothing.
func TestRealExport(t *testing.T) {
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
	require.Equal(t, verdict.CauseMissing, row.Cell("leaf-only").Cause)
	require.Equal(t, "fatal unknown_ca (48)", row.Cell("leaf-only").Alert)
	require.Equal(t, verdict.HowSent, row.Cell("second-load").How)
	require.Equal(t, verdict.VerdictNotApplicable, row.Cell("full-chain").Verdict)
	require.Equal(t, verdict.VerdictRefused, row.Cell("unknown-root").Verdict)

	s.visit(t, blind)
	require.False(t, s.page.Matrix().Rows[0].Trustworthy, "curl -k went in by the same door")
	require.Equal(t, verdict.VerdictNeverVerifies, s.page.Matrix().Rows[0].Cell("second-load").Verdict)
	_, _, report := s.fetch(t, "GET", "/leafcam.html", "", "", nil)
	require.Contains(t, report, "Who completes the chain?")
}

// camera is where the camera is.
func (s *site) camera() string { return fmt.Sprintf("https://127.0.0.1:%d", s.port) }

// blindly makes a request to the camera as a client does that takes any certificate.
func (s *site) blindly(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	client := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: hostsim.DefaultHost}, DisableKeepAlives: true,
	}
	response, err := client.RoundTrip(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
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

// pipes is a listener in memory: how busy the machine is changes nothing of what is seen there.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close()
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context) (wire.Conn, error) {
	client, server := wire.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestWireWithPage: whether nobody or somebody looks at the page, the camera answers the recorded
// probes as the real stack does.
func TestWireWithPage(t *testing.T) {
	for _, open := range []bool{false, true} {
		t.Run(fmt.Sprintf("page open is %v", open), func(t *testing.T) {
			t.Parallel()
			l := newPipes()
			s := newSiteOn(t, l, device.Hello(device.DefaultBody))
			if open {
				_, stop := s.listen(t)
				defer stop()
			}
			report, err := compare.Run(t.Context(), compare.Options{Dial: l.dial})
			require.NoError(t, err)
			require.Equal(t, "openmv-5.0", report.BehavesLike, "%v", report.Differences("openmv-5.0"))
		})
	}
}

// TestEventsWhileOpen: a connection that does not end is shown while it is open.
func TestEventsWhileOpen(t *testing.T) {
	s := newSite(t, device.Snapshot())
	updates, stop := s.listen(t)
	defer stop()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.camera()+"/stream.jpg", nil)
	require.NoError(t, err)
	response := s.blindly(t, request)
	deadline := time.After(10 * time.Second)
	for going := false; !going; {
		select {
		case u := <-updates:
			going = strings.Contains(u, "asked for /stream.jpg without the intermediate being sent") && strings.Contains(u, "and going on")
		case <-deadline:
			t.Fatal("the stream is not shown while it goes on")
		}
	}
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { return s.stage.Use().Serving == 0 }, 10*time.Second, 10*time.Millisecond)
}
