package device

import (
	"errors"
	"net"
	"sync"
	"time"
)

// DefaultBacklog is listen(1), what the documented server asks for.
const DefaultBacklog = 1

// CameraConfig says what runs on a camera.
type CameraConfig struct {
	Context *SSLContext // required
	Script  Script      // Hello(DefaultBody) when its Serve is nil

	// Timeout is what the script passes to settimeout for each accepted socket. 0 is
	// none: a client that says nothing then holds its connection for ever.
	Timeout time.Duration

	// Connections overrides the script's number of connections when it is not 0.
	Connections int

	// Backlog is how many connections wait while the script is busy; any further one
	// is reset (CAMERA.md section 9). Numbers below 1 mean DefaultBacklog.
	Backlog int

	// OnEvent is called at the end of each accepted connection, OnReset for each one
	// that found the queue full. Both may be called from several goroutines.
	OnEvent func(Event)
	OnReset func(remote net.Addr)
}

// A Camera runs a script on a listener.
type Camera struct {
	config CameraConfig

	mu       sync.Mutex
	listener net.Listener
	closed   bool
	accepted int
	serving  map[net.Conn]bool
	waiting  []net.Conn
	done     sync.WaitGroup
}

// ErrCameraClosed is what Serve returns after Close.
var ErrCameraClosed = errors.New("camera closed")

// NewCamera returns a camera that is not listening yet.
func NewCamera(config CameraConfig) *Camera {
	if config.Script.Serve == nil {
		config.Script = Hello(DefaultBody)
	}
	if config.Connections == 0 {
		config.Connections = config.Script.Connections
	}
	config.Backlog = max(config.Backlog, DefaultBacklog)
	return &Camera{config: config, serving: map[net.Conn]bool{}}
}

// Start returns a camera that listens on a free port of 127.0.0.1, for tests:
//
//	cam, err := device.Start(device.CameraConfig{Context: context})
//	defer cam.Close()
//	resp, err := client.Get(cam.URL())
func Start(config CameraConfig) (*Camera, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := NewCamera(config)
	c.listener = l
	c.done.Go(func() { _ = c.Serve(l) })
	return c, nil
}

// Addr returns the address that the camera listens on, nil before Serve.
func (c *Camera) Addr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener == nil {
		return nil
	}
	return c.listener.Addr()
}

// URL returns the https URL of the camera's address, with a slash at the end.
func (c *Camera) URL() string { return "https://" + c.Addr().String() + "/" }

// Serve accepts connections from l until Close, and then returns ErrCameraClosed;
// otherwise the error of Accept. The kernel's queue is emptied at once: who waits and
// who is reset is decided here, as the camera's network stack does it.
func (c *Camera) Serve(l net.Listener) error {
	c.mu.Lock()
	c.listener = l
	closed := c.closed
	c.mu.Unlock()
	if closed {
		l.Close()
		return ErrCameraClosed
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.closed {
				return ErrCameraClosed
			}
			return err
		}
		c.admit(conn)
	}
}

// admit serves a connection, lets it wait, or resets it.
func (c *Camera) admit(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		conn.Close()
	case len(c.serving) < c.config.Connections:
		c.accept(conn)
	case len(c.waiting) < c.config.Backlog:
		c.waiting = append(c.waiting, conn)
	default:
		remote := conn.RemoteAddr()
		reset(conn)
		if c.config.OnReset != nil {
			c.done.Go(func() { c.config.OnReset(remote) })
		}
	}
}

// accept starts to serve a connection. The caller holds the lock.
func (c *Camera) accept(conn net.Conn) {
	c.accepted++
	id := c.accepted
	c.serving[conn] = true
	c.done.Go(func() {
		event := c.serveConn(conn, id)
		if c.config.OnEvent != nil {
			c.config.OnEvent(event)
		}
		c.finished(conn)
	})
}

// finished takes the next connection out of the queue.
func (c *Camera) finished(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.serving, conn)
	if len(c.waiting) > 0 && !c.closed {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.accept(next)
	}
}

// ServeConn runs the script on one connection, closes it and returns the event.
func (c *Camera) ServeConn(conn net.Conn) Event {
	c.mu.Lock()
	c.accepted++
	id := c.accepted
	c.mu.Unlock()
	return c.serveConn(conn, id)
}

func (c *Camera) serveConn(conn net.Conn, id int) Event {
	metered := &meteredConn{Conn: conn, timeout: c.config.Timeout}
	event := Event{ID: id, Remote: conn.RemoteAddr().String(), Start: time.Now(), Alerts: []Alert{}, Requests: []Request{}}
	session := &Session{context: c.config.Context, conn: metered, event: &event}
	event.Exception = c.config.Script.Serve(session)
	conn.Close()
	session.note()
	return event
}

// Close stops the camera: it closes the listener and all connections and waits
// until the events are delivered.
func (c *Camera) Close() error {
	c.mu.Lock()
	c.closed = true
	var err error
	if c.listener != nil {
		err = c.listener.Close()
	}
	for conn := range c.serving {
		conn.Close()
	}
	for _, conn := range c.waiting {
		conn.Close()
	}
	c.waiting = nil
	c.mu.Unlock()
	c.done.Wait()
	return err
}

// reset closes a connection with a TCP reset.
func reset(conn net.Conn) {
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
