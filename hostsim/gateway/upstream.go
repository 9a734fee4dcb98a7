package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"
)

// errBusy is why a request did not get a connection to the camera.
var errBusy = errors.New("all connections to the camera are taken")

// errStopped is why a stream ended.
var errStopped = errors.New("the gateway stops")

// handshakeError is an error of the TLS handshake with the camera.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "TLS handshake with the camera: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// Times of one connection to the camera.
const (
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 10 * time.Second // a microcontroller takes seconds
)

// upstream is the camera as an http.RoundTripper: few connections, and one for all viewers of a
// stream.
type upstream struct {
	base  *http.Transport
	slots chan struct{} // one for each connection that is open or being opened
	queue time.Duration
	stall time.Duration // without an octet, after which the camera counts as gone
	log   *slog.Logger

	patience time.Duration
	stopped  chan struct{} // closed by close

	mu      sync.Mutex
	hubs    map[string]*hub          // by what they stream
	leading map[string]chan struct{} // GETs whose answer is not there yet; closed when it is
	running sync.WaitGroup
}

func newUpstream(c Config) *upstream {
	host, _, _ := net.SplitHostPort(c.Camera)
	config := c.Pin.tlsConfig(host, c.ClientCertificate)
	dialer := &net.Dialer{Timeout: dialTimeout}
	return &upstream{
		base: &http.Transport{
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
				defer cancel()
				secured := tls.Client(conn, config)
				if err := secured.HandshakeContext(ctx); err != nil {
					_ = conn.Close()
					return nil, &handshakeError{err}
				}
				return secured, nil
			},
			DisableKeepAlives:     true, // the camera's script closes after each answer
			ResponseHeaderTimeout: c.Answer,
			DisableCompression:    true,
		},
		slots: make(chan struct{}, c.Connections), queue: c.Queue, stall: c.Answer, log: c.Log, patience: c.Patience,
		stopped: make(chan struct{}), hubs: map[string]*hub{}, leading: map[string]chan struct{}{},
	}
}

// RoundTrip answers from a stream that is there already, or asks the camera.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return u.ask(r)
	}
	key := r.URL.RequestURI()
	for {
		u.mu.Lock()
		if h := u.hubs[key]; h != nil {
			u.mu.Unlock()
			if response := h.join(r); response != nil {
				return response, nil
			}
			u.forget(h) // it ended a moment ago
			continue
		}
		// Whoever asks for the same waits until it is known whether that is a stream.
		ahead := u.leading[key]
		if ahead == nil {
			ahead = make(chan struct{})
			u.leading[key] = ahead
			u.mu.Unlock()
			return u.lead(r, key, ahead)
		}
		u.mu.Unlock()
		select {
		case <-ahead:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// lead asks the camera for what nobody streams yet.
func (u *upstream) lead(r *http.Request, key string, known chan struct{}) (*http.Response, error) {
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.leading, key)
		close(known)
	}()
	// A stream outlives the viewer who came first.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	stop := context.AfterFunc(r.Context(), cancel)
	response, err := u.ask(r.Clone(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	boundary := streamBoundary(response)
	if boundary == "" {
		response.Body = &closing{response.Body, cancel}
		return response, nil
	}
	if !stop() { // the viewer left meanwhile
		cancel()
		_ = response.Body.Close()
		return nil, context.Canceled
	}
	h := newHub(u, key, r, response.Header)
	first := h.join(r)
	u.mu.Lock()
	u.hubs[key] = h
	u.mu.Unlock()
	u.running.Go(func() {
		defer cancel()
		h.run(ctx, response, boundary)
	})
	return first, nil
}

// ask gets a connection to the camera and sends a request over it. The connection is given back
// with the answer's body.
func (u *upstream) ask(r *http.Request) (*http.Response, error) {
	if err := u.acquire(r.Context()); err != nil {
		return nil, err
	}
	response, err := u.base.RoundTrip(r)
	if err != nil {
		u.release()
		return nil, err
	}
	response.Body = u.watch(&closing{response.Body, sync.OnceFunc(u.release)})
	return response, nil
}

// watch closes a body that says nothing for too long: a camera that lost its power does not end
// its connections.
func (u *upstream) watch(body io.ReadCloser) io.ReadCloser {
	return &watched{body, time.AfterFunc(u.stall, func() { _ = body.Close() }), u.stall}
}

// watched is a body under a timer.
type watched struct {
	io.ReadCloser
	timer *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.timer.Reset(w.stall)
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	return w.ReadCloser.Close()
}

func (u *upstream) acquire(ctx context.Context) error {
	select {
	case u.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(u.queue)
	defer timer.Stop()
	select {
	case u.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-u.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *upstream) release() { <-u.slots }

// closing is a body with something to do when it is closed.
type closing struct {
	io.ReadCloser
	closed func()
}

func (b *closing) Close() error {
	err := b.ReadCloser.Close()
	b.closed()
	return err
}

// streamBoundary returns what separates the frames of a stream; "" for any other answer.
func streamBoundary(r *http.Response) string {
	if r.StatusCode != http.StatusOK {
		return ""
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/x-mixed-replace" {
		return ""
	}
	return parameters["boundary"]
}

// forget takes a hub out, so that nobody joins it any more.
func (u *upstream) forget(h *hub) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.hubs[h.key] == h {
		delete(u.hubs, h.key)
	}
}

func (u *upstream) viewers() (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, h := range u.hubs {
		n += h.count()
	}
	return n
}

// close ends all streams and waits for them.
func (u *upstream) close() {
	u.mu.Lock()
	select {
	case <-u.stopped:
	default:
		close(u.stopped)
	}
	u.mu.Unlock()
	u.running.Wait()
	u.base.CloseIdleConnections()
}
