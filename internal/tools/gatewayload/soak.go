package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// What happens to the honest, how often, and what they are promised.
const (
	restartEvery  = time.Minute
	restartTakes  = 5 * time.Second
	rotationEvery = 20 * time.Second
	longestGap    = 2 * time.Second // between two frames, while the camera is there
)

// soak keeps 500 viewers on leafcam's gateway while the camera restarts, certificates are renewed, and
// everything that one can do to a gateway is done to it.
func soak(ctx context.Context, length time.Duration) error {
	dir, err := os.MkdirTemp("", "leafcam-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(dir, testingCamera())
	if err != nil {
		return err
	}
	g, l, err := s.front()
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
	attacks := mix()
	attackers := begin(watching, attacks, l.Addr().String(), s.client())
	failed := disturb(ctx, s, a, length)
	stopWatching()
	a.running.Wait()
	attackers.Wait()
	_ = s.camera.Close()
	stopServing()
	if err := <-served; err != nil {
		return err
	}
	after := settle(before)
	for _, attack := range attacks {
		fmt.Printf("%8d times %s\n", attack.done.Load(), attack.name)
	}
	fmt.Printf("before: %s\nafter:  %s\n", before, after)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil:
		return failed
	case !after.backTo(before):
		return errors.New("something was left behind")
	}
	fmt.Println("no viewer was dropped, nothing was left behind")
	return nil
}

// front is a gateway in front of the site's camera, and where it listens.
func (s *site) front() (*gateway.Gateway, net.Listener, error) {
	pin, err := gateway.ReadPin(s.file("camera.pem"), false)
	if err != nil {
		return nil, nil, err
	}
	g, err := gateway.New(gateway.Config{
		FullChain: s.file("fullchain.pem"), Key: s.file("privkey.pem"),
		Camera: s.address, Pin: pin, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	return g, l, err
}

// disturb restarts the camera and renews certificates until the time is over.
func disturb(ctx context.Context, s *site, a *audience, length time.Duration) error {
	end := time.After(length)
	restart, rotate, report := time.NewTicker(restartEvery), time.NewTicker(rotationEvery), time.NewTicker(time.Minute)
	defer restart.Stop()
	defer rotate.Stop()
	defer report.Stop()
	restarts, rotations := 0, 0
	for over := false; !over; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			over = true
		case <-report.C:
		case <-rotate.C:
			if err := s.certify(); err != nil {
				return err
			}
			rotations++
			continue
		case <-restart.C:
			_ = s.camera.Close()
			time.Sleep(restartTakes)
			if err := s.start(); err != nil {
				return err
			}
			a.back.Store(time.Now().UnixNano())
			restarts++
			continue
		}
		frames, _ := a.frames(time.Now())
		fmt.Printf("%d restarts, %d rotations, %d frames, longest gap %s, %d viewers dropped; %s\n",
			restarts, rotations, frames, a.gap().Round(time.Millisecond), a.dropped.Load(), look())
		if a.dropped.Load() > 0 || a.gap() > longestGap {
			return fmt.Errorf("the honest viewers suffered: %d dropped, longest gap %s", a.dropped.Load(), a.gap().Round(time.Millisecond))
		}
	}
	return nil
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
