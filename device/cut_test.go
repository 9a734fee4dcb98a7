package device_test

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// TestCutRequests: whether a request was whole is told, however its connection ended.
func TestCutRequests(t *testing.T) {
	for _, tc := range []struct {
		name, sent string
		reset      bool
		want       []trace.Request
	}{
		{"in the request line", "GET /sna", false, []trace.Request{{Line: "GET /sna", Cut: true}}},
		{"in the headers", "GET / HTTP/1.1\r\nUser-Agent: fox\r\nAcc", false,
			[]trace.Request{{Line: "GET / HTTP/1.1", UserAgent: "fox", Cut: true}}},
		{"in the request line, by a reset", "GET /sna", true, []trace.Request{{Line: "GET /sna", Cut: true}}},
		{"in the headers, by a reset", "GET / HTTP/1.1\r\nAcc", true, []trace.Request{{Line: "GET / HTTP/1.1", Cut: true}}},
		{"before it", "", false, []trace.Request{}},
		{"before it, by a reset", "", true, []trace.Request{}},
		{"not at all", "GET / HTTP/1.1\r\n\r\n", false, []trace.Request{{Line: "GET / HTTP/1.1"}}},
		{"not at all, with lines that end as some clients end them", "GET / HTTP/1.1\n\n", false, []trace.Request{{Line: "GET / HTTP/1.1"}}},
	} {
		for _, script := range []device.Script{device.Hello("page\n"), device.Asyncio("page\n"), device.Snapshot()} {
			t.Run(tc.name+", "+script.Name, func(t *testing.T) {
				context, pool := selfSigned(t, "")
				var read, written atomic.Int64
				camera, events := start(t, device.CameraConfig{
					Context: context, Script: script, Tap: func(conn net.Conn) net.Conn { return &counting{Conn: conn, read: &read} },
				})
				conn := dial(t, camera).(*net.TCPConn)
				client := tls.Client(&counting{Conn: conn, written: &written}, &tls.Config{RootCAs: pool, ServerName: host})
				require.NoError(t, client.Handshake())
				_, err := io.WriteString(client, tc.sent)
				require.NoError(t, err)
				if tc.reset {
					// A reset overtakes what was not read.
					require.Eventually(t, func() bool { return read.Load() == written.Load() }, 10*time.Second, time.Millisecond)
					require.NoError(t, conn.SetLinger(0))
					require.NoError(t, conn.Close())
				} else {
					require.NoError(t, client.Close())
				}
				e := <-events
				require.True(t, e.Complete)
				require.Equal(t, tc.want, e.Requests)
				require.Equal(t, len(tc.want) > 0 && !tc.want[0].Cut, e.Asked())
			})
		}
	}
}

// counting counts the octets of a connection, in the directions that are asked for.
type counting struct {
	net.Conn
	read, written *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read != nil {
		c.read.Add(int64(n))
	}
	return n, err
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.written != nil {
		c.written.Add(int64(n))
	}
	return n, err
}
