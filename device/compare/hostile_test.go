package compare_test

import (
	"context"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/device/wire"
)

// network hides that a connection is a pipe, whose other end's state would be known.
type network struct{ wire.Conn }

// TestServersThatNeverEnd: whatever a server does, a comparison ends within two minutes of the
// test's clock, says why, and keeps little of what came.
func TestServersThatNeverEnd(t *testing.T) {
	certificate := wire.Plain(wire.Handshake, []byte{11, 0xff, 0xff, 0xff})
	empty := wire.Plain(wire.ApplicationData, nil)
	full := wire.Plain(wire.Handshake, make([]byte, 16<<10))
	mixed := append(wire.Plain(77, nil), wire.Plain(78, nil)...)
	endless := func(first, more []byte, pause time.Duration) func(*wire.PipeConn, <-chan struct{}) {
		return func(server *wire.PipeConn, over <-chan struct{}) {
			_, err := server.Write(first)
			for err == nil {
				select {
				case <-over:
					return
				case <-time.After(pause):
				}
				_, err = server.Write(more)
			}
		}
	}
	for _, tc := range []struct {
		name  string
		serve func(server *wire.PipeConn, over <-chan struct{})
		stop  compare.Stop
		says  string
	}{
		{"silence", func(server *wire.PipeConn, _ <-chan struct{}) { _, _ = io.Copy(io.Discard, server) }, compare.StopSilent, "waits"},
		{"silence, and the client's end is ignored", func(server *wire.PipeConn, over <-chan struct{}) {
			_, _ = io.Copy(io.Discard, server)
			<-over
		}, compare.StopSilent, "waits, stays open after FIN"},
		{"nothing is read either", func(_ *wire.PipeConn, over <-chan struct{}) { <-over }, compare.StopSilent, "waits, stays open after FIN"},
		{"records without end", endless(nil, full, 0), "", "does not stop sending"},
		{"empty records without end", endless(nil, empty, 0), "", "does not stop sending"},
		{"records of unknown types without end", endless(nil, mixed, 0), "", "more, does not stop sending"},
		{"a certificate without end", endless(certificate, full, 0), "", "part of a message, does not stop sending"},
		{"an octet at a time", endless(nil, []byte{22}, 100*time.Millisecond), compare.StopTime, ""},
		{"empty records, slowly", endless(nil, empty, 250*time.Millisecond), compare.StopTime, ""},
		{"closes at once", func(*wire.PipeConn, <-chan struct{}) {}, "", "closes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				over := make(chan struct{})
				defer close(over)
				var before, after runtime.MemStats
				report, err := compare.Run(ctx, compare.Options{Address: "192.0.2.7:443", Dial: func(context.Context) (wire.Conn, error) {
					client, server := wire.Pipe()
					go func() { defer server.Close(); tc.serve(server, over) }()
					return network{client}, nil
				}, Progress: func(done, _ int, _ string) {
					if done == 0 {
						runtime.GC()
						runtime.ReadMemStats(&before)
					}
				}})
				require.NoError(t, err)
				runtime.GC()
				runtime.ReadMemStats(&after)
				require.Less(t, after.HeapAlloc, before.HeapAlloc+64<<20)
				require.Equal(t, tc.stop, report.Stop, report.Error)
				require.Empty(t, report.BehavesLike)
				for _, r := range report.Results {
					require.Contains(t, r.Answer, tc.says, r.Probe)
					require.Less(t, len(r.Answer), 4<<10)
				}
				runtime.KeepAlive(report)
			})
		})
	}
}

// TestInterruptedWhileItWaits: a server that says nothing does not keep a comparison from ending.
func TestInterruptedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := compare.Run(ctx, compare.Options{Address: "192.0.2.7:443", Dial: func(context.Context) (wire.Conn, error) {
			client, server := wire.Pipe()
			go func() { defer server.Close(); _, _ = io.Copy(io.Discard, server) }()
			return network{client}, nil
		}})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
	})
}
