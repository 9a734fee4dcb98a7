package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/internal/marked"
	"github.com/leafcam/leafcam/internal/rounds"
)

// How figures are shown.
func milliseconds(seconds float64) string { return fmt.Sprintf("%.1f ms", seconds*1e3) }
func microseconds(seconds float64) string { return fmt.Sprintf("%.0f µs", seconds*1e6) }
func mebibytes(aSecond float64) string    { return fmt.Sprintf("%.0f MiB/s", aSecond/(1<<20)) }
func aSecond(figure float64) string       { return fmt.Sprintf("%.0f/s", figure) }
func ofMilliseconds(n float64) string     { return fmt.Sprintf("%.2f ms", n) }
func memory(octets float64) string        { return fmt.Sprintf("%.1f MiB", octets/(1<<20)) }
func count(figure float64) string         { return fmt.Sprintf("%.0f", figure) }

// table is the figures of a group.
func (m measured) table() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"what", "leafcam", "beside it", "", "ratio", "spread", "goal", "verdict"})
	for _, r := range m.rows {
		t.AppendRow(table.Row{
			r.title(), r.unit.show(r.ours), m.anchorName(r), r.anchorFigure(), r.ratioText(), percent(r.spread), r.goalText(), r.verdict,
		})
	}
	return t
}

func (r row) title() string {
	if r.unit.title == "" {
		return r.what
	}
	return r.what + ": " + r.unit.title
}

// anchorName is the anchor with its version.
func (m measured) anchorName(r row) string {
	for _, a := range m.anchors {
		if a.value == r.anchor {
			return a.titled(m.versions[a.value])
		}
	}
	return "-"
}

// titled names an anchor with its version, which may begin with its name.
func (a anchor) titled(version string) string {
	if strings.HasPrefix(strings.ToLower(version), strings.ToLower(a.name)) {
		return version
	}
	return a.name + " " + version
}

func (r row) anchorFigure() string {
	if r.anchor == "" {
		return "-"
	}
	return r.unit.show(r.theirs)
}

func (r row) ratioText() string {
	if r.anchor == "" {
		return "-"
	}
	if math.IsNaN(r.ratio) || math.IsInf(r.ratio, 0) {
		return "∞" // the other one did nothing
	}
	return fmt.Sprintf("%.2f", r.ratio)
}

func (r row) goalText() string {
	if r.goal == nil {
		return ""
	}
	sign := "≥ "
	if r.goal.atMost {
		sign = "≤ "
	}
	if r.goal.own {
		return sign + r.unit.show(r.goal.figure)
	}
	return sign + fmt.Sprintf("%.2f", r.goal.figure)
}

// percent shows a share. One without a bound is of figures around nothing.
func percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "∞"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// text is the report for a terminal.
func (r *report) text() string {
	var b strings.Builder
	for _, m := range r.groups {
		fmt.Fprintf(&b, "%s: %s\n%s\n", m.name, m.title, m.table().Render())
		for _, why := range m.missing {
			fmt.Fprintln(&b, why)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "%s; %d rounds in %s; a ratio is leafcam's figure by the other one, the median of all rounds\n",
		r.machine, r.rounds, r.took.Round(time.Second))
	fmt.Fprintf(&b, "%s%s\n", r.machine.company(), r.verdictText())
	return b.String()
}

// verdictText sums the verdicts up.
func (r *report) verdictText() string {
	n := map[verdict]int{}
	for _, g := range r.groups {
		for _, row := range g.rows {
			n[row.verdict]++
		}
	}
	out := fmt.Sprintf("\n%d goals met, %d not met", n[verdictMet], n[verdictMissed])
	if busy := n[verdictTooBusy]; busy > 0 {
		out += fmt.Sprintf("; the machine was too busy for %d figures (a spread above %.0f %%, or other processes)", busy, 100*rounds.TooBusy)
	}
	return out
}

// readPage reads a page that has a part for each group.
func readPage(file string, groups []group) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for _, g := range groups {
		if _, err := marked.Replace(string(data), marked.Line(g.name), marked.Line("end of "+g.name), ""); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
	}
	return string(data), nil
}

// fill puts the figures into the parts of a page.
func (r *report) fill(page string) (string, error) {
	for _, m := range r.groups {
		part := fmt.Sprintf("Measured on %s in %d rounds: %s; %s.\n\n    go run ./internal/tools/bench %s\n\n%s\n",
			r.at.Format("2 January 2006"), r.rounds, r.machine, r.machine.company(), m.name, m.table().RenderMarkdown())
		for _, why := range m.missing {
			part += "\n" + why + ".\n"
		}
		var err error
		if page, err = marked.Replace(page, marked.Line(m.name), marked.Line("end of "+m.name), part); err != nil {
			return "", err
		}
	}
	return page, nil
}
