package device_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// writes counts the writes of a connection.
type writes struct {
	net.Conn
	count *atomic.Int64
}

func (c *writes) Write(p []byte) (int, error) {
	c.count.Add(1)
	return c.Conn.Write(p)
}

// TestWritesOfAPage: the records of a page share writes but for the first, unless a timeout or a board's network comes between.
func TestWritesOfAPage(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 20<<10/16)
	const handshake, records = 4 + 2, 6 // the page has a head besides
	plain, pool := selfSigned(t, "")
	for name, tc := range map[string]struct {
		config device.CameraConfig
		want   int64
	}{
		"as it is":       {device.CameraConfig{Context: plain}, handshake + 2},
		"with a timeout": {device.CameraConfig{Context: plain, Timeout: time.Minute}, handshake + records},
		"on a board":     {device.CameraConfig{Context: onBoard(t, "OPENMV_N6")}, handshake + records},
		"on a board whose network takes 1400 octets at a time": {
			device.CameraConfig{Context: onBoard(t, "OPENMV4P")}, handshake + 5*3 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int64
			tc.config.Script = device.Hello(body)
			tc.config.Tap = func(conn net.Conn) net.Conn { return &writes{conn, &count} }
			camera, events := start(t, tc.config)
			config := anyone
			if tc.config.Context == plain {
				config = &tls.Config{RootCAs: pool, ServerName: host}
			}
			client := withoutCloseNotify{tls.Client(dial(t, camera), config)}
			_, err := io.WriteString(client, "GET / HTTP/1.0\r\n\r\n")
			require.NoError(t, err)
			page, err := io.ReadAll(client)
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(string(page), "\r\n\r\n"+body))
			require.NoError(t, (<-events).Exception)
			require.Equal(t, tc.want, count.Load())
		})
	}
}

// onceMore takes one write more once it is told to, as TCP does when the client is gone: that write is answered
// with a reset.
type onceMore struct {
	net.Conn
	told  bool
	taken int
}

func (c *onceMore) Write(p []byte) (int, error) {
	switch {
	case !c.told:
		return c.Conn.Write(p)
	case c.taken > 0:
		return 0, os.NewSyscallError("write", syscall.EPIPE)
	}
	c.taken = len(p)
	return len(p), nil
}

// TestClientGoneBeforeThePage: one record is sent, however many there are, and the second one fails.
func TestClientGoneBeforeThePage(t *testing.T) {
	client, server := wire.Pipe()
	conn := &onceMore{Conn: server}
	socket, peer := pair(t, client, conn)
	defer peer.Close()
	conn.told = true
	n, err := socket.Write(make([]byte, 100<<10))
	require.EqualError(t, err, "OSError: 32")
	require.Equal(t, 4096, n)
	require.Less(t, conn.taken, 2*4096)
}
