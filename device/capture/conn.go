package capture

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/gopacket/gopacket/layers"
)

// maxPayload keeps a packet below the largest that IP can carry, octets.
const maxPayload = 32 << 10

// A conn is a captured connection, seen from its server.
type conn struct {
	net.Conn
	w *Writer

	mu             sync.Mutex
	client, server *net.TCPAddr
	fromClient     uint32 // next sequence number
	fromServer     uint32
	clientDone     bool // its FIN or RST was written
	serverDone     bool
	linger         int // as set; 0 makes Close a reset
}

// Conn returns the connection with everything that goes over it captured, beginning with
// TCP's handshake. A connection that is not TCP is returned as it is.
func (w *Writer) Conn(inner net.Conn) net.Conn {
	client, clientOK := inner.RemoteAddr().(*net.TCPAddr)
	server, serverOK := inner.LocalAddr().(*net.TCPAddr)
	if !clientOK || !serverOK {
		return inner
	}
	c := &conn{Conn: inner, w: w, client: client, server: server, linger: -1}
	c.up(layers.TCP{SYN: true}, nil)
	c.down(layers.TCP{SYN: true, ACK: true}, nil)
	c.up(layers.TCP{ACK: true}, nil)
	return c
}

// up writes a packet of the client, down one of the server. The caller holds the lock,
// or nobody else knows of the connection yet.
func (c *conn) up(tcp layers.TCP, payload []byte) {
	c.send(c.client, c.server, tcp, &c.fromClient, c.fromServer, payload)
}

func (c *conn) down(tcp layers.TCP, payload []byte) {
	c.send(c.server, c.client, tcp, &c.fromServer, c.fromClient, payload)
}

func (c *conn) send(from, to *net.TCPAddr, tcp layers.TCP, seq *uint32, ack uint32, payload []byte) {
	const window = 65535
	tcp.Seq, tcp.Window = *seq, window
	if tcp.ACK {
		tcp.Ack = ack
	}
	c.w.packet(from, to, &tcp, payload)
	*seq += uint32(len(payload))
	if tcp.SYN || tcp.FIN {
		*seq++
	}
}

// Read captures what was read, and how the client ended.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	for data := p[:n]; len(data) > 0; {
		part := data[:min(len(data), maxPayload)]
		c.up(layers.TCP{ACK: true, PSH: true}, part)
		data = data[len(part):]
	}
	switch {
	case c.clientDone || err == nil:
	case errors.Is(err, io.EOF):
		c.clientDone = true
		c.up(layers.TCP{FIN: true, ACK: true}, nil)
	case errors.Is(err, syscall.ECONNRESET):
		c.clientDone, c.serverDone = true, true
		c.up(layers.TCP{RST: true, ACK: true}, nil)
	}
	return n, err
}

// Write captures what was written.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	for data := p[:n]; len(data) > 0; {
		part := data[:min(len(data), maxPayload)]
		c.down(layers.TCP{ACK: true, PSH: true}, part)
		data = data[len(part):]
	}
	return n, err
}

// SetLinger sets TCP's linger time, which decides how Close ends the connection.
func (c *conn) SetLinger(seconds int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tcp, ok := c.Conn.(interface{ SetLinger(int) error })
	if !ok {
		return errors.ErrUnsupported
	}
	c.linger = seconds
	return tcp.SetLinger(seconds)
}

// Close captures the server's end.
func (c *conn) Close() error {
	c.mu.Lock()
	if !c.serverDone {
		c.serverDone = true
		c.down(layers.TCP{FIN: c.linger != 0, RST: c.linger == 0, ACK: true}, nil)
	}
	c.mu.Unlock()
	return c.Conn.Close()
}
