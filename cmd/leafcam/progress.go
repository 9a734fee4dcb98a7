package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// runWithProgress runs the matrix. On a terminal the last line says how far it is; elsewhere each client that has run
// gets a line, so that nobody takes a log for a command that hangs.
func runWithProgress(ctx context.Context, r hostsim.Runner, messages io.Writer) (*hostsim.Matrix, error) {
	status := newStatusLine(messages)
	if status.width > 0 {
		left := remaining{began: time.Now()}
		r.Progress = func(done, total int, what string) {
			status.set(fmt.Sprintf("%d of %d%s: %s", done, total, left.after(done, total), what))
		}
		defer status.clear()
	} else {
		fmt.Fprintf(messages, "running %s against the camera\n", clientCount(len(r.Clients)))
		done := 0
		r.RowDone = func(row hostsim.Row) {
			done++
			if row.Installed {
				fmt.Fprintf(messages, "%d of %d: %s\n", done, len(r.Clients), printable.Visible(inWords(row)))
			}
		}
	}
	m, err := r.Run(ctx)
	if ctx.Err() != nil {
		return m, ctx.Err()
	}
	if err != nil {
		return nil, environment(err)
	}
	return m, nil
}

// clientCount is a number of clients in words.
func clientCount(n int) string {
	if n == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", n)
}

// inWords counts what came of a client's cells.
func inWords(row hostsim.Row) string {
	completed := 0
	for i := range row.Cells {
		if row.Cells[i].Verdict == verdict.VerdictCompleted {
			completed++
		}
	}
	if !row.Trustworthy {
		return row.Title + ": proves nothing"
	}
	return fmt.Sprintf("%s: connected in %d of %d scenarios", row.Title, completed, len(row.Cells))
}

// remaining estimates how long a run takes.
type remaining struct{ began time.Time }

// after says how long it will still take, once that can be told: the first cells are the quick ones.
func (l remaining) after(done, total int) string {
	const least = 20 * time.Second
	spent := time.Since(l.began)
	if spent < least || done*5 < total {
		return ""
	}
	left := time.Duration(float64(spent) / float64(done) * float64(total-done))
	return ", " + left.Round(time.Second).String() + " left"
}

// printMatrix prints the table as the terminal, if there is one, allows.
func printMatrix(out io.Writer, m *hostsim.Matrix) { report.Table(out, m, tableOptions(out)) }

// tableOptions are what a terminal allows, and the user's wishes: COLUMNS is the width whatever is written to, and
// NO_COLOR, when it is not empty, takes the colours away (no-color.org).
func tableOptions(out io.Writer) report.TableOptions {
	o := report.TableOptions{}
	if f, ok := fileOf(out); ok && isTerminal(out) {
		o.Color = os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		o.Width = width
	}
	o.Width = min(o.Width, maxWidth)
	return o
}

// maxWidth is how many columns are made use of: what is printed takes as much memory.
const maxWidth = 1000
