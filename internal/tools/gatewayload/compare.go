package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

const (
	workers = 8
	fewSeen = 64
	allSeen = 500
)

// compare measures every gateway in the same ways, one after the other.
func compare(ctx context.Context, each time.Duration) error {
	dir, err := os.MkdirTemp("", "leafcam-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are somebody else's
		return err
	}
	leafcam := filepath.Join(dir, "leafcam")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", leafcam, "./cmd/leafcam").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	s, err := newSite(dir, pictures(128))
	if err != nil {
		return err
	}
	defer s.camera.Close()
	board, err := newSite(dir, pictures(4)) // as many as the snapshot script serves
	if err != nil {
		return err
	}
	defer board.camera.Close()
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"gateway", "what", "result", "CPU", "resident"})
	for _, p := range programs {
		if err := p.measure(ctx, t, s, board, leafcam, each); err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.name, err)
		}
		t.AppendSeparator()
	}
	fmt.Printf("%s for each measurement; the emulated camera and all viewers run on the same machine; CPU is the gateway's\n%s\n",
		each, t.Render())
	return ctx.Err()
}

func (p program) measure(ctx context.Context, t table.Writer, s, board *site, leafcam string, each time.Duration) error {
	for _, m := range []struct {
		what    string
		site    *site
		measure func(context.Context, *running, *site) string
	}{
		{"small pages, keep-alive", s, func(ctx context.Context, r *running, s *site) string {
			return fmt.Sprintf("%.0f pages/s", float64(fetch(ctx, workers, r.address, s.client(), true))/each.Seconds())
		}},
		{"small pages, new connections", s, func(ctx context.Context, r *running, s *site) string {
			return fmt.Sprintf("%.0f pages/s", float64(fetch(ctx, workers, r.address, s.client(), false))/each.Seconds())
		}},
		{"64 viewers, a camera with 4 connections", board, watched(fewSeen)},
		{"64 viewers, a camera with 128 connections", s, watched(fewSeen)},
		{"500 viewers, a camera with 4 connections", board, watched(allSeen)},
	} {
		// Certificates of both sites lie in the same folder: the site's own are written anew.
		if err := m.site.rewrite(); err != nil {
			return err
		}
		r, err := p.start(ctx, m.site, leafcam)
		if err != nil {
			return err
		}
		before := r.cost()
		limited, cancel := context.WithTimeout(ctx, each)
		peak := make(chan int64, 1)
		go func() {
			most := int64(0)
			for limited.Err() == nil {
				most = max(most, r.cost().resident)
				time.Sleep(200 * time.Millisecond)
			}
			peak <- most
		}()
		result := m.measure(limited, r, m.site)
		used := r.cost().cpu - before.cpu
		cancel()
		t.AppendRow(table.Row{
			p.name, m.what, result,
			fmt.Sprintf("%.0f %%", 100*used.Seconds()/each.Seconds()),
			fmt.Sprintf("%.1f MiB", float64(<-peak)/(1<<20)),
		})
		r.stop()
	}
	return nil
}

// watched measures a stream with so many viewers.
func watched(n int) func(context.Context, *running, *site) string {
	return func(ctx context.Context, r *running, s *site) string {
		began := time.Now()
		a := gather(ctx, n, r.address, s.client())
		<-ctx.Done()
		frames, served := a.frames(began)
		a.running.Wait()
		return fmt.Sprintf("%d see it, %.0f frames/s", served, float64(frames)/time.Since(began).Seconds())
	}
}
