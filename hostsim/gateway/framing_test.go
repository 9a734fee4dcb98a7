package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestChunkedRequestIsTheLast over its connection: what a proxy in front takes for its body may be a
// request of its own here.
func TestChunkedRequestIsTheLast(t *testing.T) {
	const hidden = "GET /hidden HTTP/1.1\r\nHost: cam.example.com\r\n\r\n"
	for name, interim := range map[string]bool{"an answer": false, "one behind an interim answer": true} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if interim {
					w.WriteHeader(http.StatusEarlyHints)
				}
				_, _ = io.Copy(w, r.Body)
			}), nil)
			conn := s.dial()
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: cam.example.com\r\nContent-Length: 53\r\nTransfer-Encoding: chunked\r\n\r\n"+
				"5\r\nhello\r\n0\r\n\r\n"+hidden)
			require.NoError(t, err)
			answers, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(answers), "HTTP/1.1 200 OK"), "%s", answers)
			require.Contains(t, string(answers), "Connection: close")
			require.Contains(t, string(answers), "hello")
			require.EqualValues(t, 1, asked.Load())
		})
	}
}

// TestBrokenBodies are their viewer's fault, and say nothing of the camera.
func TestBrokenBodies(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{} // by paths: of a connection that broke, the camera may hear when the next one has begun
	s, _ := newFront(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body) // it answers nothing before
		_, _ = io.WriteString(w, "whole")
	}), nil)
	const head = " HTTP/1.1\r\nHost: cam.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
	long := "80000\r\n" + strings.Repeat("x", 0x80000) + "\r\n"
	for name, tc := range map[string]struct {
		body   string
		passed int // to the camera, until it breaks
	}{
		"no chunk":                         {"hello\r\n", 0},
		"a sign":                           {"+5\r\nhello\r\n0\r\n\r\n", 0},
		"a chunk without its end":          {"5\r\nhelloXX", 0},
		"an extension that ends in an LF":  {"2;\nxx\r\n0\r\n\r\n", 0},
		"a size that no number holds":      {"10000000000000005\r\nhello\r\n", 0},
		"broken behind what is read ahead": {long + "hello\r\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/" + strings.ReplaceAll(name, " ", "-")
			conn := s.dial()
			_, err := io.WriteString(conn, "POST "+path+head+tc.body)
			require.NoError(t, err)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, response.StatusCode)
			require.Empty(t, response.Header.Get("Retry-After"))
			require.Zero(t, s.gateway.Figures().CameraFailed)
			require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			require.LessOrEqual(t, asked[path], tc.passed)
		})
	}
}
