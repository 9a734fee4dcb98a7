package device_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
)

// A holding connection sends by one write what was written while it held.
type holding struct {
	net.Conn
	held *bytes.Buffer // nil while it does not hold
}

func (c *holding) Write(p []byte) (int, error) {
	if c.held == nil {
		return c.Conn.Write(p)
	}
	return c.held.Write(p)
}

func (c *holding) release() error {
	_ = c.Conn.SetWriteDeadline(time.Time{}) // which crypto/tls sets behind a close_notify
	_, err := c.Conn.Write(c.held.Bytes())
	c.held = nil
	return err
}

// end reads until the connection ends, and returns how: io.EOF for a FIN.
func end(t testing.TB, conn net.Conn) error {
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	for {
		if _, err := conn.Read(make([]byte, 64<<10)); err != nil {
			return err
		}
	}
}

// TestUnreadAtClose: a camera reads no further than it has to, and TCP tells by a reset what it left unread.
func TestUnreadAtClose(t *testing.T) {
	const request = "GET / HTTP/1.0\r\n\r\n"
	record := func(content string) func(*tls.Conn, *holding) error {
		return func(client *tls.Conn, _ *holding) error {
			_, err := io.WriteString(client, content)
			return err
		}
	}
	for _, tc := range []struct {
		name   string
		behind func(client *tls.Conn, conn *holding) error // what follows the request in its segment
		reset  bool
	}{
		{"nothing", func(*tls.Conn, *holding) error { return nil }, false},
		{"the body of the request, in a record of its own", record(strings.Repeat("b", 300)), true},
		{"a second request", record(request), true},
		{"a close_notify", func(client *tls.Conn, _ *holding) error { return client.CloseWrite() }, true},
		{"half a record", func(client *tls.Conn, conn *holding) error {
			err := record(request)(client, conn)
			conn.held.Truncate(conn.held.Len() - 10)
			return err
		}, true},
		{"a part of a header", func(client *tls.Conn, conn *holding) error { return conn.held.WriteByte(23) }, true},
		{"what is no TLS", func(client *tls.Conn, conn *holding) error {
			_, err := conn.held.WriteString(strings.Repeat("g", 300))
			return err
		}, true},
	} {
		plain, _ := selfSigned(t, "")
		for name, config := range map[string]device.CameraConfig{
			"without a board":            {Context: plain},
			"without a board, asyncio":   {Context: plain, Script: device.Asyncio("page\n")},
			"with a timeout":             {Context: plain, Timeout: time.Minute},
			"with something around it":   {Context: plain, Tap: func(conn net.Conn) net.Conn { return struct{ net.Conn }{conn} }},
			"on a board with lwIP":       {Context: onBoard(t, "OPENMV_N6")},
			"on a board with a WINC1500": {Context: onBoard(t, "OPENMV4P")},
		} {
			t.Run(tc.name+", "+name, func(t *testing.T) {
				camera, events := start(t, config)
				conn := &holding{Conn: dial(t, camera)}
				client := tls.Client(conn, anyone)
				require.NoError(t, client.Handshake())
				conn.held = &bytes.Buffer{}
				require.NoError(t, record(request)(client, conn))
				read := int64(conn.held.Len())
				require.NoError(t, tc.behind(client, conn))
				require.NoError(t, conn.release())
				err := end(t, conn)
				if tc.reset {
					require.ErrorIs(t, err, syscall.ECONNRESET)
				} else {
					require.ErrorIs(t, err, io.EOF)
				}
				e := <-events
				require.NoError(t, e.Exception)
				require.Greater(t, e.BytesIn, read)
				require.Len(t, e.Requests, 1)
			})
		}
	}
}

// TestUnreadCounts: an event counts what the script read, not what had come.
func TestUnreadCounts(t *testing.T) {
	context, _ := selfSigned(t, "")
	var counts []int64
	for _, behind := range []string{"", strings.Repeat("b", 3000)} {
		camera, events := start(t, device.CameraConfig{Context: context})
		conn := &holding{Conn: dial(t, camera)}
		client := tls.Client(conn, anyone)
		require.NoError(t, client.Handshake())
		conn.held = &bytes.Buffer{}
		_, err := io.WriteString(client, "GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		conn.held.WriteString(behind)
		require.NoError(t, conn.release())
		_ = end(t, conn)
		counts = append(counts, (<-events).BytesIn)
	}
	require.Equal(t, counts[0], counts[1])
}

// TestLeftToTCP: what comes behind the last record that was read is there for who reads the TCP connection, when
// the handshake failed, and when the script goes on without TLS.
func TestLeftToTCP(t *testing.T) {
	readEOF := func(s *device.SSLSocket) error {
		_, err := s.Read(make([]byte, 100))
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	readLine := func(s *device.SSLSocket) error {
		line, err := s.Readline()
		if err == nil && string(line) != "line\n" {
			err = errors.New("another line: " + string(line))
		}
		return err
	}
	const plain = "plain text, in the segment of the last record"
	for _, tc := range []struct {
		name   string
		before func(client *tls.Conn, conn *holding) error
		read   func(*device.SSLSocket) error
		left   string
	}{
		{"behind the handshake", func(*tls.Conn, *holding) error { return nil }, func(*device.SSLSocket) error { return nil }, plain},
		{"behind a line", func(client *tls.Conn, _ *holding) error {
			_, err := io.WriteString(client, "line\n")
			return err
		}, readLine, plain},
		{"behind a close_notify", func(client *tls.Conn, _ *holding) error { return client.CloseWrite() }, readEOF, plain},
		{"behind a false record", func(_ *tls.Conn, conn *holding) error {
			_, err := conn.held.WriteString("\x17\x03\x03\x00\x01x")
			return err
		}, func(s *device.SSLSocket) error {
			if _, err := s.Read(make([]byte, 1)); err == nil {
				return errors.New("it was read")
			}
			return nil
		}, plain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			near, far := tcpPair(t)
			conn := &holding{Conn: near}
			client := tls.Client(conn, anyone)
			shaken := make(chan error, 1)
			go func() { shaken <- client.Handshake() }()
			context, _ := selfSigned(t, "")
			socket, err := context.WrapSocket(far)
			require.NoError(t, err)
			require.NoError(t, <-shaken)
			conn.held = &bytes.Buffer{}
			require.NoError(t, tc.before(client, conn))
			conn.held.WriteString(plain)
			require.NoError(t, conn.release())
			require.NoError(t, tc.read(socket))
			require.NoError(t, near.CloseWrite())
			left, err := io.ReadAll(far)
			require.NoError(t, err)
			require.Equal(t, tc.left, string(left))
		})
	}
	t.Run("behind the header of what is no ClientHello", func(t *testing.T) {
		near, far := tcpPair(t)
		_, err := io.WriteString(near, "GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, near.CloseWrite())
		context, _ := selfSigned(t, "")
		_, err = context.WrapSocket(far)
		require.Error(t, err)
		left, err := io.ReadAll(far)
		require.NoError(t, err)
		require.Equal(t, " HTTP/1.0\r\n\r\n", string(left))
	})
}

// tcpPair returns the two ends of a connection.
func tcpPair(t testing.TB) (client, server *net.TCPConn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { near.Close() })
	far, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { far.Close() })
	return near.(*net.TCPConn), far.(*net.TCPConn)
}

// TestDeadlineBeforeWhatCame: a deadline that has passed ends a read also when its record is there, and leaves it.
func TestDeadlineBeforeWhatCame(t *testing.T) {
	near, far := tcpPair(t)
	socket, peer := pair(t, near, far)
	conn := &holding{Conn: near}
	_, err := io.WriteString(peer, "one\n")
	require.NoError(t, err)
	_, err = io.WriteString(peer, "two\n")
	require.NoError(t, err)
	line, err := socket.Readline()
	require.NoError(t, err)
	require.Equal(t, "one\n", string(line))
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(-time.Second)))
	_, err = socket.Readline()
	require.EqualError(t, err, "OSError: [Errno 110] ETIMEDOUT")
	require.NoError(t, socket.SetReadDeadline(time.Time{}))
	line, err = socket.Readline()
	require.NoError(t, err)
	require.Equal(t, "two\n", string(line))
	require.NoError(t, socket.Close())
	require.ErrorIs(t, end(t, conn), io.EOF)
}
