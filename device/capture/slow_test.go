package capture_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/capture"
)

// slowDisk stands still until it is let go.
type slowDisk struct {
	head bool // was written
	free chan struct{}
	mu   sync.Mutex
	file bytes.Buffer
}

// Write takes the head at once.
func (d *slowDisk) Write(p []byte) (int, error) {
	if d.head {
		<-d.free
	}
	d.head = true
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file.Write(p)
}

// octets is a connection to a client who takes everything at once.
type octets struct{ net.Conn }

func (octets) Write(p []byte) (int, error) { return len(p), nil }
func (octets) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (octets) LocalAddr() net.Addr         { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestSlowDisk holds up nobody; what is missing is counted where it is missing, and the rest can be read.
func TestSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{free: make(chan struct{})}
		w, err := capture.NewWriter(disk)
		require.NoError(t, err)
		began, conn := time.Now(), w.Conn(octets{})
		const frames, handshake = 1000, 3
		for range frames {
			_, err := conn.Write(make([]byte, 32<<10))
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began), "the camera never waited")
		close(disk.free)
		synctest.Wait()
		_, err = conn.Write([]byte("late"))
		require.NoError(t, err)
		require.ErrorIs(t, w.Close(time.Minute), capture.ErrIncomplete)

		r, err := pcapgo.NewNgReader(&disk.file, pcapgo.DefaultNgReaderOptions)
		require.NoError(t, err)
		seen, last := 0, []byte(nil)
		for err == nil {
			var data []byte
			if data, _, err = r.ReadPacketData(); err == nil {
				seen, last = seen+1, data
			}
		}
		require.ErrorIs(t, err, io.EOF)
		require.Contains(t, string(last), "late")
		statistics, err := r.Interface(0)
		require.NoError(t, err)
		left := int(statistics.Statistics.PacketsDropped)
		require.Positive(t, left)
		require.Equal(t, handshake+frames+1, seen+left, "each is there, or counted")
	})
}

// TestDiskThatStandsStill keeps nobody from ending.
func TestDiskThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{free: make(chan struct{})}
		w, err := capture.NewWriter(disk)
		require.NoError(t, err)
		w.Secret(make([]byte, 32), make([]byte, 48))
		began := time.Now()
		require.ErrorIs(t, w.Close(time.Second), capture.ErrIncomplete)
		require.Equal(t, time.Second, time.Since(began))
		close(disk.free)
	})
}
