// Package aia is the server that hands out issuer certificates at the URLs of the
// Authority Information Access extension (RFC 5280 section 4.2.2.1), well or badly, and logs
// who fetched what. Start with [Start] and [Server.Publish].
package aia

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/leafcam/leafcam/internal/listening"
	"github.com/leafcam/leafcam/internal/port"
)

// A Fetch is one request that the server got.
type Fetch struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Host      string    `json:"host"`
	Path      string    `json:"path"`
	UserAgent string    `json:"user_agent"`
	Status    int       `json:"status"` // 0 when it was never answered
}

// An Answer is what the server says at one URL.
type Answer struct {
	Status      int           // 200 when 0
	ContentType string        // ContentTypeDER when empty
	Body        []byte        //
	Location    string        // of a redirection
	Delay       time.Duration // before the answer
	Silent      bool          // never answer
}

// Content types of certificates (RFC 2585 section 4.1, RFC 5280 section 4.2.2.1) and of the
// PEM that some servers hand out.
const (
	ContentTypeDER   = "application/pkix-cert"
	ContentTypePKCS7 = "application/pkcs7-mime"
	ContentTypePEM   = "application/x-pem-file"
)

// A Server answers on loopback, as a web server and as an HTTP proxy: clients that
// take a proxy reach any AIA URL through it without touching the network.
type Server struct {
	addr   *net.TCPAddr
	unused *port.Held // of a server that nobody reaches
	server *http.Server
	stop   chan struct{} // closed when silent answers are to end

	mu      sync.Mutex
	content map[string]Answer // by host name without port, and path
	fetches []Fetch
}

// Start listens on a free port of 127.0.0.1.
func Start() (*Server, error) { return start(nil) }

// StartTLS is Start for https URLs.
func StartTLS(config *tls.Config) (*Server, error) { return start(config) }

func start(config *tls.Config) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return Serve(l, config), nil
}

// Serve serves the connections of a listener, as https with a config that is not nil. It takes the
// listener over.
func Serve(l net.Listener, config *tls.Config) *Server {
	s := &Server{addr: l.Addr().(*net.TCPAddr), stop: make(chan struct{}), content: map[string]Answer{}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet}
	l = listening.Keep(l, nil)
	if config != nil {
		l = tls.NewListener(l, config)
	}
	go func() { _ = s.server.Serve(l) }()
	return s
}

// StartDead returns a server that nobody reaches: nothing listens on its port, until it is closed, and
// connections are refused.
func StartDead() (*Server, error) {
	held, err := port.Hold()
	if err != nil {
		return nil, err
	}
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: held.Number}
	return &Server{addr: addr, unused: held, content: map[string]Answer{}}, nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() string { return s.addr.String() }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.addr.Port }

// Publish makes an answer available at a URL. The port of the URL is not looked at: some
// clients leave it out of their Host header.
func (s *Server) Publish(rawURL string, a Answer) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("aia: " + rawURL + " is no http URL")
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.ContentType == "" {
		a.ContentType = ContentTypeDER
	}
	a.Body = slices.Clone(a.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content[key(u.Hostname(), u.Path)] = a
	return nil
}

func key(host, path string) string { return host + " " + path }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	a, number := s.note(r)
	switch {
	case a.Silent:
		select {
		case <-s.stop:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case a.Delay > 0:
		select {
		case <-time.After(a.Delay):
		case <-s.stop:
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	s.fetches[number].Status = a.Status
	s.mu.Unlock()
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // a client that left needs no answer
}

// note logs a request and returns its answer and its number in the log.
func (s *Server) note(r *http.Request) (Answer, int) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.content[key(host, r.URL.Path)]
	if !ok {
		a = Answer{Status: http.StatusNotFound, ContentType: "text/plain", Body: []byte("not found\n")}
	}
	s.fetches = append(s.fetches, Fetch{Time: time.Now(), Method: r.Method, Host: r.Host, Path: r.URL.Path, UserAgent: r.UserAgent()})
	return a, len(s.fetches) - 1
}

// Fetches returns the log so far.
func (s *Server) Fetches() []Fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fetches)
}

// Close stops the server and ends all its connections.
func (s *Server) Close() error {
	if s.unused != nil {
		return s.unused.Release()
	}
	close(s.stop)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		return s.server.Close()
	}
	return nil
}
