package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// newFront is a gateway in front of any camera that speaks HTTP.
func newFront(t *testing.T, camera http.Handler, change func(*gateway.Config)) (*site, *httptest.Server) {
	server := httptest.NewTLSServer(camera)
	t.Cleanup(server.Close)
	s, c := prepare(t)
	c.Pin, c.Camera = gateway.NewPin(server.Certificate(), false), server.Listener.Addr().String()
	if change != nil {
		change(&c)
	}
	s.serve(c)
	return s, server
}

// dial connects to the gateway as an HTTP/1.1 viewer who writes what he likes.
func (s *site) dial() *tls.Conn {
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), &tls.Config{RootCAs: s.roots, ServerName: host})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// stream sends a frame every few milliseconds, until the viewer leaves.
func stream(w http.ResponseWriter, r *http.Request, content string) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
	out := multipart.NewWriter(w)
	_ = out.SetBoundary("b")
	for r.Context().Err() == nil {
		part, err := out.CreatePart(map[string][]string{"Content-Type": {"text/plain"}, "Content-Length": {fmt.Sprint(len(content))}})
		if err != nil {
			return
		}
		_, _ = io.WriteString(part, content)
		w.(http.Flusher).Flush()
		time.Sleep(5 * time.Millisecond)
	}
}

// watching is a viewer of a stream.
type watching struct {
	response *http.Response
	parts    *multipart.Reader
}

// watch asks for a stream; change may change the request.
func (s *site) watch(path string, change func(*http.Request)) *watching {
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	if change != nil {
		change(r)
	}
	client := s.client(nil)
	client.Timeout = 0
	response, err := client.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = response.Body.Close() })
	w := &watching{response: response}
	if _, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err == nil && parameters["boundary"] != "" {
		w.parts = multipart.NewReader(response.Body, parameters["boundary"])
	}
	return w
}

// frame returns the next frame's content.
func (w *watching) frame() (string, error) {
	part, err := w.parts.NextPart()
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(part)
	return string(content), err
}

func login(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

// TestStreamBehindALogin: who may see a stream, and what comes with it, is between each viewer and the
// camera, before and after the camera's restart.
func TestStreamBehindALogin(t *testing.T) {
	var passwords sync.Map
	passwords.Store("alice", "a")
	passwords.Store("bob", "b")
	var asked atomic.Int64
	s, server := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if known, ok := passwords.Load(user); !ok || known != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="camera"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		asked.Add(1)
		w.Header().Set("Set-Cookie", "session="+user)
		w.Header().Set("X-User", user)
		stream(w, r, user)
	}), func(c *gateway.Config) { c.Connections, c.Patience = 5, 20*time.Second })

	first := s.watch("/authstream", login("alice", "a"))
	require.Equal(t, "session=alice", first.response.Header.Get("Set-Cookie"), "it is her own answer")
	requireFrame := func(w *watching, content string) {
		t.Helper()
		require.Equal(t, http.StatusOK, w.response.StatusCode)
		got, err := w.frame()
		require.NoError(t, err)
		require.Equal(t, content, got)
	}
	requireFrame(first, "alice")
	refused := func() {
		t.Helper()
		for name, change := range map[string]func(*http.Request){
			"nobody": nil, "a wrong password": login("alice", "b"), "an unknown user": login("carol", "a"),
			"a cookie alone": func(r *http.Request) { r.Header.Set("Cookie", "session=alice") },
		} {
			w := s.watch("/authstream", change)
			require.Equal(t, http.StatusUnauthorized, w.response.StatusCode, name)
			require.Empty(t, w.response.Header.Get("Set-Cookie"), name)
			require.Contains(t, w.response.Header.Get("WWW-Authenticate"), "camera", name)
		}
	}
	refused()
	bob := s.watch("/authstream", login("bob", "b"))
	requireFrame(bob, "bob")
	second := s.watch("/authstream", login("alice", "a"))
	requireFrame(second, "alice")
	for _, name := range []string{"Set-Cookie", "X-User", "WWW-Authenticate"} {
		require.Empty(t, second.response.Header.Get(name), "joined viewers get none of the first one's")
	}
	require.Equal(t, int64(2), asked.Load(), "alice's viewers share a stream, bob has his own")

	// The camera restarts, and alice's password is another one.
	passwords.Store("alice", "changed")
	require.NoError(t, first.response.Body.Close()) // the one who came first has left
	server.CloseClientConnections()
	require.Eventually(t, func() bool { return asked.Load() == 3 }, 10*time.Second, 5*time.Millisecond, "bob's stream goes on")
	requireFrame(bob, "bob")
	var err error
	for err == nil {
		_, err = second.frame()
	}
	require.NotErrorIs(t, err, context.DeadlineExceeded, "alice's has ended")
	refused()
	requireFrame(s.watch("/authstream", login("alice", "changed")), "alice")
}

// TestWhoSharesAStream: viewers share when the camera would answer them alike.
func TestWhoSharesAStream(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	body := func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
	}
	for _, tc := range []struct {
		name          string
		answer        http.Header
		first, second func(*http.Request)
		shared        bool
	}{
		{"two like each other", nil, nil, nil, true},
		{"what must not be stored is passed on as it comes", http.Header{"Cache-Control": {"no-store, no-cache, max-age=0"}}, nil, nil, true},
		{"a private answer", http.Header{"Cache-Control": {"no-cache, Private"}}, nil, nil, false},
		{"an answer that varies by anything", http.Header{"Vary": {"*"}}, nil, nil, false},
		{"the same language", http.Header{"Vary": {"accept-language"}}, header("Accept-Language", "de"), header("Accept-Language", "de"), true},
		{"another one", http.Header{"Vary": {"X, Accept-Language"}}, header("Accept-Language", "de"), header("Accept-Language", "fr"), false},
		{"a language that makes no difference", nil, header("Accept-Language", "de"), header("Accept-Language", "fr"), true},
		{"another cookie", nil, header("Cookie", "a=1"), header("Cookie", "a=2"), false},
		{"another login", nil, header("Authorization", "Bearer 1"), header("Authorization", "Bearer 2"), false},
		{"a part", nil, nil, header("Range", "bytes=0-1"), false},
		{"under a condition", nil, nil, header("If-None-Match", `"x"`), false},
		{"with a body", nil, nil, body, false},
		{"with a body first", nil, body, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var asked atomic.Int64
			s, server := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				asked.Add(1)
				for name, values := range tc.answer {
					w.Header()[name] = values
				}
				stream(w, r, "frame")
			}), nil)
			viewers := []*watching{s.watch("/stream", tc.first), s.watch("/stream", tc.second)}
			for _, w := range viewers {
				_, err := w.frame()
				require.NoError(t, err)
			}
			want := int64(2)
			if tc.shared {
				want = 1
			}
			require.Equal(t, want, asked.Load())
			if !tc.shared {
				return
			}
			server.CloseClientConnections()
			require.Eventually(t, func() bool { return asked.Load() == 2 }, 10*time.Second, 5*time.Millisecond)
			for _, w := range viewers {
				_, err := w.frame()
				require.NoError(t, err, "the stream is back")
			}
		})
	}
}

// TestSilentUploads take no connection to the camera, and keep nobody from it.
func TestSilentUploads(t *testing.T) {
	s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}), func(c *gateway.Config) { c.Connections = 1 })
	for _, head := range []string{"Content-Length: 100", "Transfer-Encoding: chunked", "Content-Length: 100\r\nExpect: 100-continue"} {
		for range 5 {
			conn := s.dial()
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: cam.example.com\r\n"+head+"\r\n\r\n")
			require.NoError(t, err)
		}
	}
	for range 3 {
		response, _ := s.get(s.client(nil), "/")
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)
}

// TestUploads arrive as they were sent, up to the bound.
func TestUploads(t *testing.T) {
	const bound = 4 << 20
	var asked atomic.Int64
	s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		content, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = w.Write(content)
		}
	}), func(c *gateway.Config) { c.MaxBody = bound })
	for _, tc := range []struct {
		name    string
		octets  int
		chunked bool
		status  int
	}{
		{"a form", 100, false, http.StatusOK},
		{"a form of unknown length", 100, true, http.StatusOK},
		{"as much as is read ahead", 256 << 10, false, http.StatusOK},
		{"a model", bound, false, http.StatusOK},
		{"a model of unknown length", bound, true, http.StatusOK},
		{"too much", bound + 1, false, http.StatusRequestEntityTooLarge},
		{"too much of unknown length", bound + 1, true, http.StatusRequestEntityTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked.Store(0)
			content := bytes.Repeat([]byte("leafcam "), tc.octets/8+1)[:tc.octets]
			var body io.Reader = bytes.NewReader(content)
			if tc.chunked {
				body = io.MultiReader(body)
			}
			response, err := s.client(nil).Post(s.url+"/upload", "application/octet-stream", body)
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, tc.status, response.StatusCode)
			if tc.status == http.StatusOK {
				got, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.True(t, bytes.Equal(content, got), "%d octets came back", len(got))
			} else if !tc.chunked {
				require.Zero(t, asked.Load(), "what says that it is too much is not for the camera")
			}
		})
	}
	require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)
}

// TestAnswerBeforeTheUpload: a camera that refuses an upload does not read it first, and the viewer goes
// on sending for a while, in either version of HTTP.
func TestAnswerBeforeTheUpload(t *testing.T) {
	s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, "no room", http.StatusInsufficientStorage)
	}), nil)
	for name, second := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			client := s.client(nil)
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = second
			for range 20 {
				body, more := io.Pipe()
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					for err := error(nil); err == nil; {
						_, err = more.Write(make([]byte, 64<<10))
					}
				}()
				resp, err := client.Post(s.url+"/upload", "application/octet-stream", body)
				if err == nil { // over HTTP/1.1 the connection may end before the answer is read
					require.Equal(t, http.StatusInsufficientStorage, resp.StatusCode)
					resp.Body.Close()
				}
				body.Close()
				<-sent
			}
		})
	}
}

// switching is a camera that switches to a protocol and echoes.
func switching(protocol string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", protocol)
		_, _ = io.Copy(conn, buffered)
	})
}

const upgrade = "GET /socket HTTP/1.1\r\nHost: cam.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// TestWebSocket passes through, counts among the camera's connections, and ends with the gateway.
func TestWebSocket(t *testing.T) {
	s, _ := newFront(t, switching("websocket"), nil)
	conn := s.dial()
	_, err := io.WriteString(conn, upgrade)
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	for _, word := range []string{"one", "two"} {
		_, err = io.WriteString(conn, word)
		require.NoError(t, err)
		got := make([]byte, len(word))
		_, err = io.ReadFull(in, got)
		require.NoError(t, err)
		require.Equal(t, word, string(got))
	}
	require.Equal(t, 1, s.gateway.Connections())

	other := s.dial()
	_, err = io.WriteString(other, upgrade)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.gateway.Connections() == 2 }, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, other.Close())
	require.Eventually(t, func() bool { return s.gateway.Connections() == 1 }, 10*time.Second, 5*time.Millisecond, "who left gives it back")

	require.NoError(t, s.stop())
	_, err = in.ReadByte()
	require.Error(t, err)
	require.Zero(t, s.gateway.Connections())
}

// TestUpgradeThatFails gives the connection back at once.
func TestUpgradeThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		camera  http.Handler
		request string
		status  int
	}{
		"refused":          {http.NotFoundHandler(), upgrade, http.StatusNotFound},
		"another protocol": {switching("h2c"), upgrade, http.StatusBadGateway},
		"without being asked": {
			switching("websocket"), "GET / HTTP/1.1\r\nHost: cam.example.com\r\n\r\n", http.StatusBadGateway,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newFront(t, tc.camera, func(c *gateway.Config) { c.Connections = 1 })
			for range 3 {
				conn := s.dial()
				_, err := io.WriteString(conn, tc.request)
				require.NoError(t, err)
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				require.NoError(t, err)
				require.Equal(t, tc.status, response.StatusCode)
				require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)
			}
		})
	}
}

// TestRefusedMethods are not for a camera.
func TestRefusedMethods(t *testing.T) {
	var asked atomic.Int64
	s, _ := newFront(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }), nil)
	for _, line := range []string{"CONNECT example.com:443 HTTP/1.1", "TRACE / HTTP/1.1", "PRI * HTTP/1.1", "PRI / HTTP/1.1"} {
		conn := s.dial()
		_, err := io.WriteString(conn, line+"\r\nHost: example.com:443\r\n\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		refused := []int{http.StatusMethodNotAllowed, http.StatusBadRequest, http.StatusHTTPVersionNotSupported}
		require.Contains(t, refused, response.StatusCode, line)
	}
	require.Zero(t, asked.Load())
}

// TestForwardingHeaders are the gateway's own.
func TestForwardingHeaders(t *testing.T) {
	seen := make(chan http.Header, 1)
	s, _ := newFront(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }), nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/", nil)
	require.NoError(t, err)
	const spoofed = "203.0.113.9"
	for _, name := range []string{
		"X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-User",
		"Forwarded", "Via", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-URL", "Proxy-Authorization",
		"X_Real_IP", "X_Forwarded_For", "x-forwarded_for",
	} {
		r.Header.Set(name, spoofed)
	}
	response, err := s.client(nil).Do(r)
	require.NoError(t, err)
	_ = response.Body.Close()
	got := <-seen
	for name, values := range got {
		require.NotContains(t, strings.Join(values, ","), spoofed, name)
	}
	require.Equal(t, "127.0.0.1", got.Get("X-Real-Ip"))
	require.Equal(t, "127.0.0.1", got.Get("X-Forwarded-For"))
	require.Equal(t, "https", got.Get("X-Forwarded-Proto"))
}

// TestStreamsWithoutFrames end as a silent camera's do, though octets come all the time.
func TestStreamsWithoutFrames(t *testing.T) {
	for name, part := range map[string]string{
		"headers without end":            "X-Header: x\r\n",
		"no frame ever begins":           "nothing\r\n",
		"a frame that never ends":        "",
		"informational answers for ever": "",
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for strings.HasPrefix(name, "informational") && r.Context().Err() == nil {
					w.WriteHeader(http.StatusEarlyHints)
					time.Sleep(5 * time.Millisecond)
				}
				w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
				opening := "--b\r\n"
				if part == "" {
					opening += "Content-Type: text/plain\r\n\r\n"
				}
				_, err := io.WriteString(w, opening)
				for err == nil && r.Context().Err() == nil {
					_, err = io.WriteString(w, part+strings.Repeat("x", 1-min(1, len(part))))
					w.(http.Flusher).Flush()
					time.Sleep(5 * time.Millisecond)
				}
			}), func(c *gateway.Config) { c.Answer, c.Patience = 300*time.Millisecond, 300*time.Millisecond })
			response, err := s.client(nil).Get(s.url + "/stream")
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					require.Error(t, err)
				}
			}
			var late net.Error
			require.False(t, errors.As(err, &late) && late.Timeout(), "the gateway ended it, not this viewer's patience")
			require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 15*time.Second, 10*time.Millisecond)
		})
	}
}
