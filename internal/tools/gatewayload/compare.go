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

// Connections that both cameras take.
const (
	manyPictures  = 128
	boardPictures = 4 // as many as the snapshot script serves
)

// compare measures every gateway in the same ways, in rounds: pages by turns, and streams one gateway after the other.
func compare(ctx context.Context, turns int, each time.Duration, figures string) error {
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
	s, err := newSite(dir, pictures(manyPictures))
	if err != nil {
		return err
	}
	defer s.camera.Close()
	pages, err := comparePages(ctx, s, leafcam, turns)
	if err != nil {
		return err
	}
	board, err := newSite(dir, pictures(boardPictures))
	if err != nil {
		return err
	}
	defer board.camera.Close()
	var ran []program
	for _, m := range pages {
		ran = append(ran, m.program)
	}
	streams, err := compareStreams(ctx, ran, s, board, leafcam, turns, each)
	if err != nil {
		return err
	}
	if figures != "" {
		return writeFigures(figures, pages, streams)
	}
	reportPages(pages, turns)
	reportStreams(streams, turns, each)
	return nil
}

// newTable is a table with a header.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(header)
	return t
}
