// Command bench measures leafcam beside other programs, and says by how much it is faster or slower: each round
// measures all sides, one right after the other, so that whatever else the machine does meets all alike. A ratio is
// taken in each round; what is shown is the median of all rounds, and how far they lie apart. Figures of a machine
// that was too busy are called so.
//
// Groups of figures as arguments are measured alone; all are without one. Everything that was measured is written
// in the format of Go's benchmarks, for benchstat, whose comparison is printed, too. Run it at the project's root.
//
// The exit status is 0 when every goal is met, 1 when something could not be measured, 2 for a wrong command line, 3
// when a goal is not met, and 4 when the machine was too busy to say.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// Exit statuses.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitMissed  = 3
	exitTooBusy = 4
)

// leastRounds are fewer than any spread can be told from.
const leastRounds = 10

type options struct {
	rounds   int
	raw      string
	json     string
	markdown string
	groups   []group
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", leastRounds, "`NUMBER` of rounds, ten at least")
	flag.StringVar(&o.raw, "raw", "figures.out", "`FILE` for what was measured, in the format of Go's benchmarks")
	flag.StringVar(&o.json, "json", "", "`FILE` for the figures in JSON")
	flag.StringVar(&o.markdown, "markdown", "", "`FILE` whose parts, one a group, are replaced by the figures, such as docs/evidence.md")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: bench [flags] [GROUP...]\ngroups: %s\n", strings.Join(names(allGroups()), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := o.choose(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status, err := run(ctx, o)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted; nothing was written")
		status = exitFailed
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		status = exitFailed
	}
	os.Exit(status)
}

// choose takes the groups that are named, or all.
func (o *options) choose(list []string) error {
	if o.rounds < leastRounds {
		return fmt.Errorf("-rounds %d: the spread of fewer than %d rounds says nothing", o.rounds, leastRounds)
	}
	o.groups = allGroups()
	for _, name := range list {
		if !slices.Contains(names(o.groups), name) {
			return fmt.Errorf("unknown group %q; known: %s", name, strings.Join(names(o.groups), ", "))
		}
	}
	if len(list) > 0 {
		o.groups = slices.DeleteFunc(o.groups, func(g group) bool { return !slices.Contains(list, g.name) })
	}
	return nil
}

// writable says why a file cannot be written, which it leaves as it is.
func writable(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// run measures, prints and writes. It returns the exit status.
func run(ctx context.Context, o options) (status int, err error) {
	page := ""
	// All before minutes of measuring.
	if o.markdown != "" {
		if page, err = readPage(o.markdown, o.groups); err != nil {
			return 0, err
		}
	}
	for _, file := range []string{o.raw, o.json} {
		if err := writable(file); err != nil {
			return 0, err
		}
	}
	r, err := measure(ctx, o)
	if err != nil {
		return 0, err
	}
	if err := printBenchstat(ctx, o); err != nil {
		return 0, err
	}
	fmt.Print(r.text())
	if o.json != "" {
		if err := r.writeJSON(o.json); err != nil {
			return 0, err
		}
	}
	if o.markdown != "" {
		if page, err = r.fill(page); err != nil {
			return 0, fmt.Errorf("%s: %w", o.markdown, err)
		}
		if err := atomicfile.Replace(o.markdown, []byte(page), atomicfile.Public); err != nil {
			return 0, err
		}
	}
	return r.status(), nil
}
