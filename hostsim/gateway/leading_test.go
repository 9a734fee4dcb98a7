package gateway_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// turning is a camera that answers its first request with a page, or a status. Later ones arrive, and are answered
// when the test has seen them.
type turning struct {
	first   func(http.ResponseWriter)
	later   http.HandlerFunc
	asked   atomic.Int64
	arrived chan struct{}
	answer  chan struct{}
}

func newTurning(first func(http.ResponseWriter), later http.HandlerFunc) *turning {
	return &turning{first: first, later: later, arrived: make(chan struct{}, 100), answer: make(chan struct{})}
}

func (c *turning) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.asked.Add(1) == 1 {
		c.first(w)
		return
	}
	c.arrived <- struct{}{}
	select {
	case <-c.answer:
		c.later(w, r)
	case <-r.Context().Done():
	}
}

// arrive waits until so many requests are at the camera at the same time.
func (c *turning) arrive(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-c.arrived:
		case <-time.After(20 * time.Second):
			require.Fail(t, "a request waits for another one")
		}
	}
}

func page(w http.ResponseWriter) { _, _ = io.WriteString(w, "page") }

func frames(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Set-Cookie", "own=1")
	stream(w, r, "frame")
}

// TestPagesDoNotWait: what was a page the last time is asked for by everybody at the same time.
func TestPagesDoNotWait(t *testing.T) {
	camera := newTurning(page, func(w http.ResponseWriter, _ *http.Request) { page(w) })
	s, _ := newFront(t, camera, func(c *gateway.Config) { c.Connections = 5 })
	_, body := s.get(s.client(nil), "/")
	require.Equal(t, "page", body)
	bodies := make(chan string)
	for range 4 {
		go func() {
			_, body := s.get(s.client(nil), "/")
			bodies <- body
		}()
	}
	camera.arrive(t, 4)
	close(camera.answer)
	for range 4 {
		require.Equal(t, "page", <-bodies)
	}
}

// TestPageBecomesAStream: viewers share it as if it had always been one, however they came to ask.
func TestPageBecomesAStream(t *testing.T) {
	status := func(code int) func(http.ResponseWriter) { return func(w http.ResponseWriter) { w.WriteHeader(code) } }
	for _, c := range []struct {
		name        string
		first       func(http.ResponseWriter)
		connections int
		atOnce      int // requests that come to the camera
	}{
		{"there is a connection for each viewer", page, 5, 4},
		{"there is one connection", page, 1, 1},
		{"the camera was busy at first", status(http.StatusServiceUnavailable), 5, 1},
		{"the viewers were not logged in", status(http.StatusUnauthorized), 5, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			camera := newTurning(c.first, frames)
			s, _ := newFront(t, camera, func(g *gateway.Config) { g.Connections = c.connections })
			s.get(s.client(nil), "/stream")
			const viewers = 4
			watched := make(chan *watching)
			for range viewers {
				go func() { watched <- s.watch("/stream", nil) }()
			}
			camera.arrive(t, c.atOnce)
			close(camera.answer)
			own := 0
			for range viewers {
				w := <-watched
				content, err := w.frame()
				require.NoError(t, err)
				require.Equal(t, "frame", content)
				if w.response.Header.Get("Set-Cookie") != "" {
					own++
				}
			}
			require.Equal(t, viewers, s.gateway.Viewers())
			require.Eventually(t, func() bool { return s.gateway.Connections() == 1 }, 10*time.Second, 5*time.Millisecond,
				"the other connections are given back")
			require.Equal(t, c.atOnce, own, "who was answered has the answer's headers")
			w := s.watch("/stream", nil)
			_, err := w.frame()
			require.NoError(t, err)
			require.Equal(t, int64(1+c.atOnce), camera.asked.Load(), "who comes later joins")
		})
	}
}
