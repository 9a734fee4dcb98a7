// Command readme fills the parts of README.md and docs that are made: outputs of leafcam on this machine, and
// examples from the packages' example_test.go. Each part stands between two markers:
//
//	<!-- demo -->
//	<!-- end of demo -->
//
// The markers of an example name its package and function, and its end is "end of example".
//
// The names of parts as arguments fill those alone; all are filled without one. Each file is replaced
// as a whole, when every part is there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

func main() {
	check := flag.Bool("check", false, "change nothing, and fail when the examples differ; outputs, which differ each time, are not asked for")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: readme [-check] [PART...]\nparts: %s\n", strings.Join(partNames(), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "readme: "+err.Error())
		os.Exit(1)
	}
}

// run fills the named parts of the documents below a folder, or looks whether their examples are those of
// the packages.
func run(ctx context.Context, root string, check bool, names []string) error {
	parts := allParts()
	for _, name := range names {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("unknown part %q; known: %s", name, strings.Join(partNames(), ", "))
		}
	}
	if len(names) > 0 {
		parts = slices.DeleteFunc(parts, func(p part) bool { return !slices.Contains(names, p.name) })
	}
	if check {
		parts = slices.DeleteFunc(parts, func(p part) bool { return !p.static })
	}
	files := map[string]*document{}
	for _, p := range parts {
		if files[p.file] == nil {
			text, err := os.ReadFile(filepath.Join(root, p.file))
			if err != nil {
				return err
			}
			files[p.file] = &document{before: string(text), after: string(text)}
		}
		d := files[p.file]
		var err error
		if d.after, err = p.fill(ctx, root, d.after); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		d := files[name]
		switch {
		case d.after == d.before:
		case check:
			return errors.New(name + " is not what its sources say: go run ./internal/tools/readme examples")
		default:
			if err := atomicfile.Replace(filepath.Join(root, name), []byte(d.after), atomicfile.Public); err != nil {
				return err
			}
		}
	}
	return nil
}

// A document is a file before and after its parts were filled.
type document struct{ before, after string }
