package device_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// fail makes a connection whose handshake fails, and waits until the script is done with it.
func fail(t *testing.T, camera *device.Camera, events chan trace.Event) (net.Conn, trace.Event) {
	conn := dial(t, camera)
	_, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
	require.NoError(t, err)
	return conn, <-events
}

// requireOpen asserts that a connection has not ended, as far as it can be told by waiting.
func requireOpen(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// get asks for a page.
func get(conn net.Conn) error {
	client := tls.Client(conn, anyone)
	if _, err := io.WriteString(client, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return err
	}
	_, err := client.Read(make([]byte, 1))
	return err
}

// TestScriptsAfterAFailedHandshake: TCP stays open under asyncio alone, where the place of the connection is free all the same.
func TestScriptsAfterAFailedHandshake(t *testing.T) {
	for _, tc := range []struct {
		script device.Script
		open   bool
	}{
		{device.Hello("page\n"), false},
		{device.Snapshot(), false},
		{device.Asyncio("page\n"), true},
		{device.Microdot("page\n"), true},
	} {
		t.Run(tc.script.Name, func(t *testing.T) {
			context, _ := selfSigned(t, "")
			camera, events := start(t, device.CameraConfig{Context: context, Script: tc.script})
			var conns []net.Conn
			for range 6 { // more than are served at a time
				conn, e := fail(t, camera, events)
				require.EqualError(t, e.Exception, "OSError: (-30464, 'MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE')")
				require.Equal(t, tc.open, e.LeftOpen)
				conns = append(conns, conn)
			}
			if tc.open {
				requireOpen(t, conns[0])
			}
			require.NoError(t, get(dial(t, camera)))
			require.NoError(t, camera.Close())
			for _, conn := range conns {
				require.NotErrorIs(t, end(t, conn), os.ErrDeadlineExceeded)
			}
		})
	}
}

// TestEndAfterTheHandshakeCloses: what is raised once the handshake is complete, and the end of the client before it,
// do not keep the TLS socket from closing TCP. Of the two only the script under asyncio closes it.
func TestEndAfterTheHandshakeCloses(t *testing.T) {
	broken := func(conn net.Conn) error {
		if err := tls.Client(conn, anyone).Handshake(); err != nil {
			return err
		}
		_, err := conn.Write([]byte{23, 3, 3, 0, 40})
		if err == nil {
			_, err = conn.Write(make([]byte, 40))
		}
		return err
	}
	for _, tc := range []struct {
		name   string
		script device.Script
		client func(net.Conn) error
		raised string
		open   bool
	}{
		{"asyncio, a record that does not verify", device.Asyncio("page\n"), broken, "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')", false},
		{"microdot, a record that does not verify", device.Microdot("page\n"), broken, "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')", true},
		{"asyncio, the end before any octet", device.Asyncio("page\n"), closeWrite, "OSError: (-29312, 'MBEDTLS_ERR_SSL_CONN_EOF')", false},
		{"microdot, the end before any octet", device.Microdot("page\n"), closeWrite, "OSError: (-29312, 'MBEDTLS_ERR_SSL_CONN_EOF')", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			context, _ := selfSigned(t, "")
			camera, events := start(t, device.CameraConfig{Context: context, Script: tc.script})
			conn := dial(t, camera)
			require.NoError(t, tc.client(conn))
			e := <-events
			require.EqualError(t, e.Exception, tc.raised)
			require.Equal(t, tc.open, e.LeftOpen)
			if tc.open {
				requireOpen(t, conn)
				return
			}
			require.NotErrorIs(t, end(t, conn), os.ErrDeadlineExceeded)
		})
	}
}

func closeWrite(conn net.Conn) error { return conn.(*net.TCPConn).CloseWrite() }

// TestLeftConnectionsHoldSockets of a board's network, until the client resets or the collector runs.
func TestLeftConnectionsHoldSockets(t *testing.T) {
	const sockets = 5 // of lwIP
	for _, tc := range []struct {
		name string
		// leaves is what one of the clients does; served says that there is a socket for the sixth then.
		leaves func(*net.TCPConn) error
		served bool
	}{
		{"it waits", func(*net.TCPConn) error { return nil }, false},
		{"it closes in order", (*net.TCPConn).Close, false},
		{"it resets", func(conn *net.TCPConn) error {
			if err := conn.SetLinger(0); err != nil {
				return err
			}
			return conn.Close()
		}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stalled := make(chan net.Addr, 1)
			camera, events := start(t, device.CameraConfig{
				Context: onBoard(t, "OPENMV_N6"), Script: device.Asyncio("page\n"),
				OnStall: func(remote net.Addr) { stalled <- remote },
			})
			var last net.Conn
			for range sockets {
				last, _ = fail(t, camera, events)
			}
			sixth := dial(t, camera)
			<-stalled
			require.NoError(t, tc.leaves(last.(*net.TCPConn)))
			if tc.served {
				require.NoError(t, get(sixth))
				return
			}
			_, err := io.WriteString(sixth, "GET / HTTP/1.1\r\n\r\n")
			require.NoError(t, err)
			requireOpen(t, sixth)
			_, _, waits := camera.Connections()
			require.Equal(t, 1, waits)
		})
	}
}

// TestCollectorEndsLeftConnections: it runs when an allocation finds no room.
func TestCollectorEndsLeftConnections(t *testing.T) {
	t.Run("a line without an end", func(t *testing.T) {
		camera, events := start(t, device.CameraConfig{Context: onBoard(t, "ARDUINO_NICLA_VISION"), Script: device.Asyncio("page\n")})
		var conns []net.Conn
		for range 4 {
			conn, _ := fail(t, camera, events)
			conns = append(conns, conn)
		}
		client := tls.Client(dial(t, camera), anyone)
		for err := error(nil); err == nil; {
			_, err = client.Write(make([]byte, 16<<10))
		}
		require.ErrorContains(t, (<-events).Exception, "MemoryError")
		for _, conn := range conns {
			require.NotErrorIs(t, end(t, conn), os.ErrDeadlineExceeded)
		}
	})
	t.Run("a TLS socket that nobody closed", func(t *testing.T) {
		context := onBoard(t, "OPENMV3") // which has room for one
		camera, events := start(t, device.CameraConfig{Context: context, Script: device.Microdot("page\n")})
		empty, _ := context.Memory()
		conn := dial(t, camera)
		require.NoError(t, closeWrite(conn))
		require.True(t, (<-events).LeftOpen)
		held, _ := context.Memory()
		require.Greater(t, held, empty)
		require.NoError(t, get(dial(t, camera)))
		require.NoError(t, (<-events).Exception)
		require.NotErrorIs(t, end(t, conn), os.ErrDeadlineExceeded)
	})
	t.Run("many, without a board", func(t *testing.T) {
		context, _ := selfSigned(t, "")
		camera, events := start(t, device.CameraConfig{Context: context, Script: device.Asyncio("page\n")})
		first, _ := fail(t, camera, events)
		var last net.Conn
		for range 128 {
			last, _ = fail(t, camera, events)
		}
		require.NotErrorIs(t, end(t, first), os.ErrDeadlineExceeded)
		requireOpen(t, last)
	})
}

// TestTimeoutOfALeftConnection is not its end: the client may go on as long as it likes.
func TestTimeoutOfALeftConnection(t *testing.T) {
	context, _ := selfSigned(t, "")
	camera, events := start(t, device.CameraConfig{Context: context, Script: device.Asyncio("page\n"), Timeout: 10 * time.Millisecond})
	conn := dial(t, camera)
	e := <-events
	require.EqualError(t, e.Exception, "OSError: [Errno 110] ETIMEDOUT")
	require.True(t, e.LeftOpen)
	requireOpen(t, conn)
}
