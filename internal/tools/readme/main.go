// Command readme fills the parts of README.md that are made: outputs of leafcam on this machine, and
// examples from the packages' example_test.go. Each part stands between two markers:
//
//	<!-- demo -->
//	<!-- end of demo -->
//
// The markers of an example name its package and function, and its end is "end of example".
//
// The names of parts as arguments fill those alone; all are filled without one. The file is replaced
// as a whole, when every part is there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// fileName is written below the root of the repository.
const fileName = "README.md"

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

// run fills the named parts of the README in a folder, or looks whether its examples are those of
// the packages.
func run(ctx context.Context, root string, check bool, names []string) error {
	path := root + "/" + fileName
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
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
	after := string(before)
	for _, p := range parts {
		if after, err = p.fill(ctx, root, after); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	switch {
	case after == string(before):
		return nil
	case check:
		return errors.New(path + " is not what its sources say: go run ./internal/tools/readme examples")
	}
	return atomicfile.Replace(path, []byte(after), atomicfile.Public)
}
