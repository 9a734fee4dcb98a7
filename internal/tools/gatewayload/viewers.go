package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// viewer follows a stream over a connection of its own.
type viewer struct {
	frames atomic.Int64
	last   atomic.Int64 // when the newest one came, nanoseconds
	gap    atomic.Int64 // the longest time without one while the camera was there, nanoseconds
}

// see notes a frame. back is when the camera returned for the last time.
func (v *viewer) see(back time.Time) {
	if v.last.Load() > 0 {
		v.gap.Store(max(v.gap.Load(), int64(v.since(back))))
	}
	v.frames.Add(1)
	v.last.Store(time.Now().UnixNano())
}

// since is how long no frame has come, while the camera was there.
func (v *viewer) since(back time.Time) time.Duration {
	return time.Since(time.Unix(0, max(v.last.Load(), back.UnixNano())))
}

// watch lets a viewer read frames until the context ends, and returns what ended the stream otherwise.
func (a *audience) watch(ctx context.Context, v *viewer, address string, config *tls.Config) error {
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(conn, "GET /stream.jpg HTTP/1.1\r\nHost: %s\r\n\r\n", host); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", response.Status)
	}
	parts := multipart.NewReader(response.Body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return err
		}
		v.see(time.Unix(0, a.back.Load()))
	}
}

// audience are viewers that watch at the same time.
type audience struct {
	viewers []*viewer
	dropped atomic.Int64
	back    atomic.Int64 // when the camera returned for the last time, nanoseconds
	running sync.WaitGroup
}

// gather lets n viewers watch until the context ends.
func gather(ctx context.Context, n int, address string, config *tls.Config) *audience {
	a := &audience{}
	for range n {
		v := &viewer{}
		a.viewers = append(a.viewers, v)
		a.running.Go(func() {
			if err := a.watch(ctx, v, address, config); err != nil && ctx.Err() == nil {
				a.dropped.Add(1)
			}
		})
	}
	return a
}

// frames returns how many came altogether, and how many viewers have had one since.
func (a *audience) frames(since time.Time) (frames int64, viewers int) {
	for _, v := range a.viewers {
		frames += v.frames.Load()
		if v.last.Load() > since.UnixNano() {
			viewers++
		}
	}
	return frames, viewers
}

// gap returns the longest time that any viewer has seen no frame while the camera was there.
func (a *audience) gap() (longest time.Duration) {
	for _, v := range a.viewers {
		longest = max(longest, time.Duration(v.gap.Load()), v.since(time.Unix(0, a.back.Load())))
	}
	return longest
}

// fetch asks for small pages until the context ends, and returns how many came.
func fetch(ctx context.Context, workers int, address string, config *tls.Config, keepAlive bool) int64 {
	var done atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			transport := &http.Transport{
				DisableKeepAlives: !keepAlive,
				DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
				},
			}
			defer transport.CloseIdleConnections()
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", nil)
				if err != nil {
					return
				}
				response, err := transport.RoundTrip(request)
				if err != nil {
					continue
				}
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if err == nil && response.StatusCode == http.StatusOK {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	return done.Load()
}
