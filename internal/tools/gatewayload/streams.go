package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/leafcam/leafcam/internal/rounds"
)

const (
	fewSeen = 64
	allSeen = 500
)

// A streamKind is a camera and so many who watch it.
type streamKind struct {
	what    string
	site    *site
	viewers int
	camera  int // connections that it takes
}

// streamed is what one program did with one kind of stream, a figure a round.
type streamed struct {
	program  program
	kind     streamKind
	frames   []float64 // a second, of all viewers
	served   []float64 // viewers who saw something
	cpu      []float64 // share of one processor
	resident []float64 // octets
}

// compareStreams lets many watch one stream, through one gateway after the other in each round: each has the machine
// to itself.
func compareStreams(
	ctx context.Context, ran []program, s, board *site, leafcam string, turns int, each time.Duration,
) ([]*streamed, error) {
	var all []*streamed
	for _, k := range []streamKind{
		{"64 viewers, a camera with 4 connections", board, fewSeen, boardPictures},
		{"64 viewers, a camera with 128 connections", s, fewSeen, manyPictures},
		{"500 viewers, a camera with 4 connections", board, allSeen, boardPictures},
	} {
		for _, p := range ran {
			all = append(all, &streamed{program: p, kind: k})
		}
	}
	for n := range turns {
		for _, m := range all {
			if err := m.take(ctx, leafcam, each); err != nil {
				return nil, fmt.Errorf("%s: %w", m.program.name, err)
			}
		}
		fmt.Fprintf(os.Stderr, "streams: round %d of %d\n", n+1, turns)
	}
	return all, nil
}

// take measures one turn.
func (m *streamed) take(ctx context.Context, leafcam string, each time.Duration) error {
	// Certificates of both sites lie in the same folder: the site's own are written anew.
	if err := m.kind.site.rewrite(); err != nil {
		return err
	}
	r, err := m.program.start(ctx, m.kind.site, leafcam)
	if err != nil {
		return err
	}
	defer r.stop()
	before := r.cost()
	limited, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	peak := r.peak(limited)
	began := time.Now()
	a := gather(limited, m.kind.viewers, r.address, m.kind.site.client())
	<-limited.Done()
	frames, served := a.frames(began)
	a.running.Wait()
	took := time.Since(began).Seconds()
	m.frames = append(m.frames, float64(frames)/took)
	m.served = append(m.served, float64(served))
	m.cpu = append(m.cpu, (r.cost().cpu-before.cpu).Seconds()/took)
	m.resident = append(m.resident, float64(<-peak))
	return ctx.Err()
}

// reportStreams prints what each did.
func reportStreams(all []*streamed, turns int, each time.Duration) {
	t := newTable("what", "gateway", "frames/s", "spread", "see it", "CPU", "resident")
	for i, m := range all {
		if i > 0 && m.kind.what != all[i-1].kind.what {
			t.AppendSeparator()
		}
		t.AppendRow([]any{
			m.kind.what, m.program.title(), fmt.Sprintf("%.0f", rounds.Median(m.frames)), percent(rounds.Spread(m.frames)),
			fmt.Sprintf("%.0f", rounds.Median(m.served)), percent(rounds.Median(m.cpu)), mebibytes(int64(rounds.Median(m.resident))),
		})
	}
	fmt.Printf("streams, medians of %d rounds of %s; CPU is the gateway's\n%s\n", turns, each, t.Render())
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
