// Package aia is the server that hands out issuer certificates at the URLs of the
// Authority Information Access extension (RFC 5280 section 4.2.2.1), and logs who
// fetched what.
package aia

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Fetch is one request that the server got.
type Fetch struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Host      string    `json:"host"`
	Path      string    `json:"path"`
	UserAgent string    `json:"user_agent"`
	Status    int       `json:"status"`
}

// A Server answers on loopback, as a web server and as an HTTP proxy: clients that
// take a proxy reach any AIA URL through it without touching the network.
type Server struct {
	listener net.Listener
	server   *http.Server

	mu      sync.Mutex
	content map[string][]byte // by host name without port, and path
	fetches []Fetch
}

// ContentType is that of a certificate in DER (RFC 2585 section 4.1).
const ContentType = "application/pkix-cert"

// Start listens on a free port of 127.0.0.1.
func Start() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, content: map[string][]byte{}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Publish makes a certificate in DER available at an http URL. The port of the URL
// is not looked at: some clients leave it out of their Host header.
func (s *Server) Publish(rawURL string, der []byte) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return err
	}
	if u.Scheme != "http" || u.Hostname() == "" {
		return errors.New("aia: " + rawURL + " is no http URL")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content[key(u.Hostname(), u.Path)] = slices.Clone(der)
	return nil
}

func key(host, path string) string { return host + " " + path }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	s.mu.Lock()
	der, ok := s.content[key(host, r.URL.Path)]
	fetch := Fetch{time.Now(), r.Method, r.Host, r.URL.Path, r.UserAgent(), http.StatusOK}
	if !ok {
		fetch.Status = http.StatusNotFound
	}
	s.fetches = append(s.fetches, fetch)
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	_, _ = w.Write(der) // a client that left needs no answer
}

// Fetches returns the log so far.
func (s *Server) Fetches() []Fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fetches)
}

// Close stops the server and ends all its connections.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		return s.server.Close()
	}
	return nil
}
