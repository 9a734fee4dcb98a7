package hostsim

import (
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/leafcam/leafcam/internal/listening"
)

// relay is a server that listens by itself, such as a gateway, seen from a client's own network.
type relay struct {
	server
	listener net.Listener
	to       string
	done     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // nil once closed
}

// startRelay makes a server that listens on an address of this machine's network listen in another
// one, too. It takes the server over.
func startRelay(n *ownNetwork, address string, s server) (server, error) {
	l, err := n.listen("")
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	r := &relay{
		server: s, listener: listening.Keep(l, nil), open: map[net.Conn]bool{},
		to: net.JoinHostPort(address, strconv.Itoa(s.Addr().(*net.TCPAddr).Port)),
	}
	r.done.Go(r.accept)
	return r, nil
}

// Addr is where the client finds the server.
func (r *relay) Addr() net.Addr { return r.listener.Addr() }

// Close ends what goes on, and the server.
func (r *relay) Close() error {
	_ = r.listener.Close()
	r.mu.Lock()
	for c := range r.open {
		_ = c.Close()
	}
	r.open = nil
	r.mu.Unlock()
	r.done.Wait()
	return r.server.Close()
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.done.Go(func() { r.pass(client) })
	}
}

// pass passes on what both ends say until both have ended.
func (r *relay) pass(client net.Conn) {
	defer client.Close()
	up, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	defer up.Close()
	if !r.keep(client, up) {
		return
	}
	defer r.forget(client, up)
	var both sync.WaitGroup
	both.Go(func() { copyHalf(up, client) })
	both.Go(func() { copyHalf(client, up) })
	both.Wait()
}

// copyHalf passes one direction on, its end included.
func copyHalf(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	_ = to.Close()
	_ = from.Close()
}

// keep notes connections that Close has to end; it refuses when that is over.
func (r *relay) keep(list ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range list {
		if r.open != nil {
			r.open[c] = true
		}
	}
	return r.open != nil
}

func (r *relay) forget(list ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range list {
		delete(r.open, c)
	}
}
