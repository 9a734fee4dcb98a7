package device

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/listening"
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

	// Delay is how long public-key operations take; nil is as long as they take here.
	Delay *Delay

	// Tap, unless nil, puts something around each accepted connection that sees what goes
	// over it, such as a capture. What it gets has a TCP connection's methods. OnSecret gets the client random and the master secret of
	// each, which decrypt it: for test keys only.
	Tap      func(net.Conn) net.Conn
	OnSecret func(clientRandom, masterSecret []byte)

	// OnProgress is called with what is known of a connection so far: once it is accepted, with
	// its ClientHello, at the end of its handshake, and with each request. The connection waits
	// meanwhile.
	OnProgress func(trace.Event)

	// OnEvent is called at the end of each accepted connection, OnReset for each one
	// that found the queue full, OnStall for each one that came when the board's network
	// had no socket left. All may be called from several goroutines.
	OnEvent func(trace.Event)
	OnReset func(remote net.Addr)
	OnStall func(remote net.Addr)
	// OnShortage is called when this machine, not the camera's, is short of descriptors or memory and
	// accepts no connection for now, with the reason, and with nil when it does again.
	OnShortage func(err error)
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
	stalled  []net.Conn
	left     []*left
	closing  chan struct{}
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
		if board := config.Context.Board(); board != nil && config.Connections > 1 {
			config.Connections = board.Network.Connections
		}
	}
	config.Backlog = max(config.Backlog, DefaultBacklog)
	return &Camera{config: config, serving: map[net.Conn]bool{}, closing: make(chan struct{})}
}

// Start returns a camera that listens on a free port of 127.0.0.1, for tests:
//
//	cam, err := device.Start(device.CameraConfig{Context: context})
//	defer cam.Close()
//	url, err := cam.URL()
//	...
//	resp, err := client.Get(url)
func Start(config CameraConfig) (*Camera, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := NewCamera(config)
	c.listener = l
	c.tune(l) // before the first client can come
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

// URL returns the https URL of the camera's address, with a slash at the end. It is ErrNotServing
// before [Camera.Serve]; a camera of [Start] serves from the beginning.
func (c *Camera) URL() (string, error) {
	addr := c.Addr()
	if addr == nil {
		return "", ErrNotServing
	}
	return "https://" + addr.String() + "/", nil
}

// ErrNotServing is the error of what needs a camera's address before it has one.
var ErrNotServing = errors.New("the camera does not serve yet")

// Serve accepts connections from l until Close, and then returns ErrCameraClosed;
// otherwise the error of Accept, unless it passes. The kernel's queue is emptied at once: who waits and
// who is reset is decided here, as the camera's network stack does it.
func (c *Camera) Serve(l net.Listener) error {
	l = listening.Keep(l, c.config.OnShortage)
	c.mu.Lock()
	c.listener = l
	closed := c.closed
	c.mu.Unlock()
	if closed {
		l.Close()
		return ErrCameraClosed
	}
	c.tune(l)
	board := c.config.Context.Board()
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
		if board != nil {
			board.Network.tuneConn(conn)
		}
		conn = lookAhead(conn)
		if c.config.Tap != nil {
			conn = c.config.Tap(conn)
		}
		c.mu.Lock()
		c.admit(conn)
		c.mu.Unlock()
	}
}

// Connections returns how many connections the script serves at this moment, how many wait for
// it, and how many came when the board's network had no socket left. Those that the script left open are none of them.
func (c *Camera) Connections() (serving, waiting, stalled int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.serving), len(c.waiting), len(c.stalled)
}

// tune gives a listener what a client notices of the board's network.
func (c *Camera) tune(l net.Listener) {
	if board := c.config.Context.Board(); board != nil {
		board.Network.tuneListener(l)
	}
}

// admit serves a connection, lets it wait, or resets it. A connection for which the
// network has no socket is left alone until one is free: a board would not answer its
// SYN, and the client would go on sending it. The caller holds the lock.
func (c *Camera) admit(conn net.Conn) {
	switch {
	case c.closed:
		conn.Close()
	case c.exhausted():
		c.stalled = append(c.stalled, conn)
		c.tell(c.config.OnStall, conn)
	case len(c.serving) < c.config.Connections:
		c.accept(conn)
	case len(c.waiting) < c.config.Backlog:
		c.waiting = append(c.waiting, conn)
	default:
		reset(conn)
		c.tell(c.config.OnReset, conn)
	}
}

// exhausted reports whether the network has no socket left.
func (c *Camera) exhausted() bool {
	board := c.config.Context.Board()
	return board != nil && len(c.serving)+len(c.waiting)+len(c.left) >= board.Network.Connections
}

func (c *Camera) tell(callback func(net.Addr), conn net.Conn) {
	if callback != nil {
		remote := conn.RemoteAddr()
		c.done.Go(func() { callback(remote) })
	}
}

// accept starts to serve a connection. The caller holds the lock.
func (c *Camera) accept(conn net.Conn) {
	c.accepted++
	id := c.accepted
	c.serving[conn] = true
	c.done.Go(func() {
		event, socket := c.serveConn(conn, id)
		if c.config.OnEvent != nil {
			c.config.OnEvent(event)
		}
		c.finished(conn, event, socket)
	})
}

// finished takes the next connection out of the queue.
func (c *Camera) finished(conn net.Conn, event trace.Event, socket *SSLSocket) {
	if errors.Is(event.Exception, micropython.ErrNoMemory) {
		c.collect()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.serving, conn)
	if event.LeftOpen {
		c.leave(conn, socket)
	}
	if len(c.waiting) > 0 && !c.closed {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.accept(next)
	}
	c.admitStalled()
}

// admitStalled lets those in for whom the network has a socket again. The caller holds the lock.
func (c *Camera) admitStalled() {
	for len(c.stalled) > 0 && !c.exhausted() {
		next := c.stalled[0]
		c.stalled = c.stalled[1:]
		c.admit(next)
	}
}

// ServeConn runs the script on one connection, closes it, unless the script leaves it open (LeftOpen of the event), and
// returns the event.
func (c *Camera) ServeConn(conn net.Conn) trace.Event {
	c.mu.Lock()
	c.accepted++
	id := c.accepted
	c.mu.Unlock()
	event, socket := c.serveConn(lookAhead(conn), id)
	if event.LeftOpen {
		socket.release()
	}
	return event
}

// serveConn returns the event, and the script's socket, which is nil where there was no memory for one.
func (c *Camera) serveConn(conn net.Conn, id int) (trace.Event, *SSLSocket) {
	metered := &meteredConn{Conn: conn, timeout: c.config.Timeout}
	if board := c.config.Context.Board(); board != nil {
		metered.transfer = board.Network.Transfer
	}
	event := trace.Event{ID: id, Remote: conn.RemoteAddr().String(), Start: time.Now(), Alerts: []trace.Alert{}, Requests: []trace.Request{}}
	session := &Session{
		context: c.config.Context, conn: metered, event: &event,
		secret: c.config.OnSecret, progress: c.config.OnProgress, collect: c.collect,
	}
	session.tell()
	if c.config.Delay != nil {
		session.pause = c.pause
	}
	event.Exception = c.config.Script.Serve(session)
	switch {
	case session.socket == nil:
		resetUnread(conn)
	case c.config.Script.TLSAlone && session.socket.open() && !errors.Is(event.Exception, net.ErrClosed):
		event.LeftOpen = true
	default:
		session.socket.release()
		conn.Close()
	}
	session.note()
	if event.Exception == nil {
		event.Phase = ""
	}
	return event, session.socket
}

// pause lets the time of an operation pass, unless the camera closes.
func (c *Camera) pause(op mbedtls.Operation, suite *mbedtls.Suite, key KeySize) {
	select {
	case <-time.After(c.config.Delay.of(op, suite, key)):
	case <-c.closing:
	}
}

// Close stops the camera: it closes the listener and all connections and waits
// until the events are delivered.
func (c *Camera) Close() error {
	c.mu.Lock()
	if !c.closed {
		close(c.closing)
	}
	c.closed = true
	var err error
	if c.listener != nil {
		err = c.listener.Close()
	}
	for conn := range c.serving {
		conn.Close()
	}
	for _, conn := range append(c.waiting, c.stalled...) {
		conn.Close()
	}
	c.waiting, c.stalled = nil, nil
	c.mu.Unlock()
	c.collect()
	c.done.Wait()
	return err
}

// resetUnread closes a connection whose ClientHello nobody read, which TCP answers with a
// reset. A reset that came before the hello could hit the client's connect instead.
func resetUnread(conn net.Conn) {
	const patience = 100 * time.Millisecond
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, _ = conn.Read(make([]byte, 1))
	reset(conn)
}

// reset closes a connection with a TCP reset.
func reset(conn net.Conn) {
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
