package device_test

import (
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/device/wire"
)

// TestTimeoutIsRaisedAgain: once settimeout's time has passed, every later use of the socket raises the same, whatever
// the client does by then, and also after close.
func TestTimeoutIsRaisedAgain(t *testing.T) {
	const timedOut = "OSError: [Errno 110] ETIMEDOUT"
	for _, tc := range []struct {
		name   string
		wrap   func(*device.Session) error
		client func(*tls.Conn) error // what it does before the time has passed
	}{
		{"in a read", (*device.Session).Wrap, (*tls.Conn).Handshake},
		{"in the handshake inside a read", (*device.Session).WrapLazily, func(*tls.Conn) error { return nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			context, pool := selfSigned(t, "")
			now := time.Now()
			synctest.Test(t, func(t *testing.T) {
				client, server := wire.Pipe()
				peer := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: host, Time: func() time.Time { return now }})
				var raised []error
				use := func(s *device.Session) {
					_, err := s.Readline()
					raised = append(raised, err)
					_, err = s.Write([]byte("x"))
					raised = append(raised, err)
				}
				passed, ready, ended := make(chan struct{}), make(chan struct{}), make(chan trace.Event, 1)
				camera := device.NewCamera(device.CameraConfig{Context: context, Timeout: time.Minute, Script: device.Script{
					Connections: 1,
					Serve: func(s *device.Session) error {
						if err := tc.wrap(s); err != nil {
							return err
						}
						use(s)
						close(passed)
						<-ready
						use(s)
						if err := s.Close(); err != nil {
							return err
						}
						use(s)
						return nil
					},
				}})
				go func() { ended <- camera.ServeConn(server) }()
				require.NoError(t, tc.client(peer))
				<-passed
				go func() { _, _ = peer.Write([]byte("late\n")) }()
				synctest.Wait() // until the line, or the ClientHello, is there to be read
				close(ready)
				require.NoError(t, (<-ended).Exception)
				require.NoError(t, client.Close())
				require.Len(t, raised, 6)
				for i, err := range raised {
					require.EqualError(t, err, timedOut, "use %d", i)
				}
			})
		})
	}
}

// TestExceptionOutlivesClose: what was raised once is raised after close, too.
func TestExceptionOutlivesClose(t *testing.T) {
	client, server := wire.Pipe()
	socket, _ := pair(t, client, server)
	_, err := client.Write(wire.Plain(wire.ApplicationData, make([]byte, 40)))
	require.NoError(t, err)
	const want = "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')"
	_, err = socket.Read(make([]byte, 1))
	require.EqualError(t, err, want)
	require.NoError(t, socket.Close())
	_, err = socket.Read(make([]byte, 1))
	require.EqualError(t, err, want)
	_, err = socket.Write([]byte("x"))
	require.EqualError(t, err, want)
}
