package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/internal/printable"
)

// fleetText prints what came of a device for somebody at a terminal: what is wrong, or until when it is fine.
func fleetText(out io.Writer, l *preflight.FleetLine, o report.TableOptions) error {
	sign, color, said := "✓", text.FgGreen, "fine"
	if until, err := time.Parse(time.RFC3339, l.NotAfter); err == nil {
		said = "fine until " + until.Format(time.DateOnly)
	}
	switch worst := worstOf(l); {
	case l.Problem != "":
		sign, color, said = "!", text.FgYellow, l.Problem
	case worst != nil && worst.Severity == preflight.SeverityError:
		sign, color, said = "✗", text.FgRed, worst.Title
	case worst != nil && worst.Severity == preflight.SeverityWarning:
		said += ", but " + worst.Title
	}
	subject := printable.Visible(l.Subject)
	line := subject + ": " + printable.Visible(said)
	const before = 10 // columns: the line's number and the sign
	if room := o.Width - before; room > 1 && text.StringWidthWithoutEscSequences(line) > room {
		line = text.Trim(line, room-1) + "…"
	}
	if o.Color {
		sign = color.Sprint(sign)
	}
	_, err := fmt.Fprintf(out, "%5d  %s  %s\n", l.Line, sign, line)
	return err
}

// worstOf returns the first finding of the worst severity; nil without one.
func worstOf(l *preflight.FleetLine) *preflight.FleetFinding {
	for _, severity := range preflight.Severities() {
		for i := range l.Findings {
			if l.Findings[i].Severity == severity {
				return &l.Findings[i]
			}
		}
	}
	return nil
}
