package gateway

import (
	"net"
	"net/http"
	"sync"
)

// silentConns are the connections over which no request has come yet. A server that shuts down waits
// seconds for them, and browsers keep such connections in store.
type silentConns struct {
	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// follow is called by a server for each change of a connection.
func (s *silentConns) follow(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, conn)
	case s.closed:
		_ = conn.Close()
	default:
		if s.conns == nil {
			s.conns = map[net.Conn]bool{}
		}
		s.conns[conn] = true
	}
}

// close ends those that are there, and those that still come.
func (s *silentConns) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
}
