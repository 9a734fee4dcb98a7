package stage

import (
	"net"
	"sync"
	"syscall"
)

// A handover is a listener whose connections another listener has accepted.
type handover struct {
	net.Listener // that they come from, for its address

	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHandover(l net.Listener) *handover {
	return &handover{Listener: l, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// pass gives a connection to whoever accepts; after Close it closes it.
func (h *handover) pass(conn net.Conn) {
	select {
	case h.conns <- conn:
	case <-h.closed:
		_ = conn.Close()
	}
}

// Accept returns the next connection, or net.ErrClosed.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case conn := <-h.conns:
		return conn, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept. The other listener stays open.
func (h *handover) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// SyscallConn lets a camera give the socket what its board's network announces.
func (h *handover) SyscallConn() (syscall.RawConn, error) {
	if l, ok := h.Listener.(syscall.Conn); ok {
		return l.SyscallConn()
	}
	return nil, net.ErrClosed
}
