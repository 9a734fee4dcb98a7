package device_test

import (
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// hostileConnections is how many of them a camera with a timeout has to bear.
const hostileConnections = 10_000

// TestHostileConnections: whatever clients do to a camera with a timeout, it gives
// back every goroutine, descriptor and octet, and serves the next honest client.
func TestHostileConnections(t *testing.T) {
	context, pool := selfSigned(t, "")
	var ended, reset atomic.Int64
	camera, err := device.Start(device.CameraConfig{
		Context: context, Connections: 64, Backlog: 100, Timeout: 60 * time.Millisecond,
		OnEvent: func(trace.Event) { ended.Add(1) }, OnReset: func(net.Addr) { reset.Add(1) },
	})
	require.NoError(t, err)
	defer camera.Close()
	// On a busy machine an honest client, too, can be slower than the camera's timeout.
	honest := func() {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			response, err := httpClient(pool).Get(urlOf(t, camera))
			require.NoError(c, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(c, err)
			require.Equal(c, device.DefaultBody, string(body))
		}, 30*time.Second, 50*time.Millisecond)
	}
	honest()
	goroutines, descriptors, heap := settled()

	hello := recordedHello(t)
	var clients sync.WaitGroup
	slots := make(chan struct{}, 100)
	for i := range hostileConnections {
		slots <- struct{}{}
		clients.Go(func() {
			defer func() { <-slots }()
			conn, err := net.Dial("tcp", camera.Addr().String())
			if err != nil {
				return // reset while connecting
			}
			defer conn.Close()
			attack(conn, i, hello)
		})
	}
	clients.Wait()
	require.Eventually(t, func() bool { return ended.Load()+reset.Load() > hostileConnections*9/10 && idle(&ended) },
		20*time.Second, 100*time.Millisecond)
	honest()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		g, d, h := settled()
		assert.LessOrEqual(c, g, goroutines+1, "goroutines, and the one that looks")
		assert.LessOrEqual(c, d, descriptors, "descriptors")
		assert.LessOrEqual(c, h, heap+1<<20, "heap, octets")
	}, 30*time.Second, 100*time.Millisecond)
	t.Logf("%d connections served, %d reset", ended.Load(), reset.Load())
}

// idle reports whether no connection ended for a while.
func idle(ended *atomic.Int64) bool {
	before := ended.Load()
	time.Sleep(150 * time.Millisecond)
	return ended.Load() == before
}

// attack is one of the things that hostile clients do.
func attack(conn net.Conn, i int, hello []byte) {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	garbage := make([]byte, rng.IntN(4096)+1)
	for j := range garbage {
		garbage[j] = byte(rng.Uint32())
	}
	switch i % 6 {
	case 0: // cut somewhere in the ClientHello
		_, _ = conn.Write(hello[:rng.IntN(len(hello))])
	case 1:
		_, _ = conn.Write(garbage)
	case 2: // slow
		for _, b := range hello[:min(4, len(hello))] {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	case 3: // half open: nothing at all, until the camera gives up
		_, _ = conn.Read(make([]byte, 1))
	case 4: // a whole hello, garbage after it, and a reset
		_, _ = conn.Write(hello)
		_, _ = conn.Write(garbage)
		_ = conn.(*net.TCPConn).SetLinger(0)
	case 5: // a hello with some octets changed
		changed := append([]byte{}, hello...)
		for range 3 {
			changed[rng.IntN(len(changed))] ^= byte(rng.Uint32())
		}
		_, _ = conn.Write(changed)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	}
}

// recordedHello is a ClientHello of Go's as it goes over the wire.
func recordedHello(t *testing.T) []byte {
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		defer client.Close()
		_ = tls.Client(client, &tls.Config{ServerName: host}).Handshake() // it ends with the pipe
	}()
	buf := make([]byte, 4096)
	n, err := server.Read(buf)
	require.NoError(t, err)
	return buf[:n]
}

// settled returns what is in use once the garbage is collected.
func settled() (goroutines, descriptors int, heap uint64) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), openDescriptors(), m.HeapAlloc
}

// openDescriptors counts them where the system tells, and is 0 elsewhere.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
