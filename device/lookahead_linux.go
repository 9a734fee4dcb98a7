package device

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A lookahead is a TCP connection that is read exactly, as the camera does, and yet not by a system call
// for each header and each content of a record. It looks at what the kernel has received without taking
// it (MSG_PEEK), serves reads from that, and takes it once the last of it is read.
//
// So the kernel's queue is empty when, and only when, everything that came was read, and all that follows
// from the queue stays as with exact reads: closing resets while octets are unread and sends a FIN
// otherwise, also when somebody else closes; a client can send what the board's window allows and not
// more. Octets that were read stand in the queue only while others behind them are unread: at most
// lookaheadLen, by which the window is smaller for so long, never larger.
type lookahead struct {
	*net.TCPConn
	raw syscall.RawConn

	reading sync.Mutex // held by a Read, which may wait
	p       []byte     // what the Read is to fill
	n       int        // how much of it was filled
	err     error
	step    func(fd uintptr) bool // (*lookahead).take, made once

	mu    sync.Mutex
	seen  []byte // the front of the kernel's queue, in one of views; empty when it was not looked at
	given int    // octets of seen that were read
}

// lookaheadLen is enough for a client's flight, octets.
const lookaheadLen = 4 << 10

// A view is memory to look into. A connection has one while octets that it has seen are unread.
type view = [lookaheadLen]byte

var views = sync.Pool{New: func() any { return new(view) }}

// lookAhead returns the connection with a lookahead when it is the kernel's own.
func lookAhead(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	c := &lookahead{TCPConn: tcp, raw: raw}
	c.step = c.take
	return c
}

// Read reads as much as the connection itself would, and fails as it would.
func (c *lookahead) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return c.TCPConn.Read(p)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.p, c.n, c.err = p, 0, nil
	err := c.raw.Read(c.step) // which knows of deadlines and of Close
	c.p = nil
	var op *net.OpError
	switch {
	case errors.As(err, &op):
		err = op.Err
	case c.err != nil:
		err = os.NewSyscallError("read", c.err)
	case c.n == 0:
		return 0, io.EOF
	default:
		return c.n, nil
	}
	local := c.LocalAddr()
	return c.n, &net.OpError{Op: "read", Net: local.Network(), Source: local, Addr: c.RemoteAddr(), Err: err}
}

// WriteTo would go past Read.
func (c *lookahead) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

// take reads what is there, and returns false when nothing is.
func (c *lookahead) take(fd uintptr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.seen) > 0:
	case len(c.p) >= lookaheadLen: // it is all for the reader
		c.n, c.err = c.pull(int(fd), c.p)
		return !errors.Is(c.err, unix.EAGAIN)
	default:
		if c.err = c.look(int(fd)); c.err != nil {
			return !errors.Is(c.err, unix.EAGAIN)
		}
	}
	c.n = copy(c.p, c.seen[c.given:])
	if c.given += c.n; c.given == len(c.seen) && c.given > 0 {
		more, _ := c.pull(int(fd), c.p[c.n:]) // an error comes behind what was read
		c.n += more
	}
	return true
}

// look looks at the front of the queue. It sees nothing when the client has ended.
func (c *lookahead) look(fd int) error {
	buf := views.Get().(*view)
	n, err := again(func() (int, error) {
		n, _, err := unix.Recvfrom(fd, buf[:], unix.MSG_PEEK)
		return n, err
	})
	if n <= 0 {
		views.Put(buf)
		return err
	}
	c.seen, c.given = buf[:n], 0
	return nil
}

// pull takes out of the queue what was read of it, and reads on behind that. It returns how much it read on.
func (c *lookahead) pull(fd int, behind []byte) (int, error) {
	n, err := again(func() (int, error) { return unix.Readv(fd, [][]byte{c.seen[:c.given], behind}) })
	more := max(n-c.given, 0)
	if len(c.seen) > 0 {
		views.Put((*view)(c.seen[:lookaheadLen]))
	}
	c.seen, c.given = nil, 0
	return more, err
}

// giveBack leaves in the queue what is unread, and nothing else.
func (c *lookahead) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) > 0 {
		_ = c.raw.Control(func(fd uintptr) { _, _ = c.pull(int(fd), nil) }) // fails when it is closed
	}
}

// again repeats a system call that a signal interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
