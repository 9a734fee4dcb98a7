package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/internal/listening"
)

// Config says what stands on either side.
type Config struct {
	// FullChain is a file with the certificate and its issuers in PEM, Key one with its private key
	// in PEM or DER. Both are looked at again every Reload, and taken when they have changed and
	// belong together.
	FullChain, Key string
	// Delivery is where certificate, issuers and key are found in the place of FullChain and Key; nil for these.
	Delivery *Delivery
	Reload   time.Duration // 2 seconds when 0

	Camera string // host:port
	Pin    *Pin   // what the camera has to present
	// ClientCertificate is presented to a camera that asks for one; nil has none.
	ClientCertificate *tls.Certificate

	// Connections bounds how many there are to the camera at a time, streams included; 3 when 0.
	Connections int
	// Queue is how long a request waits for one of them, Answer how long for the camera's answer and
	// for each further piece of it; 10 and 15 seconds when 0.
	Queue, Answer time.Duration
	// SlowViewer is how long a viewer may take no octet before it is dropped; 10 seconds when 0.
	SlowViewer time.Duration
	// StreamMemory bounds what the frames take that viewers have not taken yet, in octets; 256 MiB when
	// 0. The viewers that are furthest behind are dropped before more is taken.
	StreamMemory int64
	// MaxBody bounds the body of one request, in octets; 1 GiB when 0.
	MaxBody int64
	// Patience is how long the viewers of a stream are kept while the camera is away; a minute
	// when 0.
	Patience time.Duration

	Log *slog.Logger // discards when nil
}

// Limits of what viewers send.
const (
	maxHeader      = 16 << 10 // octets
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	shutdownPeriod = 500 * time.Millisecond
)

// A Gateway serves viewers.
type Gateway struct {
	config      Config
	certificate *certificate
	camera      *upstream
	handler     http.Handler
	counts      counts
	stopping    atomic.Bool
}

// source is where the certificate comes from.
func (c Config) source() source {
	if c.Delivery != nil {
		return &deliverySource{Delivery: *c.Delivery}
	}
	return pairFiles{c.FullChain, c.Key}
}

// New looks at the configuration. It fails when the files cannot be read or do not belong together.
func New(c Config) (*Gateway, error) {
	c.Reload, c.Queue, c.Answer = cmp.Or(c.Reload, 2*time.Second), cmp.Or(c.Queue, 10*time.Second), cmp.Or(c.Answer, 15*time.Second)
	c.SlowViewer, c.Patience = cmp.Or(c.SlowViewer, 10*time.Second), cmp.Or(c.Patience, time.Minute)
	c.Connections = cmp.Or(c.Connections, 3)
	c.StreamMemory, c.MaxBody = cmp.Or(c.StreamMemory, 256<<20), cmp.Or(c.MaxBody, 1<<30)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Pin == nil {
		return nil, errors.New("the camera's certificate has to be pinned")
	}
	if _, _, err := net.SplitHostPort(c.Camera); err != nil {
		return nil, err
	}
	served, err := loadCertificate(c.source(), c.Log)
	if err != nil {
		return nil, err
	}
	g := &Gateway{config: c, certificate: served, camera: newUpstream(c)}
	g.camera.counts = &g.counts
	g.handler = g.counts.counted(g.logged(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { rewrite(r, c.Camera) },
		ModifyResponse: func(answer *http.Response) error {
			if answer.StatusCode == http.StatusSwitchingProtocols && !switched(answer) {
				return errUpgrade
			}
			outside(answer, c.Camera)
			return nil
		},
		Transport:     g.camera,
		BufferPool:    &buffers{},
		FlushInterval: -1, // a frame is shown when it comes
		ErrorHandler:  g.failed,
		ErrorLog:      slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}))
	return g, nil
}

// Serve serves viewers until the context ends, and then lets requests under way end: streams at
// once, others within half a second. It closes the listener.
func (g *Gateway) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		g.certificate.watch(ctx, g.config.Reload)
	}()
	silent := &silentConns{}
	server := &http.Server{
		Handler:   g.handler,
		ConnState: silent.follow,
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return g.certificate.current.Load(), nil },
		},
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(g.config.Log.Handler(), slog.LevelInfo),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(listening.Keep(l, g.shortage), "", "") }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		g.stopping.Store(true)
		g.config.Log.Info("stopping")
		g.camera.close()
		stop, giveUp := context.WithTimeout(context.WithoutCancel(ctx), shutdownPeriod)
		defer giveUp()
		silent.close()
		if err = server.Shutdown(stop); errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		<-failed //nolint:errcheck // always http.ErrServerClosed
	}
	cancel()
	g.camera.close()
	<-watched
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shortage logs that no viewer can be accepted for now, or can be again.
func (g *Gateway) shortage(err error) {
	if err != nil {
		g.config.Log.Error("no viewer can be accepted for now", "error", err.Error())
	} else {
		g.config.Log.Info("viewers are accepted again")
	}
}

// Reload looks at the certificate's files at once. The error says why what they hold is not taken: what
// was served is served still.
func (g *Gateway) Reload() error { return g.certificate.look(true) }

// Viewers returns how many viewers share streams at this moment.
func (g *Gateway) Viewers() int { return g.camera.viewers() }

// Connections returns how many connections to the camera are open, or being opened.
func (g *Gateway) Connections() int { return g.camera.queue.taken() }
