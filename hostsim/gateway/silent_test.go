package gateway

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// pipes is a listener whose connections are in memory, so that the clock can be the test's.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

// dial connects to who accepts.
func (l *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	l.conns <- theirs
	return ours
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	select {
	case <-l.closed:
		return errors.New("closed before")
	default:
		close(l.closed)
		return nil
	}
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestSilentViewersDoNotHoldTheEnd: no request is under way, so nothing is waited for.
func TestSilentViewersDoNotHoldTheEnd(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
		require.NoError(t, err)
		cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
		require.NoError(t, atomicfile.Replace(cert, id.DER(), atomicfile.Public))
		require.NoError(t, atomicfile.Replace(key, id.KeyDER(), atomicfile.Private))
		g, err := New(Config{FullChain: cert, Key: key, Camera: "127.0.0.1:1", Pin: NewPin(id.Certificate, false)})
		require.NoError(t, err)
		l := newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Serve(ctx, l) }()
		for range 3 {
			defer l.dial().Close()
		}
		synctest.Wait()
		began := time.Now()
		cancel()
		require.NoError(t, <-ended)
		require.Less(t, time.Since(began), shutdownPeriod)
	})
}
