package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// Rows prints the rows of a matrix one by one, each when it is there.
type Rows struct {
	w         io.Writer
	options   TableOptions
	scenarios []hostsim.Scenario
	rowLayout
}

// A rowLayout says what of a row is printed.
type rowLayout struct {
	heads map[int]string // of the columns that are shown, by the scenario's place
	name  int            // columns of the client's name
	says  bool           // what the client says comes last
}

// rowHeadings are the scenarios for those who ask whether it works, in words and in few.
var rowHeadings = map[string][2]string{
	hostsim.ScenarioLeafOnly().Name: {"now", "now"}, hostsim.ScenarioSecondLoad().Name: {"with the intermediate", "if sent"},
}

// saying is the head of the last column.
const saying = "what it says"

// NewRows prints the head of a table of clients and scenarios. What is too wide for the terminal is left out: first what
// the clients say, then columns, which are named.
func NewRows(w io.Writer, clients []*hostsim.Client, scenarios []hostsim.Scenario, o TableOptions) *Rows {
	name, scenarios := 0, shownScenarios(scenarios)
	for _, c := range clients {
		name = max(name, text.StringWidthWithoutEscSequences(printable.Visible(c.Title)))
	}
	const shortest, longest = 8, 26
	name = max(shortest, min(name, longest))
	r := &Rows{w: w, options: o, scenarios: scenarios}
	for _, r.rowLayout = range rowLayouts(scenarios, name) {
		if o.Width == 0 || r.width() <= o.Width {
			break
		}
	}
	if spare := o.Width - r.width(); spare > 0 {
		r.name = min(name, r.name+spare)
	}
	line := "  " + fit("client", r.name)
	var left []string
	for i, s := range scenarios {
		if head, there := r.heads[i]; there {
			line += "  " + head
		} else {
			left = append(left, heading(s))
		}
	}
	if r.says {
		line += "  " + saying
	}
	if len(left) > 0 {
		wrapped(w, o.Width, 2, "  left out for want of room: "+strings.Join(left, ", "))
	}
	fmt.Fprintln(w, line)
	return r
}

// rowLayouts are those of a table, the most telling first.
func rowLayouts(scenarios []hostsim.Scenario, name int) (list []rowLayout) {
	var columns []int
	for i := range scenarios {
		columns = append(columns, i)
	}
	with := func(brief, name int, says bool) {
		l := rowLayout{heads: map[int]string{}, name: name, says: says}
		for _, i := range columns {
			if l.heads[i] = rowHeadings[scenarios[i].Name][brief]; l.heads[i] == "" {
				l.heads[i] = heading(scenarios[i])
			}
		}
		list = append(list, l)
	}
	with(0, name, true)
	with(1, name, true)
	with(0, name, false)
	with(1, name, false)
	with(1, min(name, narrowName), false)
	for _, i := range leftOutFirst(scenarios) {
		if columns = slices.DeleteFunc(slices.Clone(columns), func(c int) bool { return c == i }); len(columns) > 0 {
			with(1, min(name, narrowName), false)
		}
	}
	return list
}

// leastSaid is the room that what a client says needs, columns.
const leastSaid = 20

// width is how wide the layout is at least.
func (l rowLayout) width() int {
	width := l.before()
	if l.says {
		width += 2 + leastSaid
	}
	return width
}

// before is how wide the layout is up to what the client says.
func (l rowLayout) before() int {
	width := 2 + l.name
	for _, head := range l.heads {
		width += 2 + text.StringWidthWithoutEscSequences(head)
	}
	return width
}

// Print prints a row. What is left of the line has what the client says to the last certificate that it refuses.
func (r *Rows) Print(row hostsim.Row) {
	line := "  " + r.title(row)
	var refused *hostsim.Cell
	for i := range row.Cells {
		c, role := &row.Cells[i], hostsim.RoleQuestion
		if i < len(r.scenarios) {
			role = r.scenarios[i].Role
		}
		m := markOf(c, role)
		if head, there := r.heads[i]; there {
			line += "  " + paint(r.options, colors[m.Kind], m.Sign) + strings.Repeat(" ", text.StringWidthWithoutEscSequences(head)-1)
		}
		if c.Verdict != verdict.VerdictCompleted && m.Kind != "expected" {
			refused = c // the last one is what no intermediate helps against
		}
	}
	if refused != nil && r.says {
		line += r.said(refused, r.options.Width-r.before()-2)
	}
	fmt.Fprintln(r.w, strings.TrimRight(line, " "))
}

// title is a client's name; of a simulated one the name is cut rather than that it is one.
func (r *Rows) title(row hostsim.Row) string {
	const simulated = " (simulated)"
	if row.Simulated == "" || r.name < 2*len(simulated) {
		return fit(printable.Visible(row.Title), r.name)
	}
	return fit(strings.TrimRight(fit(printable.Visible(row.Title), r.name-len(simulated)), " ")+simulated, r.name)
}

// said is what the client says of a certificate that it refuses, or the cause alone where there is less room.
func (r *Rows) said(c *hostsim.Cell, room int) string {
	const enough = 40 // columns
	said := string(c.Cause)
	if c.Verdict == verdict.VerdictNeverVerifies {
		said = string(c.Verdict)
	}
	if c.Message != "" && (r.options.Width == 0 || room >= enough) {
		said = c.Message
	}
	said = printable.Visible(said)
	if r.options.Width > 0 {
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
