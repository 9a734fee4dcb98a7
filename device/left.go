package device

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

// A left is a connection that the script has let go of without closing TCP. MicroPython's garbage collector closes it,
// when it runs (CAMERA.md section 5.4).
type left struct {
	conn   net.Conn
	socket *SSLSocket // whose memory the collector frees as well
	unread bool       // something came that no script will read
}

// maxLeft is how many connections a camera without a board leaves open; one more ends the oldest. No collector bounds
// them there, only descriptors, and those are not the camera's alone.
const maxLeft = 128

// leave takes over a connection that the script leaves open. The caller holds the lock.
func (c *Camera) leave(conn net.Conn, socket *SSLSocket) {
	l := &left{conn: conn, socket: socket}
	if c.closed {
		l.close()
		return
	}
	if c.left = append(c.left, l); c.config.Context.Board() == nil && len(c.left) > maxLeft {
		c.left[0].close()
		c.left = slices.Delete(c.left, 0, 1)
	}
	_ = conn.SetReadDeadline(time.Time{}) // that of the script's timeout
	c.done.Go(func() { c.watch(l) })
}

// watch sees to it that a connection that its client resets is gone: the network takes it back at once. A client
// that closes in order changes nothing.
func (c *Camera) watch(l *left) {
	buf := make([]byte, 512)
	for {
		n, err := l.conn.Read(buf)
		c.mu.Lock()
		l.unread = l.unread || n > 0
		at := slices.Index(c.left, l)
		if at >= 0 && err != nil && !errors.Is(err, io.EOF) {
			c.left = slices.Delete(c.left, at, at+1)
			l.close()
			c.admitStalled()
		}
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// collect is a run of the garbage collector: it closes what the script has left open, and reports whether there was
// anything.
func (c *Camera) collect() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	collected := c.left
	c.left = nil
	for _, l := range collected {
		l.close()
	}
	c.admitStalled()
	return len(collected) > 0
}

// close closes a connection as its network does: by a reset when something was not read.
func (l *left) close() {
	l.socket.release()
	if l.unread {
		reset(l.conn)
		return
	}
	l.conn.Close()
}
