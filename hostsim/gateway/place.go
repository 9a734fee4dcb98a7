package gateway

import (
	"context"
	"net"
	"sync"
)

// place is a connection to the camera that the queue has given out. It is given back when the request is
// over, and so is the connection: one that is being opened is opened to its end even if the viewer has
// left, as http.Transport does it, and the camera has it on its hands until then.
type place struct {
	mu      sync.Mutex
	holders int
	release func()
}

// placeKey is where the context of a request to the camera holds its place.
type placeKey struct{}

// newPlace returns a place that one holder has to let go.
func newPlace(release func()) *place { return &place{holders: 1, release: release} }

// in returns a context in which connections are opened with the place.
func (p *place) in(ctx context.Context) context.Context { return context.WithValue(ctx, placeKey{}, p) }

// hold adds a holder. It is not ok when the place was given back already.
func (p *place) hold() (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holders > 0 {
		p.holders++
	}
	return p.holders > 0
}

// letGo takes a holder off; the last one gives the place back.
func (p *place) letGo() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holders--; p.holders == 0 {
		p.release()
	}
}

// open opens a connection that holds the place of its request until it is closed.
func open(ctx context.Context, dial func(context.Context) (net.Conn, error)) (net.Conn, error) {
	p, ok := ctx.Value(placeKey{}).(*place)
	if !ok || !p.hold() {
		return nil, context.Canceled
	}
	conn, err := dial(ctx)
	if err != nil {
		p.letGo()
		return nil, err
	}
	return &placedConn{conn, sync.OnceFunc(p.letGo)}, nil
}

// placedConn is a connection that holds a place.
type placedConn struct {
	net.Conn
	closed func()
}

// Close closes the connection, and lets the place go.
func (c *placedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
