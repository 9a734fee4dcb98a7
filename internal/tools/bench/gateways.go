package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// gateways runs tools/gatewayload, which measures all gateways in rounds.
type gateways struct{ dir, program string }

func (g *gateways) prepare(ctx context.Context, dir string) error {
	if runtime.GOOS == "windows" {
		return errors.New("nginx and HAProxy do not run here: name the other groups")
	}
	g.dir, g.program = dir, filepath.Join(dir, "gatewayload")
	return build(ctx, "build", "-o", g.program, "./internal/tools/gatewayload")
}

// atOnce: all gateways stay up from the first round to the last.
func (*gateways) atOnce() {}

func (g *gateways) measure(ctx context.Context, rounds int, out io.Writer) error {
	figures := filepath.Join(g.dir, "figures")
	cmd := exec.CommandContext(ctx, g.program, "-rounds", fmt.Sprint(rounds), "-figures", figures)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it stops the gateways itself
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("gatewayload: %w", err)
	}
	data, err := os.ReadFile(figures)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return err
}
