package wire_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/wire"
)

// TestBusyServerIsAwaited: over a pipe, how long a server takes changes nothing about what it is
// seen to do.
func TestBusyServerIsAwaited(t *testing.T) {
	alert := wire.Plain(wire.Alert, []byte{2, 40})
	const slow = 20 * wire.DefaultSilence
	for _, tc := range []struct {
		name  string
		serve func(t *testing.T, server *wire.PipeConn)
		does  string
	}{
		{"answers late", func(t *testing.T, server *wire.PipeConn) {
			read(t, server, "hello")
			time.Sleep(slow)
			_, _ = server.Write(alert)
			read(t, server, "")
		}, "alert fatal handshake_failure (40), waits"},
		{"closes late", func(t *testing.T, server *wire.PipeConn) {
			read(t, server, "hello")
			time.Sleep(slow)
		}, "closes"},
		{"reads late", func(t *testing.T, server *wire.PipeConn) {
			time.Sleep(slow)
			read(t, server, "hello")
			_, _ = server.Write(alert)
		}, "alert fatal handshake_failure (40), closes"},
		{"answers the end late", func(t *testing.T, server *wire.PipeConn) {
			read(t, server, "hello")
			read(t, server, "")
			time.Sleep(slow)
			_, _ = server.Write(alert)
		}, "waits, after FIN alert fatal handshake_failure (40)"},
		{"leaves", func(t *testing.T, server *wire.PipeConn) {
			read(t, server, "hello")
			server.Leave()
			time.Sleep(time.Hour)
		}, "waits, stays open after FIN"},
		{"does nothing at all", func(t *testing.T, server *wire.PipeConn) {
			time.Sleep(time.Hour)
		}, "waits, stays open after FIN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := wire.Pipe()
				ended := make(chan struct{})
				go func() { defer close(ended); defer server.Close(); tc.serve(t, server) }()
				got := wire.Replay(client, []wire.Octets{wire.Octets("hello")}, wire.ReplayOptions{Plain: true})
				<-ended
				require.Equal(t, tc.does, got.Describe())
			})
		})
	}
}

// TestSegmentsReachBusyServerApart: a pause between two writes lets a server that is busy read the
// first one alone.
func TestSegmentsReachBusyServerApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wire.Pipe()
		go func() {
			defer server.Close()
			time.Sleep(time.Second)
			read(t, server, "one")
			read(t, server, "two")
		}()
		wire.Replay(client, []wire.Octets{wire.Octets("one"), wire.Octets("two")}, wire.ReplayOptions{Pause: 10 * time.Millisecond, Plain: true})
	})
}

// read asserts what one read brings, "" for the end.
func read(t *testing.T, conn *wire.PipeConn, want string) {
	var buf [64]byte
	n, err := conn.Read(buf[:])
	if want == "" {
		assert.ErrorIs(t, err, io.EOF)
		return
	}
	if assert.NoError(t, err) {
		assert.Equal(t, want, string(buf[:n]))
	}
}
