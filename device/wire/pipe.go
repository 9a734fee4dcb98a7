package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// PipeBuffer is how many octets one direction of a Pipe holds before writing blocks.
const PipeBuffer = 256 << 10

// A PipeConn is one end of an in-memory connection. Unlike net.Pipe it is buffered,
// can be closed in one direction and can be reset, as TCP can.
type PipeConn struct {
	in, out *stream
	local   pipeAddr
}

// Pipe returns the two ends of a connection.
func Pipe() (client, server *PipeConn) {
	up, down := newStream(), newStream()
	return &PipeConn{in: down, out: up, local: "client"}, &PipeConn{in: up, out: down, local: "server"}
}

type pipeAddr string

func (a pipeAddr) Network() string { return "pipe" }
func (a pipeAddr) String() string  { return string(a) }

// stream is one direction.
type stream struct {
	mu     sync.Mutex
	change *sync.Cond
	buf    []byte
	read   int   // octets of buf that were read
	wait   int   // readers that wait for octets
	left   bool  // by its reader, for good
	end    error // what a reader gets once buf is empty: io.EOF, ECONNRESET, net.ErrClosed
	gone   error // what a writer gets

	readDeadline, writeDeadline deadline
}

func newStream() *stream {
	s := &stream{}
	s.change = sync.NewCond(&s.mu)
	return s
}

// deadline wakes the stream up when it passes.
type deadline struct {
	timer  *time.Timer
	passed bool
}

// set is called with the stream's lock held.
func (d *deadline) set(s *stream, t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = !t.IsZero() && !t.After(time.Now())
	if !t.IsZero() && !d.passed {
		var timer *time.Timer
		timer = time.AfterFunc(time.Until(t), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.timer == timer {
				d.passed = true
				s.change.Broadcast()
			}
		})
		d.timer = timer
	}
	s.change.Broadcast()
}

// Read reads what has arrived, or waits for it.
func (c *PipeConn) Read(p []byte) (int, error) {
	s := c.in
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case errors.Is(s.end, net.ErrClosed): // what has arrived is not for a reader that closed
			return 0, s.end
		case s.readDeadline.passed:
			return 0, os.ErrDeadlineExceeded
		case s.read < len(s.buf):
			n := copy(p, s.buf[s.read:])
			if s.read += n; s.read == len(s.buf) {
				s.buf, s.read = s.buf[:0], 0
			}
			if s.room() >= PipeBuffer/3 { // as Linux does with TCP: for less, a writer is not woken up
				s.change.Broadcast()
			}
			return n, nil
		case s.end != nil:
			return 0, s.end
		case len(p) == 0:
			return 0, nil
		}
		s.wait++
		s.change.Wait()
		s.wait--
	}
}

// room returns how many octets can be written now.
func (s *stream) room() int { return PipeBuffer - (len(s.buf) - s.read) }

// Leave says that nobody uses this end any more, and nobody has closed it.
func (c *PipeConn) Leave() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.left = true
}

// Idle reports whether nothing will come unless something is sent: the other end waits in Read, has
// read everything, and so has this one; or it was left. Of an end that does something else in the meantime, such
// as to sleep, it is not true.
func (c *PipeConn) Idle() bool {
	// In this order: what the other end wrote, it wrote before it waited.
	return c.out.awaited() && c.in.empty()
}

// awaited reports whether somebody waits for octets, and none nor the end are there, or nobody ever will.
func (s *stream) awaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left || s.wait > 0 && s.read == len(s.buf) && s.end == nil && !s.readDeadline.passed
}

// empty reports whether neither octets nor the end are there to be read.
func (s *stream) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read == len(s.buf) && s.end == nil
}

// Write blocks while the other end has PipeBuffer octets to read.
func (c *PipeConn) Write(p []byte) (int, error) {
	s := c.out
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch room := s.room(); {
		case s.gone != nil:
			return written, s.gone
		case s.writeDeadline.passed:
			return written, os.ErrDeadlineExceeded
		case written == len(p):
			return written, nil
		case room > 0:
			n := min(room, len(p)-written)
			if len(s.buf)+n > cap(s.buf) { // the room of what was read comes first
				s.buf, s.read = append(s.buf[:0], s.buf[s.read:]...), 0
			}
			s.buf = append(s.buf, p[written:written+n]...)
			written += n
			s.change.Broadcast()
			continue
		}
		s.change.Wait()
	}
}

// fail ends one direction for its reader and its writer.
func (s *stream) fail(end, gone error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed := errors.Is(end, net.ErrClosed)
	if s.end == nil || closed {
		s.end = end
	}
	if s.gone == nil {
		s.gone = gone
	}
	if closed { // nobody reads it any more
		s.buf, s.read = nil, 0
	}
	s.change.Broadcast()
}

// CloseWrite sends the end of the stream; reading goes on.
func (c *PipeConn) CloseWrite() error {
	c.out.fail(io.EOF, syscall.EPIPE)
	return nil
}

// Close closes both directions. The other end reads what was sent, then the end;
// when octets from it were left unread, it is reset, as with TCP.
func (c *PipeConn) Close() error {
	c.in.mu.Lock()
	unread := len(c.in.buf) > c.in.read
	c.in.mu.Unlock()
	if unread {
		c.out.reset()
	} else {
		c.out.fail(io.EOF, net.ErrClosed)
	}
	c.in.fail(net.ErrClosed, syscall.ECONNRESET)
	return nil
}

// Reset closes the connection with a reset: the other end reads and writes
// ECONNRESET from now on.
func (c *PipeConn) Reset() {
	c.out.reset()
	c.in.fail(net.ErrClosed, syscall.ECONNRESET)
}

// reset leaves what was sent before to be read first: on loopback the reader gets it.
func (s *stream) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		s.end = errResetAfterData
	}
	if s.gone == nil {
		s.gone = net.ErrClosed
	}
	s.change.Broadcast()
}

// errResetAfterData is a reset that is seen once the data before it was read.
var errResetAfterData = &net.OpError{Op: "read", Net: "pipe", Err: syscall.ECONNRESET}

// LocalAddr returns an address that names the end.
func (c *PipeConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns an address that names the other end.
func (c *PipeConn) RemoteAddr() net.Addr {
	if c.local == "client" {
		return pipeAddr("server")
	}
	return pipeAddr("client")
}

// SetDeadline sets both deadlines.
func (c *PipeConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the deadline for reading.
func (c *PipeConn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.readDeadline.set(c.in, t)
	return nil
}

// SetWriteDeadline sets the deadline for writing.
func (c *PipeConn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.writeDeadline.set(c.out, t)
	return nil
}
