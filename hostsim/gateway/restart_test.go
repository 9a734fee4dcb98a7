package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// TestStreamKeepsItsConnection: who watches a stream sees it go on when the camera answers again, however
// many others wait for a connection.
func TestStreamKeepsItsConnection(t *testing.T) {
	var hanging atomic.Int64
	s, server := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			stream(w, r, "picture")
			return
		}
		hanging.Add(1)
		<-r.Context().Done()
	}), func(c *gateway.Config) { c.Connections, c.Queue, c.Answer = 2, time.Minute, time.Minute })
	w := s.watch("/stream", nil)
	_, err := w.frame()
	require.NoError(t, err)

	ctx, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for i := range 8 {
		waiting.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/hang%d", s.url, i), nil)
			if err != nil {
				return
			}
			if response, err := s.client(nil).Do(r); err == nil {
				_ = response.Body.Close()
			}
		})
	}
	s.requireFigures(func(f gateway.Figures) bool { return hanging.Load() == 1 && f.Queued == 7 })
	server.CloseClientConnections()
	require.Eventually(t, func() bool { return hanging.Load() == 2 }, 10*time.Second, time.Millisecond)
	for s.gateway.Figures().Restarts == 0 { // until the test's end, if it never comes back
		_, err := w.frame()
		require.NoError(t, err)
	}
	require.Equal(t, 2, s.gateway.Connections(), "one for the stream, one for whoever waited")
	leave()
	waiting.Wait()
}
