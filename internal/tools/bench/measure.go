package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// measure runs all rounds, and compares.
func measure(ctx context.Context, o options) (*report, error) {
	dir, err := os.MkdirTemp("", "leafcam-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	r := &report{at: time.Now(), rounds: o.rounds}
	for _, g := range o.groups {
		fmt.Fprintf(os.Stderr, "preparing %s: %s\n", g.name, g.title)
		own := filepath.Join(dir, g.name)
		if err := os.Mkdir(own, 0o755); err != nil {
			return nil, err
		}
		if err := g.source.prepare(ctx, own); err != nil {
			return nil, interrupted(ctx, err)
		}
		r.groups = append(r.groups, withVersions(ctx, g))
	}
	watch := watchMachine()
	all := make([]samples, len(r.groups))
	for i := range all {
		all[i].figures = map[sample][]float64{}
	}
	var raw bytes.Buffer
	take := func(i, n int) error {
		var out bytes.Buffer
		if err := r.groups[i].source.measure(ctx, n, &out); err != nil {
			return interrupted(ctx, err)
		}
		fmt.Fprintf(&raw, "group: %s\n%s", r.groups[i].name, out.Bytes())
		return all[i].read(r.groups[i].group, out.Bytes())
	}
	if err := r.inRounds(o.rounds, take); err != nil {
		return nil, err
	}
	r.took = time.Since(r.at)
	r.machine = watch()
	for i := range r.groups {
		r.machine.merge(all[i].machine)
	}
	for i, g := range r.groups {
		if r.groups[i].rows, err = g.group.rows(&all[i], o.rounds, r.machine); err != nil {
			return nil, err
		}
	}
	return r, atomicfile.Replace(o.raw, raw.Bytes(), atomicfile.Public)
}

// inRounds measures all groups: their rounds are mixed, so that each group has seen the whole time.
func (r *report) inRounds(n int, take func(i, rounds int) error) error {
	mixed := 0
	for i, g := range r.groups {
		if _, ok := g.source.(atOnce); !ok {
			mixed++
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s in %d rounds\n", g.name, n)
		if err := take(i, n); err != nil {
			return err
		}
	}
	began := time.Now()
	for round := range n {
		for i, g := range r.groups {
			if _, ok := g.source.(atOnce); ok {
				continue
			}
			if err := take(i, 1); err != nil {
				return err
			}
		}
		if mixed > 0 {
			progress(round+1, n, time.Since(began))
		}
	}
	return nil
}

// interrupted says so, whatever else failed by it.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// withVersions asks the anchors which ones they are.
func withVersions(ctx context.Context, g group) measured {
	m := measured{group: g, versions: map[string]string{}}
	for _, a := range g.anchors {
		version, err := a.version(ctx)
		if err != nil {
			m.missing = append(m.missing, fmt.Sprintf("nothing is beside %s: %v", a.name, err))
			continue
		}
		m.versions[a.value] = version
	}
	return m
}

// progress says how long it will take.
func progress(done, all int, took time.Duration) {
	left := took / time.Duration(done) * time.Duration(all-done)
	fmt.Fprintf(os.Stderr, "round %d of %d after %s, about %s left\n", done, all, took.Round(time.Second), left.Round(time.Second))
}

// printBenchstat prints benchstat's comparison of what was measured.
func printBenchstat(ctx context.Context, o options) error {
	for _, g := range o.groups {
		cmd := exec.CommandContext(ctx, "go", "tool", "benchstat", "-filter", "group:"+g.name, "-col", "/"+g.side, "-ignore", "group", o.raw)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return interrupted(ctx, fmt.Errorf("%s: %w", cmd, err))
		}
		fmt.Println()
	}
	return nil
}
