package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// goTest runs benchmarks of a package. It is built once: a round is a run of the test's binary.
type goTest struct {
	pkg        string // as ./folder
	benchmarks string // that match
	time       string // of each
	flags      []string

	binary string
}

func (t *goTest) prepare(ctx context.Context, dir string) error {
	t.binary = filepath.Join(dir, "package.test")
	return build(ctx, "test", "-c", "-o", t.binary, t.pkg)
}

func (t *goTest) measure(ctx context.Context, rounds int, out io.Writer) error {
	args := append([]string{
		"-test.run=^$", "-test.bench=" + t.benchmarks, "-test.benchtime=" + t.time, fmt.Sprintf("-test.count=%d", rounds),
	}, t.flags...)
	cmd := exec.CommandContext(ctx, t.binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.pkg, out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("benchmarks of %s: %w", t.pkg, err)
	}
	return nil
}

// build runs a command of go.
func build(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
