package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

const (
	fewSeen = 64
	allSeen = 500
)

// compareStreams lets many watch one stream, through one gateway after the other: each has the machine to itself.
func compareStreams(ctx context.Context, s, board *site, leafcam string, each time.Duration) error {
	t := newTable("gateway", "what", "result", "CPU", "resident")
	for _, p := range programs {
		if err := p.watched(ctx, t, s, board, leafcam, each); err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.name, err)
		}
		t.AppendSeparator()
	}
	fmt.Printf("streams, %s for each measurement; CPU is the gateway's\n%s\n", each, t.Render())
	return ctx.Err()
}

// watched measures streams through one gateway.
func (p program) watched(ctx context.Context, t table.Writer, s, board *site, leafcam string, each time.Duration) error {
	for _, m := range []struct {
		what    string
		site    *site
		viewers int
	}{
		{"64 viewers, a camera with 4 connections", board, fewSeen},
		{"64 viewers, a camera with 128 connections", s, fewSeen},
		{"500 viewers, a camera with 4 connections", board, allSeen},
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
		peak := r.peak(limited)
		began := time.Now()
		a := gather(limited, m.viewers, r.address, m.site.client())
		<-limited.Done()
		frames, served := a.frames(began)
		a.running.Wait()
		took := time.Since(began)
		used := r.cost().cpu - before.cpu
		cancel()
		t.AppendRow(table.Row{
			p.name, m.what, fmt.Sprintf("%d see it, %.0f frames/s", served, float64(frames)/took.Seconds()),
			fmt.Sprintf("%.0f %%", 100*used.Seconds()/took.Seconds()), mebibytes(<-peak),
		})
		r.stop()
	}
	return nil
}

func mebibytes(octets int64) string { return fmt.Sprintf("%.1f MiB", float64(octets)/(1<<20)) }

// peak sends the most that a program is resident with, when the context has ended.
func (r *running) peak(ctx context.Context) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		most := int64(0)
		for ctx.Err() == nil {
			most = max(most, r.cost().resident)
			time.Sleep(200 * time.Millisecond)
		}
		peak <- most
	}()
	return peak
}
