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
	"slices"
	"sync"
	"time"
)

// errStopped is why a stream ended.
var errStopped = errors.New("the gateway stops")

// handshakeError is an error of the TLS handshake with the camera.
type handshakeError struct {
	err error
	// wanted tells that the camera asked for a client certificate, and got none.
	wanted bool
}

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
	queue *queue        // of connections that are open or being opened
	wait  time.Duration // in the queue
	stall time.Duration // without an octet, after which the camera counts as gone
	log   *slog.Logger

	counts   *counts
	patience time.Duration
	memory   int64         // octets of the frames that the viewers of one stream hold
	stopped  chan struct{} // closed by close

	mu      sync.Mutex
	hubs    map[string][]*hub   // by what is shared (sharedBy)
	leading map[string]*leading // requests whose answer is not there yet
	pages   pages               // what streams are not
	running sync.WaitGroup
}

func newUpstream(c Config) *upstream {
	host, _, _ := net.SplitHostPort(c.Camera)
	offer := newOffer(c.Pin.tlsConfig(host, c.ClientCertificate))
	return &upstream{
		base: &http.Transport{
			DialTLSContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return open(ctx, func(ctx context.Context) (net.Conn, error) { return secured(ctx, address, offer) })
			},
			DisableKeepAlives:     true, // the camera's script closes after each answer
			ResponseHeaderTimeout: c.Answer,
			DisableCompression:    true,
		},
		queue: newQueue(c.Connections), wait: c.Queue, stall: c.Answer, log: c.Log, patience: c.Patience,
		stopped: make(chan struct{}), hubs: map[string][]*hub{}, leading: map[string]*leading{},
		memory: c.StreamMemory / int64(c.Connections),
	}
}

// secured opens a connection to the camera.
func secured(ctx context.Context, address string, offer *offer) (net.Conn, error) {
	made := offer.next()
	conn, version, err := handshake(ctx, address, made)
	offer.learn(made, version, err)
	return conn, err
}

// handshake opens a connection by an offer, and tells the version of TLS.
func handshake(ctx context.Context, address string, config *tls.Config) (net.Conn, uint16, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	wanted := false
	own := config.Clone()
	if len(own.Certificates) == 0 {
		own.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			wanted = true
			return &tls.Certificate{}, nil
		}
	}
	secured := tls.Client(conn, own)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, 0, &handshakeError{err, wanted}
	}
	return secured, secured.ConnectionState().Version, nil
}

// ask gets a connection to the camera and sends a request over it. The connection is given back when it and
// the answer's body are closed, and whoever else holds its place has let it go. Who has left, by the context
// of that name, waits for no connection.
func (u *upstream) ask(r *http.Request, left context.Context) (*http.Response, *place, error) {
	u.counts.queued.Add(1)
	err := u.queue.acquire(r.Context(), left, placeOf(r), u.wait, u.stopped)
	u.counts.queued.Add(-1)
	if err != nil {
		return nil, nil, err
	}
	taken := newPlace(u.queue.release)
	response, err := u.send(r, taken)
	return response, taken, err
}

// send sends a request over a connection with a place that is held for the answer, and lets it go with the
// answer's body.
func (u *upstream) send(r *http.Request, over *place) (*http.Response, error) {
	response, err := u.base.RoundTrip(r.WithContext(over.in(r.Context())))
	u.counts.asked(err)
	if err != nil {
		over.letGo()
		return nil, err
	}
	body := &closing{response.Body, sync.OnceFunc(over.letGo)}
	if both, ok := response.Body.(io.ReadWriteCloser); ok && response.StatusCode == http.StatusSwitchingProtocols {
		response.Body = u.upgraded(both, body.closed)
		return response, nil
	}
	response.Body = u.watch(body)
	return response, nil
}

// placeOf returns as what a request stands in the queue: its viewer's address and its path.
func placeOf(r *http.Request) string {
	viewer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		viewer = r.RemoteAddr
	}
	return viewer + " " + r.URL.Path
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
	if u.hubs[h.key] = slices.DeleteFunc(u.hubs[h.key], func(other *hub) bool { return other == h }); len(u.hubs[h.key]) == 0 {
		delete(u.hubs, h.key)
	}
}

func (u *upstream) viewers() (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, alike := range u.hubs {
		for _, h := range alike {
			n += h.count()
		}
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
