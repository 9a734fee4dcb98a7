package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// compare measures every gateway in the same ways: pages by turns, in rounds, and streams one gateway after the other.
func compare(ctx context.Context, turns int, each time.Duration) error {
	dir, err := os.MkdirTemp("", "leafcam-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are somebody else's
		return err
	}
	leafcam := filepath.Join(dir, "leafcam")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", leafcam, "./cmd/leafcam").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	s, err := newSite(dir, pictures(128))
	if err != nil {
		return err
	}
	defer s.camera.Close()
	if err := comparePages(ctx, s, leafcam, turns); err != nil {
		return err
	}
	board, err := newSite(dir, pictures(4)) // as many as the snapshot script serves
	if err != nil {
		return err
	}
	defer board.camera.Close()
	return compareStreams(ctx, s, board, leafcam, each)
}

// newTable is a table with a header.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(header)
	return t
}
