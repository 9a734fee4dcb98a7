package gateway_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/leafcam/leafcam/certs"
)

// recorder is a camera that keeps every octet that it is sent.
type recorder struct {
	address string

	mu     sync.Mutex
	answer http.HandlerFunc
	conns  []*recordedConn
	open   int
	peak   int
	busy   chan struct{} // nil, or closed when handshakes go on
}

// newRecorder starts one.
func newRecorder(t *testing.T, id *certs.Identity) *recorder {
	c := &recorder{}
	server := httptest.NewUnstartedServer(c)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.DER()}, PrivateKey: id.Key}}}
	server.Listener = &recordingListener{tls.NewListener(server.Listener, config), c}
	server.Config.ErrorLog = discarding
	server.Start()
	t.Cleanup(server.Close)
	c.address = server.Listener.Addr().String()
	return c
}

// begin forgets what was received, and sets what is answered from now on.
func (c *recorder) begin(answer http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.conns, c.peak, c.busy = answer, nil, 0, nil
}

// end closes what is open still, and returns what came over each connection.
func (c *recorder) end() (received []string, peak int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Conn.Close()
		if raw := conn.String(); raw != "" { // a connection may be made in vain
			received = append(received, raw)
		}
	}
	return received, c.peak
}

// hold lets no handshake begin until go on is called.
func (c *recorder) hold() (goOn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	busy := make(chan struct{})
	c.busy = busy
	return func() { close(busy) }
}

// connected is how many connections are open.
func (c *recorder) connected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// asked reports whether a request line of this path has come.
func (c *recorder) asked(path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if targetOf(conn.String()) == path {
			return true
		}
	}
	return false
}

// ServeHTTP answers as it was told to.
func (c *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	answer := c.answer
	c.mu.Unlock()
	if answer != nil && r.URL.Path != "/honest" {
		answer(w, r)
		return
	}
	n, _ := io.Copy(io.Discard, r.Body)
	_, _ = fmt.Fprintf(w, "fine, %d octets\n", n)
}

// says is an answer as it is written, in the place of the server's own.
func says(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, raw)
	}
}

type recordingListener struct {
	net.Listener
	camera *recorder
}

// Accept takes a connection into the camera's records.
func (l *recordingListener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &recordedConn{Conn: inner}
	conn.gone = sync.OnceFunc(func() {
		l.camera.mu.Lock()
		defer l.camera.mu.Unlock()
		l.camera.open--
	})
	l.camera.mu.Lock()
	defer l.camera.mu.Unlock()
	conn.busy = l.camera.busy
	l.camera.conns = append(l.camera.conns, conn)
	l.camera.open++
	l.camera.peak = max(l.camera.peak, l.camera.open)
	return conn, nil
}

type recordedConn struct {
	net.Conn
	busy <-chan struct{}
	gone func()

	mu  sync.Mutex
	raw bytes.Buffer
}

// Read keeps what it reads.
func (c *recordedConn) Read(p []byte) (int, error) {
	if c.busy != nil {
		<-c.busy
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(p[:n])
	return n, err
}

// Close ends the connection.
func (c *recordedConn) Close() error {
	defer c.gone()
	return c.Conn.Close()
}

func (c *recordedConn) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}
