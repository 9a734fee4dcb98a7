package hostsim

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device"
)

// fullChainServer is the camera's counterpart in the scenarios where another server sends the
// whole chain: Go's crypto/tls. It answers as the documented script does and reports its
// connections in the same form.
type fullChainServer struct {
	listener net.Listener
	config   *tls.Config
	page     string
	onEvent  func(device.Event)
	done     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // nil once closed
}

// silence is how long a client may say nothing.
const silence = 30 * time.Second

func startFullChain(l net.Listener, config *tls.Config, page string, onEvent func(device.Event)) *fullChainServer {
	s := &fullChainServer{listener: l, config: config, page: page, onEvent: onEvent, open: map[net.Conn]bool{}}
	s.done.Go(func() {
		for id := 1; ; id++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			if s.open != nil {
				s.open[conn] = true
				s.done.Go(func() { s.serve(id, conn) })
			}
			s.mu.Unlock()
		}
	})
	return s
}

// Addr returns the address that the server listens on.
func (s *fullChainServer) Addr() net.Addr { return s.listener.Addr() }

// Close ends all connections and waits until they have been reported.
func (s *fullChainServer) Close() error {
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

func (s *fullChainServer) serve(id int, raw net.Conn) {
	e := device.Event{ID: id, Remote: raw.RemoteAddr().String(), Start: time.Now()}
	defer func() {
		_ = raw.Close()
		s.mu.Lock()
		delete(s.open, raw)
		s.mu.Unlock()
		e.Duration = device.Millis(time.Since(e.Start))
		s.onEvent(e)
	}()
	_ = raw.SetDeadline(time.Now().Add(silence))
	config := s.config.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		e.ClientHello = &device.ClientHello{ServerName: hello.ServerName, ALPN: hello.SupportedProtos}
		return nil, nil
	}
	conn := tls.Server(raw, config)
	if err := conn.Handshake(); err != nil {
		e.Exception, e.Phase = err, "wrap"
		e.Alerts = alertsOf(err)
		return
	}
	e.Handshake, e.Complete = device.Millis(time.Since(e.Start)), true
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			e.Exception, e.Phase = err, "read"
			e.Alerts = alertsOf(err)
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if len(e.Requests) == 0 {
			e.Requests = []device.Request{{Line: line}}
		}
	}
	_, _ = fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(s.page), s.page)
	_ = conn.Close()
}

// alertsOf returns the alert that ended a connection of crypto/tls, if one did.
func alertsOf(err error) []device.Alert {
	var alert tls.AlertError
	var op *net.OpError
	if !errors.As(err, &alert) {
		return nil
	}
	sent := !errors.As(err, &op) || op.Op != "remote error"
	return []device.Alert{{Sent: sent, Level: 2, Description: uint8(alert), Name: strings.TrimPrefix(alert.Error(), "tls: ")}}
}
