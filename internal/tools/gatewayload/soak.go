package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// What goes wrong, and how often.
const (
	restartEvery  = time.Minute
	restartTakes  = 5 * time.Second
	rotationEvery = 20 * time.Second
	pullEvery     = 50 * time.Millisecond
	returnWithin  = 2 * time.Second
)

// soak keeps 500 viewers on leafcam's gateway while the camera restarts, certificates are renewed,
// and others pull their connections.
func soak(ctx context.Context, length time.Duration) error {
	dir, err := os.MkdirTemp("", "leafcam-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(dir, 4)
	if err != nil {
		return err
	}
	pin, err := gateway.ReadPin(s.file("camera.pem"), false)
	if err != nil {
		return err
	}
	g, err := gateway.New(gateway.Config{
		FullChain: s.file("fullchain.pem"), Key: s.file("privkey.pem"),
		Camera: s.address, Pin: pin, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	served := make(chan error, 1)
	before := look()
	go func() { served <- g.Serve(serving, l) }()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	a := gather(watching, allSeen, l.Addr().String(), s.client())
	if err := a.await(time.Now(), 30*time.Second); err != nil {
		return err
	}
	fmt.Printf("%d viewers see the stream over %d connection(s) to the camera\n", g.Viewers(), g.Connections())
	failed := disturb(ctx, s, a, l.Addr().String(), length)
	stopWatching()
	a.running.Wait()
	_ = s.camera.Close()
	stopServing()
	if err := <-served; err != nil {
		return err
	}
	after := settle(before)
	fmt.Printf("before: %s\nafter:  %s\n", before, after)
	switch {
	case failed != nil:
		return failed
	case ctx.Err() != nil:
		return ctx.Err()
	case after.goroutines > before.goroutines+5 || after.descriptors > before.descriptors+5:
		return fmt.Errorf("something was left behind")
	}
	fmt.Println("no viewer was dropped, nothing was left behind")
	return nil
}

// disturb does everything that goes wrong until the time is over.
func disturb(ctx context.Context, s *site, a *audience, address string, length time.Duration) error {
	end := time.After(length)
	restart, rotate, pull, report := time.NewTicker(restartEvery),
		time.NewTicker(rotationEvery), time.NewTicker(pullEvery), time.NewTicker(time.Minute)
	defer restart.Stop()
	defer rotate.Stop()
	defer pull.Stop()
	defer report.Stop()
	restarts, rotations, pulled, slowest := 0, 0, 0, time.Duration(0)
	say := func() {
		frames, _ := a.frames(time.Now())
		fmt.Printf("%d restarts (slowest return %s), %d rotations, %d pulled connections, %d frames, %d viewers dropped; %s\n",
			restarts, slowest.Round(time.Millisecond), rotations, pulled, frames, a.dropped.Load(), look())
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			say()
			if n := a.dropped.Load(); n > 0 {
				return fmt.Errorf("%d viewers were dropped", n)
			}
			return nil
		case <-report.C:
			say()
		case <-rotate.C:
			if err := s.certify(); err != nil {
				return err
			}
			rotations++
		case <-pull.C:
			go pullOne(address, s.client())
			pulled++
		case <-restart.C:
			_ = s.camera.Close()
			time.Sleep(restartTakes)
			back := time.Now()
			if err := s.start(); err != nil {
				return err
			}
			if err := a.await(back, returnWithin); err != nil {
				return fmt.Errorf("after restart %d: %w", restarts+1, err)
			}
			restarts++
			slowest = max(slowest, time.Since(back))
		}
	}
}

// await waits until every viewer has had a frame since a moment.
func (a *audience) await(since time.Time, within time.Duration) error {
	for time.Since(since) < within {
		if _, n := a.frames(since); n == len(a.viewers) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	_, n := a.frames(since)
	return fmt.Errorf("%d of %d viewers see the stream within %s", n, len(a.viewers), within)
}

// pullOne begins to view and is gone without a word.
func pullOne(address string, config *tls.Config) {
	raw, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer raw.Close()
	_ = raw.SetDeadline(time.Now().Add(10 * time.Second))
	conn := tls.Client(raw, config)
	if _, err := io.WriteString(conn, "GET /stream.jpg HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, conn, 4096)
	_ = raw.(*net.TCPConn).SetLinger(0) // a reset
}

// state is what a process holds.
type state struct {
	goroutines, descriptors int
	heap                    uint64
}

// String shows it.
func (s state) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, heap and stacks %.1f MiB", s.goroutines, s.descriptors, float64(s.heap)/(1<<20))
}

func look() state {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	entries, _ := os.ReadDir("/proc/self/fd")
	return state{runtime.NumGoroutine(), len(entries), m.HeapInuse + m.StackInuse}
}

// settle waits until what is ending has ended.
func settle(before state) state {
	for range 50 {
		if now := look(); now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return now
		}
		time.Sleep(100 * time.Millisecond)
	}
	return look()
}
