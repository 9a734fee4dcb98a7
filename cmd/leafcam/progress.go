package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/internal/printable"
)

// runWithProgress runs the matrix. On a terminal a bar shows how far it is; elsewhere
// one line says what takes the time.
func runWithProgress(ctx context.Context, r hostsim.Runner, messages io.Writer) (*hostsim.Matrix, error) {
	if isTerminal(messages) {
		bar := progress.NewWriter()
		bar.SetOutputWriter(messages)
		bar.SetAutoStop(false)
		bar.SetUpdateFrequency(100 * time.Millisecond)
		bar.Style().Visibility.ETA = true
		tracker := &progress.Tracker{Message: "running clients"}
		bar.AppendTracker(tracker)
		rendered := make(chan struct{})
		go func() { bar.Render(); close(rendered) }()
		r.Progress = func(done, total int, what string) {
			tracker.UpdateTotal(int64(total))
			tracker.UpdateMessage(fmt.Sprintf("%-40s", printable.Visible(what)))
			tracker.SetValue(int64(done))
		}
		defer func() {
			tracker.UpdateMessage("clients have run")
			tracker.MarkAsDone()
			bar.Stop()
			<-rendered
		}()
	} else {
		fmt.Fprintf(messages, "running %d clients against the camera\n", len(r.Clients))
	}
	m, err := r.Run(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, environment(err)
	}
	return m, err
}

// printMatrix prints the table as the terminal, if there is one, allows.
func printMatrix(out io.Writer, m *hostsim.Matrix) { report.Table(out, m, tableOptions(out)) }

func tableOptions(out io.Writer) report.TableOptions {
	o := report.TableOptions{}
	if f, ok := fileOf(out); ok && isTerminal(out) {
		o.Color = os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}
