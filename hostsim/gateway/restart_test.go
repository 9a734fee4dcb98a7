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

// TestNewAnswerIsForOthers: a camera that comes back may answer for one viewer alone, or by other headers
// than before. Then nobody shares what it says to somebody else.
func TestNewAnswerIsForOthers(t *testing.T) {
	for name, change := range map[string]func(http.Header){
		"it is private":        func(h http.Header) { h.Set("Cache-Control", "private") },
		"it varies":            func(h http.Header) { h.Set("Vary", "Accept-Language") },
		"it varies by a thing": func(h http.Header) { h.Set("Vary", "*") },
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			s, server := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) > 1 {
					change(w.Header())
				}
				stream(w, r, r.Header.Get("Accept-Language"))
			}), nil)
			language := func(l string) func(*http.Request) {
				return func(r *http.Request) { r.Header.Set("Accept-Language", l) }
			}
			first, second := s.watch("/stream", language("de")), s.watch("/stream", language("fr"))
			for _, w := range []*watching{first, second} {
				_, err := w.frame()
				require.NoError(t, err)
			}
			require.Equal(t, int64(1), asked.Load(), "they share")
			server.CloseClientConnections()
			for _, w := range []*watching{first, second} {
				var err error
				for err == nil {
					_, err = w.frame()
				}
				require.NotErrorIs(t, err, context.DeadlineExceeded, "the stream has ended")
			}
		})
	}
}
