package stage

import (
	"fmt"
	"net"
	"sync"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/fullchain"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/listening"
)

// An Observer is told of connections, from several goroutines. mode is the index of the mode that
// a connection came in.
type Observer interface {
	// Progress is told what is known of a connection that goes on.
	Progress(mode int, e trace.Event, s verdict.Sighting)
	// Ended is told of a connection that has ended, once.
	Ended(mode int, e trace.Event, s verdict.Sighting)
	// Reset and Stalled are OnReset and OnStall of device.CameraConfig.
	Reset(mode int, remote net.Addr)
	Stalled(mode int, remote net.Addr)
}

// A Stage serves the connections of one listener in one of several modes, between which it can be
// switched at any moment. Connections that are open stay in theirs.
type Stage struct {
	listener  net.Listener
	modes     []Mode
	camera    device.CameraConfig
	page      string
	observers []Observer
	tap       verdict.Tap

	mu      sync.Mutex
	current int
	servers []*server // of the modes; nil until one is first switched to
	closed  bool
	serving sync.WaitGroup
}

// server is a mode at work.
type server struct {
	handover *handover
	camera   *device.Camera    // nil for crypto/tls
	full     *fullchain.Server // nil for a camera
}

// A Config says what a stage serves. Only Modes is required.
type Config struct {
	Modes []Mode
	First int // index of the mode that is served first
	// Camera says what the cameras of all modes have in common: its Context and its callbacks for
	// events are the stage's own.
	Camera    device.CameraConfig
	Page      string // what crypto/tls in the camera's place answers
	Observers []Observer
	// OnShortage, unless nil, is called when connections cannot be accepted for now, with the reason,
	// and with nil when they can again.
	OnShortage func(err error)
}

// New returns a stage on a listener.
func New(l net.Listener, c Config) *Stage {
	return &Stage{
		listener: listening.Keep(l, c.OnShortage), modes: c.Modes, current: c.First, camera: c.Camera, page: c.Page,
		observers: c.Observers, servers: make([]*server, len(c.Modes)),
	}
}

// Modes returns the modes, and which one is served.
func (s *Stage) Modes() (modes []Mode, current int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modes, s.current
}

// Addr returns the address that clients connect to.
func (s *Stage) Addr() net.Addr { return s.listener.Addr() }

// Switch makes new connections come in another mode. The error says why it cannot be served.
func (s *Stage) Switch(mode int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case mode < 0 || mode >= len(s.modes):
		return fmt.Errorf("there is no mode %d", mode)
	case s.modes[mode].Without != "":
		return fmt.Errorf("%s: %s", s.modes[mode].Title, s.modes[mode].Without)
	}
	s.current = mode
	return nil
}

// Serve accepts connections until Close, and returns net.ErrClosed then; otherwise the error of
// Accept.
func (s *Stage) Serve() error {
	s.server() // tunes the listener as the board wants it, before a client can come
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.closed {
				return net.ErrClosed
			}
			return err
		}
		if server := s.server(); server != nil {
			server.handover.pass(conn)
		} else {
			_ = conn.Close()
		}
	}
}

// server returns the server of the current mode, nil after Close.
func (s *Stage) server() *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.servers[s.current] == nil {
		s.servers[s.current] = s.start(s.current)
	}
	return s.servers[s.current]
}

// start starts the server of a mode. The caller holds the lock.
func (s *Stage) start(mode int) *server {
	m := s.modes[mode]
	h := newHandover(s.listener)
	tap := s.tap.Conn
	if more := s.camera.Tap; more != nil {
		tap = func(conn net.Conn) net.Conn { return s.tap.Conn(more(conn)) }
	}
	progress := func(e trace.Event) {
		sighting := verdict.SeeOpen(&e, m.Served)
		for _, o := range s.observers {
			o.Progress(mode, e, sighting)
		}
	}
	ended := func(e trace.Event) {
		s.tap.Complete(&e)
		sighting := verdict.See(&e, m.Served)
		for _, o := range s.observers {
			o.Ended(mode, e, sighting)
		}
	}
	if m.TLS != nil {
		return &server{
			handover: h,
			full:     fullchain.Start(h, fullchain.Config{TLS: m.TLS, Page: s.page, Tap: tap, OnProgress: progress, OnEvent: ended}),
		}
	}
	config := s.camera
	config.Context, config.Tap, config.OnProgress, config.OnEvent = m.Context, tap, progress, ended
	config.OnReset = func(remote net.Addr) {
		for _, o := range s.observers {
			o.Reset(mode, remote)
		}
	}
	config.OnStall = func(remote net.Addr) {
		for _, o := range s.observers {
			o.Stalled(mode, remote)
		}
	}
	camera := device.NewCamera(config)
	s.serving.Go(func() { _ = camera.Serve(h) }) // ends with Close
	return &server{handover: h, camera: camera}
}

// Use is what a stage has in use at one moment.
type Use struct {
	Serving, Waiting, Stalled int // connections, of all modes
	HeapUsed, HeapTotal       int // of the current mode's board, octets; 0 without a board
}

// Use returns what is in use.
func (s *Stage) Use() Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	var u Use
	for _, server := range s.servers {
		switch {
		case server == nil:
		case server.camera != nil:
			serving, waiting, stalled := server.camera.Connections()
			u.Serving, u.Waiting, u.Stalled = u.Serving+serving, u.Waiting+waiting, u.Stalled+stalled
		default:
			u.Serving += server.full.Connections()
		}
	}
	if c := s.modes[s.current].Context; c != nil {
		u.HeapUsed, u.HeapTotal = c.Memory()
	}
	return u
}

// Close ends all connections and waits until they were reported.
func (s *Stage) Close() error {
	s.mu.Lock()
	s.closed = true
	servers := s.servers
	s.mu.Unlock()
	err := s.listener.Close()
	for _, server := range servers {
		switch {
		case server == nil:
		case server.camera != nil:
			_ = server.camera.Close()
		default:
			_ = server.full.Close()
		}
		if server != nil {
			_ = server.handover.Close()
		}
	}
	s.serving.Wait()
	return err
}
