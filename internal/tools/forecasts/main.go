// Command forecasts lets real clients visit servers of generated deliveries, and compares what they do with
// what the models of hostsim/policy forecast. With -learn it makes the data of those models. Run it at the
// project's root.
package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/generate"
	"github.com/leafcam/leafcam/internal/measure"
)

// goal is the share of cells in which forecast and reality have to agree.
const goal = 0.995

type options struct {
	seed     uint64
	cells    int
	clients  string
	learn    string
	links    int
	flaws    string
	parallel int
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "`SEED` of the deliveries")
	flag.IntVar(&o.cells, "cells", 10000, "about so many `CELLS`: clients times deliveries")
	flag.StringVar(&o.clients, "clients", "families",
		"`NAMES` with commas between them, families for one of each, quick for those that take a moment each, or all; + adds to those before")
	flag.StringVar(&o.learn, "learn", "",
		"measure each flaw by itself, or those of -flaws, and write what the clients refuse to `FILE`, in the place of what it says of them")
	flag.IntVar(&o.links, "links", 1, "`NUMBER` of intermediates of a delivery of -flaws")
	flag.StringVar(&o.flaws, "flaws", "", `one delivery with these `+"`FLAWS`"+`, as "A","B"`)
	flag.IntVar(&o.parallel, "parallel", 0, "`NUMBER` of cells at a time; the number of CPUs when 0")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "forecasts: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	list, err := o.chosen()
	if err != nil {
		return err
	}
	flaws, err := o.named()
	if err != nil {
		return err
	}
	specs, err := o.specs(len(list), flaws)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	how := measure.Options{Clients: list, Parallel: o.parallel, Builds: filepath.Join(cache, "leafcam", "forecasts"), Progress: progress()}
	began := time.Now()
	cells, err := measure.Run(ctx, specs, how)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(os.Stderr, "%d cells in %s, %.1f a second\n", len(cells), took.Round(time.Second), float64(len(cells))/took.Seconds())
	if o.learn != "" {
		return learn(o.learn, cells, measure.Shown(flaws))
	}
	return report(ctx, measure.Compare(cells), how)
}

// chosen returns the clients to run: of those that verify, and run here.
func (o options) chosen() (list []*hostsim.Client, err error) {
	able := slices.DeleteFunc(clients.All(), func(c *hostsim.Client) bool {
		return c.Known.Simulated != "" || c.Known.OwnTrust || c.Known.NeverVerifies
	})
	for part := range strings.SplitSeq(o.clients, "+") {
		more := able
		switch part {
		case "all":
		case "families":
			more = clients.OnePerFamily(able)
		case "quick":
			more = slices.DeleteFunc(clients.Quick(), func(c *hostsim.Client) bool { return !slices.Contains(able, c) })
		default:
			if more, err = hostsim.ClientsByName(strings.Split(part, ","), able); err != nil {
				return nil, err
			}
		}
		for _, c := range more {
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

// named returns the flaws that are asked for by name.
func (o options) named() ([]string, error) {
	if o.flaws == "" {
		return nil, nil
	}
	flaws, err := csv.NewReader(strings.NewReader(o.flaws)).Read()
	if err != nil {
		return nil, fmt.Errorf("-flaws: %w", err)
	}
	return flaws, nil
}

func (o options) specs(clients int, flaws []string) ([]generate.Spec, error) {
	switch {
	case o.learn != "" && o.flaws != "":
		return generate.SinglesOf(flaws)
	case o.learn != "":
		return generate.Singles(), nil
	case o.flaws != "":
		s, err := generate.Make(o.links, flaws)
		return []generate.Spec{s}, err
	}
	return generate.Random(o.seed, (o.cells+clients-1)/clients), nil
}

// progress shows how far it is, on a line each minute.
func progress() func(done, total int, what string) {
	began := time.Now()
	shown := make(chan time.Time, 1)
	shown <- began
	return func(done, total int, what string) {
		last := <-shown
		if time.Since(last) > time.Minute {
			last = time.Now()
			fmt.Fprintf(os.Stderr, "%d of %d cells in %s: %s\n", done, total, time.Since(began).Round(time.Second), what)
		}
		shown <- last
	}
}

// report prints what came out. It fails when the models are not good enough.
func report(ctx context.Context, c *measure.Comparison, how measure.Options) error {
	for _, d := range c.Disagreements {
		small, err := measure.Shrink(ctx, d, how)
		if err != nil {
			return err
		}
		fmt.Println(small.Describe())
	}
	fmt.Printf("%d cells of %d clients compared: %.2f %% agree; in %.2f %% it depends on the client; %d cells say nothing\n",
		c.Cells, c.Clients, 100*c.Share(), 100*float64(c.Depends)/float64(max(1, c.Cells)), c.Unknown)
	if c.Share() < goal {
		return fmt.Errorf("less than %.1f %% agree", 100*goal)
	}
	return nil
}

// learn writes what was measured, and keeps what was measured of other clients before.
func learn(file string, cells []measure.Cell, asked []policy.Fault) error {
	list := measure.Learn(cells)
	if len(list) == 0 {
		return errors.New("no client accepted a delivery without a flaw")
	}
	merged, err := measure.Merge(file, list, asked)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(merged); err != nil {
		return err
	}
	fmt.Printf("%d clients were measured\n", len(list))
	return atomicfile.Replace(file, out.Bytes(), atomicfile.Public)
}
