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
}

// watch reads frames until the context ends, and returns what ended the stream otherwise.
func (v *viewer) watch(ctx context.Context, address string, config *tls.Config) error {
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
		v.frames.Add(1)
		v.last.Store(time.Now().UnixNano())
	}
}

// audience are viewers that watch at the same time.
type audience struct {
	viewers []*viewer
	dropped atomic.Int64
	running sync.WaitGroup
}

// gather lets n viewers watch until the context ends.
func gather(ctx context.Context, n int, address string, config *tls.Config) *audience {
	a := &audience{}
	for range n {
		v := &viewer{}
		a.viewers = append(a.viewers, v)
		a.running.Go(func() {
			if err := v.watch(ctx, address, config); err != nil && ctx.Err() == nil {
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
