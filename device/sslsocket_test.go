package device_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// withoutCloseNotify is a TLS client that takes the end of TCP for the end of the
// stream: the camera never sends close_notify.
type withoutCloseNotify struct{ *tls.Conn }

func (c withoutCloseNotify) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Close closes TCP alone: the camera may be gone, and not read a close_notify.
func (c withoutCloseNotify) Close() error { return c.Conn.NetConn().Close() }

// pair returns a camera's socket and a client that have shaken hands.
func pair(t testing.TB, client, server net.Conn) (*device.SSLSocket, net.Conn) {
	context, pool := selfSigned(t, "")
	peer := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: host})
	done := make(chan error, 1)
	go func() { done <- peer.Handshake() }()
	socket, err := context.WrapSocket(server)
	require.NoError(t, err)
	require.NoError(t, <-done)
	return socket, withoutCloseNotify{peer}
}

// TestNetConn runs the tests that every net.Conn has to pass, with the camera's socket
// as the one whose deadlines are used. The mirrored run is left out: it would test the
// deadlines of crypto/tls, whose connections do not work on after a write timed out.
func TestNetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		client, server := wire.Pipe()
		socket, peer := pair(t, client, server)
		return socket, peer, func() { socket.Close(); peer.Close() }, nil
	})
}

// TestClientToCamera is the direction that TestNetConn's BasicIO does not take.
func TestClientToCamera(t *testing.T) {
	client, server := wire.Pipe()
	socket, peer := pair(t, client, server)
	defer socket.Close()
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		_, _ = peer.Write(want)
		peer.Close()
	}()
	got, err := io.ReadAll(socket)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
}

func TestClosedSocket(t *testing.T) {
	client, server := wire.Pipe()
	socket, peer := pair(t, client, server)
	defer peer.Close()
	suite, version := socket.Cipher()
	require.Equal(t, "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384", suite)
	require.Equal(t, "TLSv1.2", version)
	require.NoError(t, socket.Close())
	require.NoError(t, socket.Close(), "a second close is fine")
	for _, use := range []func() error{
		func() error { _, err := socket.Read(make([]byte, 1)); return err },
		func() error { _, err := socket.Write([]byte("x")); return err },
		func() error { _, err := socket.Readline(); return err },
	} {
		err := use()
		require.EqualError(t, err, "OSError: (-28928, 'MBEDTLS_ERR_SSL_BAD_INPUT_DATA')")
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

func TestExceptionIsLatched(t *testing.T) {
	client, server := wire.Pipe()
	socket, _ := pair(t, client, server)
	defer socket.Close()
	_, err := client.Write([]byte{23, 3, 3, 0, 40})
	require.NoError(t, err)
	_, err = client.Write(make([]byte, 40))
	require.NoError(t, err)
	const want = "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')"
	_, err = socket.Read(make([]byte, 1))
	require.EqualError(t, err, want)
	_, err = socket.Read(make([]byte, 1))
	require.EqualError(t, err, want, "raised again")
	_, err = socket.Write([]byte("x"))
	require.EqualError(t, err, want, "raised again by the other direction")
}

func TestDeadlineIsNotLatched(t *testing.T) {
	client, server := wire.Pipe()
	socket, peer := pair(t, client, server)
	defer socket.Close()
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	_, err := socket.Read(make([]byte, 1))
	require.EqualError(t, err, "OSError: [Errno 110] ETIMEDOUT")
	var netErr net.Error
	require.ErrorAs(t, err, &netErr)
	require.True(t, netErr.Timeout())
	require.NoError(t, socket.SetReadDeadline(time.Time{}))
	go func() { _, _ = peer.Write([]byte("later\n")) }()
	line, err := socket.Readline()
	require.NoError(t, err)
	require.Equal(t, "later\n", string(line))
}

func TestFailedHandshakeLeavesTCPOpen(t *testing.T) {
	context, _ := selfSigned(t, "")
	client, server := wire.Pipe()
	_, err := client.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	require.NoError(t, err)
	socket, err := context.WrapSocket(server)
	require.EqualError(t, err, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')")
	suite, _ := socket.Cipher()
	require.Empty(t, suite)
	_, err = server.Write([]byte("still open"))
	require.NoError(t, err)
}

// TestLazyHandshake: the first use shakes hands; its exception is raised again, and a
// deadline in it can be survived.
func TestLazyHandshake(t *testing.T) {
	context, pool := selfSigned(t, "")
	client, server := wire.Pipe()
	socket, err := context.WrapSocketLazily(server)
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	_, err = socket.Read(make([]byte, 1))
	require.EqualError(t, err, "OSError: [Errno 110] ETIMEDOUT")
	require.NoError(t, socket.SetReadDeadline(time.Time{}))
	go func() {
		peer := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: host})
		_, _ = peer.Write([]byte("hello\n"))
	}()
	line, err := socket.Readline()
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(line))

	client, server = wire.Pipe()
	socket, err = context.WrapSocketLazily(server)
	require.NoError(t, err)
	defer socket.Close()
	_, err = client.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	require.NoError(t, err)
	const want = "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')"
	for range 2 {
		_, err = socket.Read(make([]byte, 1))
		require.EqualError(t, err, want)
		_, err = socket.Write([]byte("x"))
		require.EqualError(t, err, want)
	}
}

// TestSend: send is one record, write and sendall are as many as it takes.
func TestSend(t *testing.T) {
	client, server := wire.Pipe()
	socket, peer := pair(t, client, server)
	defer peer.Close()
	defer socket.Close()
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
	for _, tc := range []struct {
		name string
		send func([]byte) (int, error)
		size int
		want int
	}{
		{"send of nothing", socket.Send, 0, 0},
		{"send of a little", socket.Send, 100, 100},
		{"send of a record", socket.Send, 4096, 4096},
		{"send of more than a record", socket.Send, 4097, 4096},
		{"write of more than a record", socket.Write, len(data), len(data)},
	} {
		n, err := tc.send(data[:tc.size])
		require.NoError(t, err, tc.name)
		require.Equal(t, tc.want, n, tc.name)
		got := make([]byte, n)
		_, err = io.ReadFull(peer, got)
		require.NoError(t, err, tc.name)
		require.Equal(t, data[:n], got, tc.name)
	}
}

// TestCloseAfterFailedHandshake: inside a read or a write it leaves the connection to who gave it.
func TestCloseAfterFailedHandshake(t *testing.T) {
	for name, use := range map[string]func(*device.SSLSocket) error{
		"read":  func(s *device.SSLSocket) error { _, err := s.Read(make([]byte, 1)); return err },
		"write": func(s *device.SSLSocket) error { _, err := s.Write([]byte("x")); return err },
	} {
		context, _ := selfSigned(t, "")
		client, server := wire.Pipe()
		_, err := client.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		require.NoError(t, err)
		socket, err := context.WrapSocketLazily(server)
		require.NoError(t, err)
		const want = "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')"
		require.EqualError(t, use(socket), want, name)
		require.NoError(t, socket.Close(), name)
		require.EqualError(t, use(socket), want, name)
		_, err = server.Write([]byte("in plain text"))
		require.NoError(t, err, name)
		require.NoError(t, server.Close(), name)
	}
}
