package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/leafcam/leafcam/device/wire/record"
)

// A pool is servers that share work.
type pool []*record.Real

// dial reaches all servers.
func dial(ctx context.Context, o options) (p pool, err error) {
	for _, address := range split(o.servers) {
		r, err := record.Dial(ctx, address, o.silence)
		if err != nil {
			p.close()
			return nil, err
		}
		p = append(p, r)
	}
	fmt.Fprintf(os.Stderr, "%d server(s), %s\n", len(p), p[0].Version)
	return p, nil
}

func (p pool) close() {
	for _, r := range p {
		r.Close()
	}
}

// share lets each server do an equal part of a list, and returns the results in the list's order.
func share[I, O any](p pool, what string, list []I, do func(*record.Real, []I, record.Progress) ([]O, error)) ([]O, error) {
	results, failures := make([][]O, len(p)), make([]error, len(p))
	var all atomic.Int64
	var working sync.WaitGroup
	for i, r := range p {
		from, to := i*len(list)/len(p), (i+1)*len(list)/len(p)
		working.Go(func() {
			results[i], failures[i] = do(r, list[from:to], func(int, int) {
				if n := all.Add(1); n%100 == 0 {
					fmt.Fprintf(os.Stderr, "%s: %d of %d\n", what, n, len(list))
				}
			})
		})
	}
	working.Wait()
	var joined []O
	for i := range p {
		if failures[i] != nil {
			return nil, fmt.Errorf("%s: %w", what, failures[i])
		}
		joined = append(joined, results[i]...)
	}
	return joined, nil
}
