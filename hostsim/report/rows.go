package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// Rows prints the rows of a matrix one by one, each when it is there.
type Rows struct {
	w       io.Writer
	options TableOptions
	heads   []string
	name    int // columns of the client's name
}

// rowHeadings are the scenarios for those who ask whether it works.
var rowHeadings = map[string]string{
	hostsim.ScenarioLeafOnly().Name: "now", hostsim.ScenarioSecondLoad().Name: "with the intermediate",
}

// NewRows prints the head of a table of clients and scenarios.
func NewRows(w io.Writer, clients []*hostsim.Client, scenarios []hostsim.Scenario, o TableOptions) *Rows {
	r := &Rows{w: w, options: o}
	for _, c := range clients {
		r.name = max(r.name, text.StringWidthWithoutEscSequences(c.Title))
	}
	const shortest, longest = 8, 26
	r.name = max(shortest, min(r.name, longest))
	line := "  " + fit("client", r.name)
	for _, s := range scenarios {
		head := rowHeadings[s.Name]
		if head == "" {
			head = heading(s)
		}
		r.heads = append(r.heads, head)
		line += "  " + head
	}
	fmt.Fprintln(w, line+"  what it says")
	return r
}

// Print prints a row. What is left of the line has what the client says to the last certificate that it refuses.
func (r *Rows) Print(row hostsim.Row) {
	line := "  " + fit(printable.Visible(row.Title), r.name)
	width := 2 + r.name
	var refused *hostsim.Cell
	for i := range row.Cells {
		c := &row.Cells[i]
		m := markOf(c)
		line += "  " + paint(r.options, colors[m.Kind], m.Sign) + strings.Repeat(" ", text.StringWidthWithoutEscSequences(r.heads[i])-1)
		width += 2 + text.StringWidthWithoutEscSequences(r.heads[i])
		if c.Verdict != verdict.VerdictCompleted {
			refused = c // the last one is what no intermediate helps against
		}
	}
	if refused != nil {
		line += r.said(refused, r.options.Width-width-2)
	}
	fmt.Fprintln(r.w, strings.TrimRight(line, " "))
}

// said is what the client says of a certificate that it refuses, or the cause alone where there is less room.
func (r *Rows) said(c *hostsim.Cell, room int) string {
	const least, enough = 10, 40 // columns
	said := string(c.Cause)
	if c.Message != "" && (r.options.Width == 0 || room >= enough) {
		said = c.Message
	}
	said = printable.Visible(said)
	switch {
	case r.options.Width == 0:
	case room < least:
		return ""
	default:
		said = strings.TrimRight(fit(said, room), " ")
	}
	return "  " + paint(r.options, text.FgHiBlack, said)
}

// fit makes a text as wide as a column.
func fit(s string, width int) string {
	if text.StringWidthWithoutEscSequences(s) > width {
		s = text.Trim(s, width-1) + "…"
	}
	return s + strings.Repeat(" ", max(0, width-text.StringWidthWithoutEscSequences(s)))
}
