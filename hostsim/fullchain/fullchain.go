package fullchain

import (
	"bufio"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/listening"
)

// A Server is the camera's counterpart: Go's crypto/tls as the server that sends the whole
// chain. It answers as the documented script does and reports its connections in the same form.
type Server struct {
	listener net.Listener
	config   Config
	done     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // nil once closed
}

// Config says what a Server does. Only TLS is required.
type Config struct {
	TLS  *tls.Config // certificates and versions
	Page string      // what every request is answered with
	// Tap, OnProgress and OnEvent are those of device.CameraConfig.
	Tap        func(net.Conn) net.Conn
	OnProgress func(trace.Event)
	OnEvent    func(trace.Event)
}

// TLS is the configuration of a server that sends a chain, the leaf first, by TLS 1.2 as
// the camera does.
func TLS(key crypto.Signer, chain []*x509.Certificate) *tls.Config {
	certificate := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
}

// silence is how long a client may say nothing.
const silence = 30 * time.Second

// Start starts to serve the connections of a listener.
func Start(l net.Listener, config Config) *Server {
	l = listening.Keep(l, nil)
	s := &Server{listener: l, config: config, open: map[net.Conn]bool{}}
	s.done.Go(func() {
		for id := 1; ; id++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if config.Tap != nil {
				conn = config.Tap(conn)
			}
			s.mu.Lock()
			if s.open == nil {
				_ = conn.Close()
			} else {
				s.open[conn] = true
				s.done.Go(func() { s.serve(id, conn) })
			}
			s.mu.Unlock()
		}
	})
	return s
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends all connections and waits until they have been reported.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.done.Wait()
	return err
}

// Connections returns how many connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

func (s *Server) serve(id int, raw net.Conn) {
	e := trace.Event{ID: id, Remote: raw.RemoteAddr().String(), Start: time.Now(), Alerts: []trace.Alert{}, Requests: []trace.Request{}}
	defer func() {
		_ = raw.Close()
		s.mu.Lock()
		delete(s.open, raw)
		s.mu.Unlock()
		e.Duration = trace.Millis(time.Since(e.Start))
		if e.Exception == nil {
			e.Phase = ""
		}
		if s.config.OnEvent != nil {
			s.config.OnEvent(e)
		}
	}()
	s.tell(&e)
	_ = raw.SetDeadline(time.Now().Add(silence))
	e.Phase = "wrap"
	conn, err := s.shakeHands(raw, &e)
	if err == nil {
		e.Phase = "read"
		err = s.answer(conn, &e)
	}
	if err != nil {
		e.Exception = err
		e.Alerts = append(e.Alerts, alertsOf(err)...)
	}
}

// shakeHands runs the handshake and notes what was offered and chosen.
func (s *Server) shakeHands(raw net.Conn, e *trace.Event) (*tls.Conn, error) {
	config := s.config.TLS.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		e.ClientHello = clientHello(hello)
		s.tell(e)
		return nil, nil
	}
	watched := &alertWatch{Conn: &recordReader{Conn: raw}}
	conn := tls.Server(watched, config)
	if err := conn.Handshake(); err != nil {
		var header tls.RecordHeaderError
		if errors.As(err, &header) && e.ClientHello == nil {
			e.Opening = string(header.RecordHeader[:])
		}
		if watched.sent != nil {
			e.Alerts = append(e.Alerts, *watched.sent)
		} else if e.ClientHello != nil {
			e.Chosen = &trace.Chosen{} // it did not refuse: the certificate is on its way
		}
		return nil, err
	}
	state := conn.ConnectionState()
	e.Handshake, e.Complete = trace.Millis(time.Since(e.Start)), true
	e.Chosen = &trace.Chosen{
		Suite: trace.Codepoint(state.CipherSuite), SuiteName: tls.CipherSuiteName(state.CipherSuite),
		Group: trace.Codepoint(state.CurveID), GroupName: state.CurveID.String(),
	}
	s.tell(e)
	return conn, nil
}

// answer reads a request and writes the page.
func (s *Server) answer(conn *tls.Conn, e *trace.Event) error {
	lines := bufio.NewReaderSize(conn, maxLine)
	request := trace.Request{}
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return s.cut(e, request, line, err)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if request.Line == "" {
			request.Line = text
		}
		if text == "" {
			break
		}
		if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "User-Agent") {
			request.UserAgent = strings.TrimSpace(value)
		}
	}
	if request.Line != "" {
		e.Requests = append(e.Requests, request)
		s.tell(e)
	}
	e.Phase = "write"
	if _, err := fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(s.config.Page), s.config.Page); err != nil {
		return err
	}
	_ = conn.Close() // the answer is written
	return nil
}

// cut notes what came of a request before an error ended it, and returns the error.
func (s *Server) cut(e *trace.Event, request trace.Request, line []byte, err error) error {
	if request.Line == "" {
		request.Line = strings.TrimRight(string(line), "\r\n")
	}
	if request.Line != "" {
		request.Cut = true
		e.Requests = append(e.Requests, request)
	}
	return err
}

// maxLine is the longest line of a request that is read, octets.
const maxLine = 16 << 10

func (s *Server) tell(e *trace.Event) {
	if s.config.OnProgress == nil {
		return
	}
	copied := *e
	copied.Duration = trace.Millis(time.Since(e.Start))
	copied.Requests = slices.Clone(e.Requests)
	s.config.OnProgress(copied)
}

// clientHello tells what crypto/tls knows of a ClientHello.
func clientHello(hello *tls.ClientHelloInfo) *trace.ClientHello {
	h := &trace.ClientHello{
		Version: tls.VersionTLS12, ServerName: hello.ServerName, ALPN: hello.SupportedProtos,
		SupportedVersions: codepoints(hello.SupportedVersions), CipherSuites: codepoints(hello.CipherSuites),
		Groups:              codepoints(hello.SupportedCurves),
		SignatureAlgorithms: codepoints(hello.SignatureSchemes), Extensions: codepoints(hello.Extensions),
	}
	if len(h.SupportedVersions) > 0 {
		h.Version = min(h.Version, slices.Max(h.SupportedVersions))
	}
	return h
}

func codepoints[T ~uint16](list []T) []trace.Codepoint {
	var out []trace.Codepoint
	for _, v := range list {
		out = append(out, trace.Codepoint(v))
	}
	return out
}

// alertsOf returns the alert with which a client ended a connection of crypto/tls, if it did.
func alertsOf(err error) []trace.Alert {
	var alert tls.AlertError
	var op *net.OpError
	if !errors.As(err, &alert) || !errors.As(err, &op) || op.Op != "remote error" {
		return nil
	}
	const fatal = 2
	return []trace.Alert{{Level: fatal, Description: uint8(alert), Name: trace.AlertName(uint8(alert))}}
}
