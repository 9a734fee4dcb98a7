package gateway_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/gateway"
)

// TestWhoLeavesWhileAConnectionIsOpened: it counts among the camera's until it is opened or has failed.
func TestWhoLeavesWhileAConnectionIsOpened(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepted := make(chan net.Conn, 10)
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			accepted <- conn // it says nothing in the handshake
		}
		close(accepted)
	}()
	s, c := prepare(t)
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	require.NoError(t, err)
	c.Pin, c.Camera = gateway.NewPin(id.Certificate, false), l.Addr().String()
	c.Connections, c.Queue = 1, 300*time.Millisecond
	s.serve(c)

	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/left", nil)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		response, err := s.client(nil).Do(r) // over HTTP/2, in which leaving is told
		if err == nil {
			_ = response.Body.Close()
		}
		ended <- err
	}()
	opening := <-accepted
	leave()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "path=/left") }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, 1, s.gateway.Connections())
	response, _ := s.get(s.client(nil), "/next")
	require.Equal(t, http.StatusGatewayTimeout, response.StatusCode, "no second connection is opened")

	require.NoError(t, opening.Close())
	require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, l.Close())
	_, another := <-accepted
	require.False(t, another)
}
