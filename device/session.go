package device

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
)

// A Session is what a script has of one accepted connection: the TLS socket, once
// wrapped, and the notes for the connection's event.
type Session struct {
	context *SSLContext
	pause   func(mbedtls.Operation, *mbedtls.Suite, KeySize)
	secret  func(clientRandom, masterSecret []byte)
	conn    *meteredConn
	socket  *SSLSocket
	event   *trace.Event

	progress func(trace.Event) // may be nil
	collect  func() bool       // of the camera
}

// maxOpening is how much an event keeps of what is no ClientHello, octets.
const maxOpening = 16

// maxAlerts is how many alerts an event keeps: a client may send any number of warnings.
const maxAlerts = 100

// Wrap is wrap_socket: it runs the handshake.
func (s *Session) Wrap() error {
	if err := s.WrapLazily(); err != nil {
		return err
	}
	return s.socket.Handshake()
}

// WrapLazily is wrap_socket with do_handshake_on_connect=False: the first read or write
// runs the handshake.
func (s *Session) WrapLazily() (err error) {
	s.event.Phase = "wrap"
	s.socket, err = s.wrapSocket()
	if errors.Is(err, micropython.ErrNoMemory) && s.collect() {
		s.socket, err = s.wrapSocket()
	}
	if err == nil {
		s.socket.shook = s.tell
	}
	return err
}

func (s *Session) wrapSocket() (*SSLSocket, error) {
	return s.context.wrapSocket(s.conn, &mbedtls.Trace{
		Secret: s.secret,
		ClientHello: func(msg []byte) {
			s.event.ClientHello = trace.ParseClientHello(msg)
			s.tell()
		},
		Alert: func(a mbedtls.Alert) {
			if len(s.event.Alerts) == maxAlerts {
				return
			}
			s.event.Alerts = append(s.event.Alerts, tracedAlert(a))
		},
	}, s.pause)
}

func tracedAlert(a mbedtls.Alert) trace.Alert {
	return trace.Alert{
		Sent: a.Sent, Level: a.Level, Description: a.Description,
		Name: mbedtls.AlertName(a.Description), Encrypted: a.Encrypted,
	}
}

// tell reports what is known so far. The event goes on changing: who is told gets a copy.
func (s *Session) tell() {
	if s.progress == nil {
		return
	}
	s.note()
	e := *s.event
	e.Alerts, e.Requests = slices.Clone(e.Alerts), slices.Clone(e.Requests)
	s.progress(e)
}

// note writes what is known of the connection into the event.
func (s *Session) note() {
	s.event.Duration = trace.Millis(time.Since(s.event.Start))
	s.event.BytesIn, s.event.BytesOut = s.conn.in.Load(), s.conn.out.Load()
	if s.event.ClientHello == nil {
		s.event.Opening = string(s.conn.opening)
	} else {
		s.event.Opening = ""
	}
	if s.socket == nil {
		return
	}
	if shaken := s.socket.shaken; !shaken.IsZero() {
		s.event.Handshake = trace.Millis(shaken.Sub(s.event.Start))
	}
	state := s.socket.tls.State()
	s.event.Complete = state.Complete
	if state.Suite != nil {
		s.event.Chosen = &trace.Chosen{
			Version: trace.Codepoint(state.Suite.OldVersion()),
			Suite:   trace.Codepoint(state.Suite.ID), SuiteName: state.Suite.Name,
			Group: trace.Codepoint(state.Group), GroupName: mbedtls.GroupName(state.Group),
			SignatureAlgorithm: trace.Codepoint(state.SignatureAlgorithm),
		}
	}
}

// Readline is SSLSocket.readline.
func (s *Session) Readline() ([]byte, error) {
	s.event.Phase = "read"
	return s.socket.Readline()
}

// ReadN reads n octets, as a script does by calling read in a loop. The end of the
// stream before that is io.ErrUnexpectedEOF.
func (s *Session) ReadN(n int) ([]byte, error) {
	s.event.Phase = "read"
	data := make([]byte, n)
	_, err := io.ReadFull(s.socket, data)
	return data, err
}

// Write is SSLSocket.write.
func (s *Session) Write(p []byte) (int, error) {
	s.event.Phase = "write"
	return s.socket.Write(p)
}

// Close is SSLSocket.close.
func (s *Session) Close() error {
	s.event.Phase = "close"
	return s.socket.Close()
}

// Note adds a request to the connection's event, for scripts that speak something else
// than HTTP.
func (s *Session) Note(r trace.Request) {
	s.event.Requests = append(s.event.Requests, r)
	s.tell()
}

// ReadRequest reads a request line and the headers as the documented server does:
// readline, then readline until an empty line or the end. It returns nil for a
// request line that was None. The request is noted in the event.
func (s *Session) ReadRequest() ([]byte, error) {
	request, err := s.requestLine(s.Readline)
	if err != nil {
		return nil, err
	}
	return request, s.readHeaders(request, s.Readline)
}

// streamReadline is readline of asyncio's Stream: where the socket's has nothing yet, it waits on.
func (s *Session) streamReadline() ([]byte, error) {
	s.event.Phase = "read"
	return s.socket.readline(true)
}

// requestLine is readline that notes what an exception leaves of the line, which the script never sees.
func (s *Session) requestLine(readline func() ([]byte, error)) ([]byte, error) {
	request, err := readline()
	if err != nil && len(s.socket.lost) > 0 {
		s.Note(trace.Request{Line: withoutEnd(s.socket.lost), Cut: true})
	}
	return request, err
}

func withoutEnd(line []byte) string { return strings.TrimRight(string(line), "\r\n") }

// readHeaders reads lines until an empty one, and notes the request.
func (s *Session) readHeaders(request []byte, readline func() ([]byte, error)) (err error) {
	noted, ended := trace.Request{Line: withoutEnd(request)}, false
	for {
		var line []byte
		if line, err = readline(); err != nil || len(line) == 0 {
			noted.Cut = !ended
			break
		}
		if string(line) == "\r\n" {
			break
		}
		ended = ended || string(line) == "\n" // an end for many servers, though not for this one
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "User-Agent") {
			noted.UserAgent = strings.TrimSpace(value)
		}
	}
	if noted.Line != "" {
		s.Note(noted)
	}
	return err
}

// meteredConn counts octets and applies the script's settimeout to each operation.
type meteredConn struct {
	net.Conn
	timeout time.Duration // 0: none
	// transfer is the largest single transfer to the network, octets; 0 is no limit.
	transfer int
	in, out  atomic.Int64
	opening  []byte // the first octets
}

func (c *meteredConn) Read(p []byte) (int, error) {
	if c.timeout > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	if room := maxOpening - len(c.opening); room > 0 {
		c.opening = append(c.opening, p[:min(n, room)]...)
	}
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	if c.timeout > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	written := 0
	for {
		part := p[written:]
		if c.transfer > 0 {
			part = part[:min(len(part), c.transfer)]
		}
		n, err := c.Conn.Write(part)
		c.out.Add(int64(n))
		if written += n; err != nil || written == len(p) {
			return written, err
		}
	}
}
