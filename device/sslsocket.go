package device

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
	"github.com/leafcam/leafcam/device/micropython"
)

// An SSLSocket is the SSLSocket of the camera and a net.Conn. The two differ in
// this: where MicroPython returns b"" at the end of the stream, Read returns io.EOF,
// and where it returns None, Read returns ErrNone. Deadlines are Go's alone: the camera's has no
// settimeout, which a script calls on the TCP socket before it wraps it. Nor is the camera's a context
// manager (it has no attribute __exit__). A socket that listens cannot be wrapped here; there that raises
// OSError: [Errno 107] ENOTCONN.
type SSLSocket struct {
	transport
	context *SSLContext
	memory  *connection // nil without a board
	tls     *mbedtls.Conn
	ahead   looker // the transport, when others may read it, too; may be nil
	shook   func() // called at the end of the handshake, well or not; may be nil
	eager   bool   // wrap_socket runs the handshake: without it there is no TLS socket
	timed   bool   // the script's settimeout holds: a passed deadline is its
	lost    []byte // of a line that readline began to read when it raised

	handshake sync.Mutex

	mu       sync.Mutex
	shaken   time.Time // when the handshake ended, well or not
	complete bool      // it ended well
	last     error     // the exception that every later call raises again
	adrift   bool      // that was one of the handshake: TCP is not the socket's any more
	closed   bool
}

// transport is the TCP connection, whose addresses and deadlines are the socket's. A passed deadline
// is an *OSError ETIMEDOUT; the connection can be used on with a later one. Deadlines are Go's: after the timeout
// that a camera's script has set, nothing can be used on.
type transport = net.Conn

var _ net.Conn = (*SSLSocket)(nil)

// Handshake runs the handshake, unless that was done already. A close_notify in
// it is an exception here; Read returns io.EOF for it.
func (s *SSLSocket) Handshake() error {
	if err := s.usable(); err != nil {
		return err
	}
	s.eager = true
	if err := s.shakeHands(); err != nil {
		return s.latch(err)
	}
	return nil
}

// shakeHandsLazily is shakeHands inside a read or write, where a missing client
// certificate also gets an alert (CAMERA.md section 6).
func (s *SSLSocket) shakeHandsLazily() error {
	err := s.shakeHands()
	if s.context.firmware.DropsTCP != DropsNever {
		s.tls.NoClientCertificateAlert(err)
	}
	return err
}

// shakeHands returns the engine's error.
func (s *SSLSocket) shakeHands() error {
	s.handshake.Lock()
	defer s.handshake.Unlock()
	if s.tls.State().Complete {
		return nil
	}
	err := s.tls.Handshake()
	s.giveBack()
	s.mu.Lock()
	s.shaken, s.complete = time.Now(), err == nil
	s.mu.Unlock()
	if s.shook != nil {
		s.shook()
	}
	return err
}

// Read reads application data. It returns io.EOF after close_notify (and then
// reads on when called again: the end is not latched), at the end of the TCP
// stream wherever that was, and after two empty records in a row. An exception is raised again by
// every later call, also after Close; only a deadline of the caller's is not
// (CAMERA.md sections 5.2 and 5.3).
func (s *SSLSocket) Read(p []byte) (int, error) {
	if err := s.usable(); err != nil {
		return 0, s.ofStream(err)
	}
	n, err := 0, s.shakeHandsLazily()
	inHandshake := err != nil
	if err == nil {
		n, err = s.tls.Read(p)
		s.giveBack()
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, mbedtls.ErrPeerCloseNotify):
		return 0, io.EOF
	case errors.Is(err, mbedtls.ErrWantRead):
		return 0, micropython.ErrNone
	case inHandshake:
		return 0, s.ofHandshake(s.latch(err))
	case err != nil:
		return n, s.ofData(s.latch(err))
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// computes returns the engine's hook for public-key operations: they take time and, on
// a board, memory. It returns nil where they take neither.
func (s *SSLSocket) computes(
	key *mbedtls.PrivateKey, pause func(mbedtls.Operation, *mbedtls.Suite, KeySize),
) func(mbedtls.Operation, *mbedtls.Suite) (func(), error) {
	if key == nil || s.memory == nil && pause == nil {
		return nil
	}
	size := keySize(key)
	return func(op mbedtls.Operation, suite *mbedtls.Suite) (func(), error) {
		done := func() {}
		if s.memory != nil {
			if err := s.memory.compute(op, suite.Curves(), size); err != nil {
				return nil, err
			}
			done = s.memory.computed
		}
		if pause != nil {
			pause(op, suite, size)
		}
		return done, nil
	}
}

// giveBack leaves the TCP connection, which its owner may go on with, as exact reads do.
func (s *SSLSocket) giveBack() {
	if s.ahead != nil {
		s.ahead.giveBack()
	}
}

// release gives the connection's memory back.
func (s *SSLSocket) release() {
	if s.memory != nil {
		s.memory.close()
	}
}

// Readline reads up to and including the next line feed, octet by octet, as
// MicroPython does. It returns nil where MicroPython returns None, and an empty
// slice where it returns b"".
func (s *SSLSocket) Readline() ([]byte, error) { return s.readline(false) }

// readline is Readline, which may wait on where that returns None, or what it has of the line then.
func (s *SSLSocket) readline(waits bool) ([]byte, error) {
	line := []byte{}
	room := s.lineBuffer()
	defer room.free()
	var b [1]byte
	for {
		_, err := s.Read(b[:])
		switch {
		case errors.Is(err, io.EOF):
			return line, nil
		case errors.Is(err, micropython.ErrNone) && waits:
			continue
		case errors.Is(err, micropython.ErrNone):
			if len(line) == 0 {
				return nil, nil
			}
			return line, nil
		case err != nil:
			s.lost = line
			return nil, err
		}
		if line = append(line, b[0]); b[0] == '\n' {
			return line, nil
		}
		if err := room.grow(len(line)); err != nil {
			return nil, err
		}
	}
}

// Send is send: it sends one record, with at most the firmware's OutContentLen octets of p, or as many as the client
// asked for, and returns how many. Without octets it sends nothing.
func (s *SSLSocket) Send(p []byte) (int, error) { return s.write(p, true) }

// Write is write and sendall: it sends all of p, in records of at most the firmware's OutContentLen octets, or as many
// as the client asked for (CAMERA.md section 5.3).
func (s *SSLSocket) Write(p []byte) (int, error) { return s.write(p, false) }

func (s *SSLSocket) write(p []byte, oneRecord bool) (int, error) {
	if err := s.usable(); err != nil {
		return 0, s.ofStream(err)
	}
	if err := s.shakeHandsLazily(); err != nil {
		return 0, s.ofHandshake(s.latch(err))
	}
	if oneRecord {
		p = p[:min(len(p), s.tls.MaxRecord())]
	}
	n, err := s.tls.Write(p)
	if err != nil {
		return n, s.ofData(s.latch(err))
	}
	return n, nil
}

// ofData returns an exception that a read or write after the handshake raises for the first time.
func (s *SSLSocket) ofData(err error) error {
	if s.context.firmware.DropsTCP == DropsAlways {
		return s.ofHandshake(err)
	}
	return s.ofStream(err)
}

// ofHandshake returns an exception of a handshake inside a read or write. It has its name, but for the end of the stream,
// which the stream raises.
func (s *SSLSocket) ofHandshake(err error) error {
	if errors.Is(err, mbedtls.ErrConnEOF) || s.context.firmware.DropsTCP == DropsNever {
		return s.ofStream(err)
	}
	return err
}

// ofStream returns an exception as reads and writes raise it: with its number alone, where the firmware's streams do not
// know the names.
func (s *SSLSocket) ofStream(err error) error {
	var raised *micropython.OSError
	if !s.context.firmware.BareStreamErrors || !errors.As(err, &raised) {
		return err
	}
	bare := *raised
	bare.Bare = true
	return &bare
}

// Close closes the TCP connection. No close_notify is sent: the camera never does.
// Closing again does nothing. After a handshake that failed it does nothing either, and TCP stays open: that is for
// who was given the connection first (CAMERA.md section 5.4).
func (s *SSLSocket) Close() error {
	s.mu.Lock()
	nothing := s.closed || s.adrift
	s.closed = true
	s.mu.Unlock()
	if nothing {
		return nil
	}
	s.release()
	return s.transport.Close()
}

// Cipher returns the suite and the protocol version as cipher() does. It returns
// empty strings where the camera would crash: before the handshake is complete.
func (s *SSLSocket) Cipher() (suite, version string) {
	state := s.tls.State()
	if !state.Complete {
		return "", ""
	}
	return state.Suite.Name, mbedtls.VersionName(state.Suite.OldVersion())
}

func (s *SSLSocket) usable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil && s.closed {
		return micropython.ErrClosed
	}
	return s.last
}

// latch remembers an exception for later calls, unless a deadline that the script has not set caused it.
func (s *SSLSocket) latch(err error) error {
	if verify := (*mbedtls.VerifyError)(nil); s.context.firmware.NumbersVerify && errors.As(err, &verify) {
		err = mbedtls.ErrX509VerifyFailed
	}
	raised := s.context.raises(micropython.Raised(err))
	if !s.timed && errors.Is(raised, os.ErrDeadlineExceeded) {
		return raised
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil && s.closed {
		return micropython.ErrClosed
	}
	if s.last == nil {
		s.last = raised
		if s.adrift = s.drops(err); s.adrift {
			s.release()
		}
	}
	return s.last
}

// drops reports whether the socket lets go of TCP when an error is raised for the first time.
func (s *SSLSocket) drops(err error) bool {
	switch s.context.firmware.DropsTCP {
	case DropsNever:
		if !s.eager {
			return false
		}
	case DropsFailedHandshake:
		if s.complete {
			return false
		}
	}
	return !errors.Is(err, mbedtls.ErrConnEOF)
}

// open reports whether the socket has left TCP open.
func (s *SSLSocket) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed || s.adrift
}
