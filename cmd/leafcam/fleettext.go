package main

import (
	"fmt"
	"io"
	"strings"
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
		sign, color, said = "!", text.FgYellow, strings.TrimPrefix(l.Problem, l.Subject+": ")
	case worst != nil && worst.Severity == preflight.SeverityError:
		sign, color, said = "✗", text.FgRed, worst.Title
	case worst != nil && worst.Severity == preflight.SeverityWarning:
		said += ", but " + worst.Title
	}
	line := fleetSentence{printable.Visible(l.Subject), printable.Visible(said), l.Problem != ""}
	begin, between := fmt.Sprintf("%5d  ", l.Line), "  "
	const narrow = 40 // columns: where those for the number's and the sign's alignment are needed
	if o.Width > 0 && o.Width < narrow {
		begin, between = fmt.Sprintf("%d ", l.Line), " "
	}
	sentence := line.subject + ": " + line.said
	if o.Width > 0 {
		sentence = line.fit(max(1, o.Width-widthOf(begin+sign+between)))
	}
	if o.Color {
		sign = color.Sprint(sign)
	}
	_, err := fmt.Fprintln(out, begin+sign+between+sentence)
	return err
}

// A fleetSentence says what came of a device.
type fleetSentence struct {
	subject, said string
	reasonLast    bool // of what is said: paths come before it
}

// fit is the sentence in so many columns. The path of the device is shortened before what is said of it.
func (s fleetSentence) fit(room int) string {
	const joint, least, name = 2, 12, 8 // columns: of the colon; of the sentence; of the path's end, which tells devices apart
	said := func(room int) string {
		if s.reasonLast {
			return lastColumns(s.said, room)
		}
		return firstColumns(s.said, room)
	}
	if widthOf(s.subject)+joint+widthOf(s.said) <= room {
		return s.subject + ": " + s.said
	}
	if room < least {
		return said(room)
	}
	subject := max(min(widthOf(s.subject), room/3, name), room-joint-widthOf(s.said))
	return lastColumns(s.subject, subject) + ": " + said(room-joint-subject)
}

func widthOf(s string) int { return text.StringWidthWithoutEscSequences(s) }

// firstColumns is the beginning of a text that has no more columns.
func firstColumns(s string, most int) string {
	if widthOf(s) <= most {
		return s
	}
	return text.Trim(s, max(0, most-1)) + "…"
}

// lastColumns is the end of a text that has no more columns.
func lastColumns(s string, most int) string {
	if widthOf(s) <= most {
		return s
	}
	runes := []rune(s)
	begin, width := len(runes), 1
	for begin > 0 && width+text.RuneWidth(runes[begin-1]) <= most {
		begin--
		width += text.RuneWidth(runes[begin])
	}
	return "…" + string(runes[begin:])
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
