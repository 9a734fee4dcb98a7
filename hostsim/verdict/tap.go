package verdict

import (
	"net"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/trace"
)

// A Tap watches the wire, so that no verdict depends on luck: a client that refuses a certificate
// often leaves while the camera still writes its flight. The camera's write fails then, and the
// script never reads the alert that the client sent before. The zero Tap is ready; it may watch any
// number of connections.
type Tap struct {
	mu     sync.Mutex
	alerts map[string]trace.Alert // by the client's address
}

// Types of TLS records (RFC 5246 section 6.2.1).
const (
	recordChangeCipherSpec = 20
	recordAlert            = 21
)

const recordHeaderLen = 5

// Conn puts the tap around a connection, as [device.CameraConfig] wants it.
func (t *Tap) Conn(conn net.Conn) net.Conn { return &tapConn{Conn: conn, tap: t} }

// Complete adds what the camera did not see to the event of a connection that has ended.
func (t *Tap) Complete(e *trace.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.alerts[e.Remote]
	if ok && e.AlertReceived() == nil {
		e.Alerts = append(e.Alerts, a)
	}
	delete(t.alerts, e.Remote)
}

func (t *Tap) note(remote string, level, description uint8) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alerts == nil {
		t.alerts = map[string]trace.Alert{}
	}
	t.alerts[remote] = trace.Alert{Level: level, Description: description, Name: trace.AlertName(description)}
}

// tapConn looks at the records that a client sends, as long as they are not encrypted.
type tapConn struct {
	net.Conn
	tap *Tap

	mu        sync.Mutex
	pending   []byte // of a record that is not there as a whole
	encrypted bool
	broken    bool // a write failed: what the client sent before is still to be read
}

func (c *tapConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.look(p[:n])
	return n, err
}

func (c *tapConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		c.mu.Lock()
		c.broken = true
		c.mu.Unlock()
	}
	return n, err
}

// lastWords is how long a broken connection is listened to at its end.
const lastWords = 50 * time.Millisecond

func (c *tapConn) Close() error {
	c.mu.Lock()
	broken := c.broken
	c.mu.Unlock()
	if broken && c.Conn.SetReadDeadline(time.Now().Add(lastWords)) == nil {
		rest := make([]byte, 4<<10)
		if n, _ := c.Conn.Read(rest); n > 0 {
			c.look(rest[:n])
		}
	}
	return c.Conn.Close()
}

// SetLinger lets the camera reset a connection.
func (c *tapConn) SetLinger(seconds int) error {
	if inner, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return inner.SetLinger(seconds)
	}
	return nil
}

// look follows the records. A client's flights before its ChangeCipherSpec are small.
func (c *tapConn) look(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encrypted {
		return
	}
	c.pending = append(c.pending, data...)
	for len(c.pending) >= recordHeaderLen {
		size := recordHeaderLen + int(c.pending[3])<<8 + int(c.pending[4])
		if len(c.pending) < size {
			return
		}
		record := c.pending[:size]
		c.pending = c.pending[size:]
		switch {
		case record[0] == recordChangeCipherSpec:
			c.encrypted, c.pending = true, nil
			return
		case record[0] == recordAlert && size == recordHeaderLen+2:
			c.tap.note(c.RemoteAddr().String(), record[5], record[6])
		}
	}
}
