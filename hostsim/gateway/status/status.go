package status

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/internal/listening"
)

// Format is the version of the JSON of /healthz.
const Format = 1

// Health is the JSON of /healthz. The HTTP status is 200 when OK is set, and 503 otherwise.
type Health struct {
	Format   int       `json:"format"`
	OK       bool      `json:"ok"`
	Problems []Problem `json:"problems"`

	CertificateUntil string `json:"certificate_until"` // RFC 3339
	CameraAnswered   string `json:"camera_answered"`   // RFC 3339; "" before the first time
}

// A Problem is one reason why viewers are not served well.
type Problem struct {
	Code     gateway.Problem `json:"code"`
	Sentence string          `json:"sentence"`
}

// healthOf says how a gateway is at a moment.
func healthOf(f gateway.Figures, now time.Time) Health {
	h := Health{Format: Format, Problems: []Problem{}, CertificateUntil: f.CertificateUntil.UTC().Format(time.RFC3339)}
	if !f.CameraAnswered.IsZero() {
		h.CameraAnswered = f.CameraAnswered.UTC().Format(time.RFC3339)
	}
	for _, p := range f.Problems(now) {
		h.Problems = append(h.Problems, Problem{p, p.Sentence()})
	}
	h.OK = len(h.Problems) == 0
	return h
}

// Handler serves /healthz and /metrics of what figures returns.
func Handler(figures func() gateway.Figures) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector(figures), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		h := healthOf(figures(), time.Now())
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !h.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h) // whoever asked is gone
	})
	return mux
}

// Limits of what is asked.
const (
	maxHeader = 8 << 10 // octets
	patience  = 10 * time.Second
)

// Serve serves a handler until the context ends. It closes the listener.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: patience, WriteTimeout: patience, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listening.Keep(l, nil)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
