// Package listening keeps servers accepting connections when the machine is short of something: of
// descriptors, buffers or memory. Start with [Keep].
package listening

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// The pause after a failed accept, which doubles.
const (
	firstPause = 5 * time.Millisecond
	longest    = 500 * time.Millisecond
)

// shortages are errors of accept(2) that say nothing of the listener.
var shortages = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, // until something is given back
	syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EINTR, // the connection was gone before it was accepted
	syscall.EPROTO, syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.EPERM, // Linux passes on
}

// Shortage reports whether an accept that failed so may be tried again.
func Shortage(err error) bool {
	for _, shortage := range shortages {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
}

// A Listener waits and goes on where others would end.
type Listener struct {
	net.Listener
	told   func(err error)
	closed chan struct{}
	close  func() error
}

// Keep returns a listener that survives shortages. told, unless nil, is called once when one begins, with
// its error, and with nil when connections are accepted again.
func Keep(l net.Listener, told func(err error)) *Listener {
	k := &Listener{Listener: l, told: told, closed: make(chan struct{})}
	if told == nil {
		k.told = func(error) {}
	}
	k.close = sync.OnceValue(func() error {
		close(k.closed)
		return l.Close()
	})
	return k
}

// Accept waits for a connection. The error is none that passes.
func (k *Listener) Accept() (net.Conn, error) {
	pause := time.Duration(0)
	for {
		conn, err := k.Listener.Accept()
		if err == nil || !Shortage(err) {
			if pause > 0 && err == nil {
				k.told(nil)
			}
			return conn, err
		}
		if pause == 0 {
			k.told(err)
		}
		pause = min(max(2*pause, firstPause), longest)
		select {
		case <-time.After(pause):
		case <-k.closed:
			return nil, net.ErrClosed
		}
	}
}

// Close closes the listener.
func (k *Listener) Close() error { return k.close() }

// SyscallConn gives access to the socket, where there is one.
func (k *Listener) SyscallConn() (syscall.RawConn, error) {
	if l, ok := k.Listener.(syscall.Conn); ok {
		return l.SyscallConn()
	}
	return nil, net.ErrClosed
}
