package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// memorySite is a gateway with a camera and viewers, and no network between them.
type memorySite struct {
	t       *testing.T
	gateway *Gateway
	outside *pipes
	config  *tls.Config  // of viewers
	asked   atomic.Int64 // the camera
}

// newMemorySite starts one in a bubble; stop has to be called in it.
func newMemorySite(t *testing.T, dir string) (s *memorySite, stop func()) {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	require.NoError(t, atomicfile.Replace(cert, id.DER(), atomicfile.Public))
	require.NoError(t, atomicfile.Replace(key, id.KeyDER(), atomicfile.Private))
	g, err := New(Config{FullChain: cert, Key: key, Camera: "127.0.0.1:1", Pin: NewPin(id.Certificate, false)})
	require.NoError(t, err)
	s = &memorySite{t: t, gateway: g, outside: newPipes(), config: &tls.Config{ServerName: "cam.example.com", RootCAs: x509.NewCertPool()}}
	s.config.RootCAs.AddCert(id.Certificate)

	inside := newPipes()
	camera := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if n, err := io.Copy(io.Discard, r.Body); err == nil {
			_, _ = fmt.Fprintf(w, "%d octets", n)
		}
	})}
	g.camera.base.DialTLSContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return open(ctx, func(context.Context) (net.Conn, error) { return inside.dial(), nil })
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- camera.Serve(inside) }()
	go func() { ended <- g.Serve(ctx, s.outside) }()
	return s, func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, camera.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	}
}

// An upload is a request's body on its way.
type upload struct {
	io.WriteCloser
	answered chan uploaded
	began    time.Time
	whole    func() // says that it is all there
}

// uploaded is what became of it.
type uploaded struct {
	status int
	body   string
	after  time.Duration
}

func (u *upload) end(response *http.Response, err error) {
	if err != nil {
		u.answered <- uploaded{body: err.Error()}
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	u.answered <- uploaded{response.StatusCode, string(body), time.Since(u.began)}
}

// begin begins an upload of so many octets over HTTP/1.1.
func (s *memorySite) begin(length int) *upload { return s.beginBy(http.MethodPost, length) }

func (s *memorySite) beginBy(method string, length int) *upload {
	conn := tls.Client(s.outside.dial(), s.config)
	u := &upload{conn, make(chan uploaded, 1), time.Now(), func() {}} // by its length
	require.NoError(s.t, conn.Handshake())
	go func() { u.end(http.ReadResponse(bufio.NewReader(conn), nil)) }()
	_, err := fmt.Fprintf(conn, "%s /upload HTTP/1.1\r\nHost: cam.example.com\r\nContent-Length: %d\r\n\r\n", method, length)
	require.NoError(s.t, err)
	return u
}

// beginHTTP2 begins one over HTTP/2.
func (s *memorySite) beginHTTP2(length int) *upload {
	transport := &http.Transport{
		TLSClientConfig: s.config, ForceAttemptHTTP2: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return s.outside.dial(), nil },
	}
	body, w := io.Pipe()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "https://cam.example.com/upload", body)
	require.NoError(s.t, err)
	r.ContentLength = int64(length)
	u := &upload{w, make(chan uploaded, 1), time.Now(), func() { _ = w.Close() }}
	go func() {
		u.end(transport.RoundTrip(r))
		_ = body.Close()
		transport.CloseIdleConnections()
	}()
	return u
}

// TestRateOfUploads: whoever sends slowly has a bound, and no connection to the camera until much is there.
func TestRateOfUploads(t *testing.T) {
	// steadily sends pieces of a size at a distance, until all is sent or the gateway has enough.
	steadily := func(size int, each time.Duration) func(*upload, int, func(int)) {
		return func(u *upload, length int, sent func(int)) {
			for n := 0; n < length; {
				written, err := u.Write(make([]byte, min(size, length-n)))
				if err != nil {
					return
				}
				synctest.Wait()
				n += written
				sent(n)
				if n == length {
					u.whole()
					return
				}
				time.Sleep(each)
			}
		}
	}
	stopsAt := func(octets int) func(*upload, int, func(int)) {
		return func(u *upload, _ int, sent func(int)) {
			if octets > 0 {
				_, _ = u.Write(make([]byte, octets))
				synctest.Wait()
				sent(octets)
			}
			time.Sleep(time.Hour)
		}
	}
	const quick, minute = 2 * bodyRate, 60 * bodyRate
	for _, tc := range []struct {
		name   string
		length int
		send   func(u *upload, length int, sent func(int))
		status int
		after  time.Duration // since the beginning
	}{
		// Three octets come within the grace.
		{"it trickles", 100, steadily(1, 4*time.Second), http.StatusRequestTimeout, bodyGrace + 3*time.Second/bodyRate},
		{
			"it is a little too slow", 10 * minute, steadily(bodyRate*9/10, time.Second), http.StatusRequestTimeout,
			bodyGrace + 100*(bodyRate*9/10)*time.Second/bodyRate, // the hundredth piece came after 99 seconds
		},
		{"it is just quick enough", minute, steadily(bodyRate, time.Second), http.StatusOK, 59 * time.Second},
		{"it is quick at first, and is let off", minute, steadily(minute/2, 9*time.Second), http.StatusOK, 9 * time.Second},
		{"nothing comes", 100, stopsAt(0), http.StatusRequestTimeout, bodySilence},
		{"it stops", 10 * minute, stopsAt(30 * bodyRate), http.StatusRequestTimeout, bodySilence},
		{"it stops behind what is read ahead", 10 * minute, stopsAt(2 * minute), http.StatusRequestTimeout, bodySilence},
		{"it is long", 10 * minute, steadily(quick, time.Second), http.StatusOK, 299 * time.Second},
		{"it is too long for a request", 3600 * quick, steadily(quick, time.Second), http.StatusRequestTimeout, bodyTotal},
	} {
		for version, begin := range map[string]func(*memorySite, int) *upload{
			"HTTP/1.1": (*memorySite).begin, "HTTP/2": (*memorySite).beginHTTP2,
		} {
			t.Run(tc.name+" over "+version, func(t *testing.T) {
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) {
					s, stop := newMemorySite(t, dir)
					defer stop()
					u := begin(s, tc.length)
					defer u.Close()
					tc.send(u, tc.length, func(octets int) {
						if octets < tc.length && octets < spooled {
							require.Zero(t, s.gateway.Connections(), "after %d octets", octets)
							require.Zero(t, s.asked.Load())
						}
					})
					got := <-u.answered
					require.Equal(t, tc.status, got.status, got.body)
					require.Equal(t, tc.after.String(), got.after.String())
					if tc.status == http.StatusOK {
						require.Equal(t, fmt.Sprintf("%d octets", tc.length), got.body)
					}
					synctest.Wait()
					require.Zero(t, s.gateway.Connections())
				})
			})
		}
	}
}

// TestBodyOfARefusedRequest is not waited for without end.
func TestBodyOfARefusedRequest(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, stop := newMemorySite(t, dir)
		defer stop()
		u := s.beginBy(http.MethodTrace, 100)
		defer u.Close()
		got := <-u.answered
		require.Equal(t, http.StatusMethodNotAllowed, got.status, got.body)
		require.Equal(t, bodyRest, got.after)
		require.Zero(t, s.asked.Load())
	})
}
