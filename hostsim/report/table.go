package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TableOptions says how a table is drawn.
type TableOptions struct {
	Color bool
	Width int // columns of the terminal; 0 when there is none, and nothing is left out
}

// headings are the scenarios' names as column heads.
var headings = map[string]string{
	"leaf-only": "leaf only", "aia": "AIA", "store": "store", "store-alone": "intermediate only", "second-load": "2nd load",
	"self-signed": "self-signed", "wrong-name": "wrong name", "expired": "expired", "unknown-root": "unknown root",
	"aia-stranger": "AIA stranger",
}

// A layout says what of a table is drawn.
type layout struct {
	libraries bool // a column for TLS libraries
	words     bool // cells have words; without them, columns are numbered
	name      int  // most columns of a client's name; 0 is no limit
	columns   []int
}

// narrowName is what a client's name keeps where columns have to go, columns.
const narrowName = 16

// layouts are those of a table, the most telling first.
func layouts(scenarios []hostsim.Scenario) (list []layout) {
	var columns []int
	for i := range scenarios {
		columns = append(columns, i)
	}
	list = []layout{
		{libraries: true, words: true, columns: columns}, {words: true, columns: columns}, {columns: columns},
		{name: narrowName, columns: columns},
	}
	for _, i := range leftOutFirst(scenarios) {
		if columns = slices.DeleteFunc(slices.Clone(columns), func(c int) bool { return c == i }); len(columns) > 0 {
			list = append(list, layout{name: narrowName, columns: columns})
		}
	}
	return list
}

// Table writes the matrix as a table, with what it rests on below: a legend, and a
// note for each cell that speaks neither for nor against a certificate. What is too wide for
// the terminal is left out, column by column, and named.
func Table(w io.Writer, m *hostsim.Matrix, o TableOptions) {
	m = shown(m)
	var chosen layout
	var drawn string
	for _, chosen = range layouts(m.Scenarios) {
		if drawn = draw(m, o, chosen); o.Width == 0 || width(drawn) <= o.Width {
			break
		}
	}
	if spare := o.Width - width(drawn); chosen.name > 0 && spare > 0 {
		chosen.name += spare
		drawn = draw(m, o, chosen)
	}
	fmt.Fprintln(w, drawn)
	legend(w, m, o, chosen)
	notes(w, m, o)
}

func width(drawn string) (widest int) {
	for line := range strings.Lines(drawn) {
		widest = max(widest, text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")))
	}
	return widest
}

func draw(m *hostsim.Matrix, o TableOptions, l layout) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	head := table.Row{"client"}
	if l.libraries {
		head = append(head, "TLS library")
	}
	heads, room := columnsOf(m, l)
	for _, h := range heads {
		head = append(head, h)
	}
	t.AppendHeader(head)
	for i, g := range groups(m) {
		if i > 0 {
			t.AppendSeparator()
		}
		appendGroup(t, m, o, l, g, room)
	}
	return t.Render()
}

// columnsOf returns the heads of the scenarios' columns, and the room that all of them give to one text. Where cells have
// words, the last one is as wide as that takes: the table's package divides by zero when it has to widen columns for it.
func columnsOf(m *hostsim.Matrix, l layout) (heads []string, room int) {
	room, last := len(l.columns)-1, 0
	for _, i := range l.columns {
		head := strconv.Itoa(i + 1)
		if l.words {
			head = heading(m.Scenarios[i])
		}
		last = text.StringWidthWithoutEscSequences(head)
		for r := range m.Rows {
			if row := &m.Rows[r]; row.Installed && i < len(row.Cells) {
				said := cell(TableOptions{}, l, &row.Cells[i], m.Scenarios[i].Role)
				last = max(last, text.StringWidthWithoutEscSequences(said))
			}
		}
		heads, room = append(heads, head), room+last
	}
	needed := room
	for i := range m.Rows {
		if r := &m.Rows[i]; !r.Installed && l.words {
			needed = max(needed, text.StringWidthWithoutEscSequences(absence(r, l, room)))
		}
	}
	if needed > room && len(heads) > 0 {
		heads[len(heads)-1] = fit(heads[len(heads)-1], last+needed-room)
	}
	return heads, needed
}

func appendGroup(t table.Writer, m *hostsim.Matrix, o TableOptions, l layout, g group, room int) {
	for _, r := range g.Rows {
		title := r.Title
		if r.Simulated != "" {
			title += " (simulated)"
		}
		if l.name > 0 {
			title = strings.TrimRight(fit(title, l.name), " ")
		}
		row := table.Row{title}
		if l.libraries {
			row = append(row, r.Library)
		}
		if !r.Installed {
			for range l.columns {
				row = append(row, paint(o, text.FgHiBlack, absence(r, l, room)))
			}
			t.AppendRow(row, table.RowConfig{AutoMerge: true, AutoMergeAlign: text.AlignLeft})
			continue
		}
		for _, i := range l.columns {
			if i < len(r.Cells) {
				row = append(row, cell(o, l, &r.Cells[i], m.Scenarios[i].Role))
			}
		}
		t.AppendRow(row)
	}
}

// absence says why a client is not here: in full where cells have words, else in as much room as there is.
func absence(r *hostsim.Row, l layout, room int) string {
	full, brief := "not installed: "+r.Install, "not installed"
	if r.System != "" {
		full, brief = "other system: "+r.System, "other system"
	}
	switch {
	case l.words:
		return full
	case len(brief) <= room:
		return brief
	}
	return noRoom
}

// noRoom stands for a client that is not here, where there is no room to say so.
const noRoom = "-"

func heading(s hostsim.Scenario) string {
	if h, ok := headings[s.Name]; ok {
		return h
	}
	return s.Name
}

// colors are those of the kinds of marks.
var colors = map[string]text.Color{
	"completed": text.FgGreen, "anchor": text.FgCyan, "refused": text.FgRed, "doubt": text.FgYellow,
	"blind": text.FgMagenta, "absent": text.FgHiBlack, "expected": text.FgHiBlack, "lax": text.FgRed,
}

// cell is what one cell says: a sign and, where there is room, a word.
func cell(o TableOptions, l layout, c *hostsim.Cell, role hostsim.Role) string {
	m := markOf(c, role)
	if !l.words {
		return paint(o, colors[m.Kind], m.Sign)
	}
	return paint(o, colors[m.Kind], m.text())
}

func paint(o TableOptions, c text.Color, s string) string {
	if !o.Color {
		return s
	}
	return c.Sprint(s)
}

// legend explains what is in the table, and names what there was no room for.
func legend(w io.Writer, m *hostsim.Matrix, o TableOptions, l layout) {
	const indent, names = 2, 15
	for _, e := range legendOf(only(m, l.columns), l.words) {
		line := e.Sign + " " + e.Text
		if e.Kind == "doubt" {
			line += ", see below"
		}
		wrapped(w, o.Width, indent, line)
	}
	_, room := columnsOf(m, l)
	if slices.ContainsFunc(m.Rows, func(r hostsim.Row) bool { return !r.Installed && absence(&r, l, room) == noRoom }) {
		wrapped(w, o.Width, indent, noRoom+" not on this machine")
	}
	var left []string
	for i, s := range m.Scenarios {
		if !slices.Contains(l.columns, i) {
			left = append(left, heading(s))
			continue
		}
		name, control := heading(s), ""
		if !l.words {
			name = fmt.Sprintf("%d %s", i+1, name)
		}
		if s.Role != hostsim.RoleQuestion {
			control = " (" + string(s.Role) + ")"
		}
		wrapped(w, o.Width, indent+names+1, fmt.Sprintf("  %-*s %s%s", names, name, s.Title, control))
	}
	if len(left) > 0 {
		wrapped(w, o.Width, indent, "left out for want of room: "+strings.Join(left, ", "))
	}
}

// only is the part of a matrix that some of its columns are.
func only(m *hostsim.Matrix, columns []int) *hostsim.Matrix {
	part := *m
	part.Scenarios, part.Rows = nil, slices.Clone(m.Rows)
	for _, i := range columns {
		part.Scenarios = append(part.Scenarios, m.Scenarios[i])
	}
	for r := range part.Rows {
		var cells []hostsim.Cell
		for _, i := range columns {
			if i < len(m.Rows[r].Cells) {
				cells = append(cells, m.Rows[r].Cells[i])
			}
		}
		part.Rows[r].Cells = cells
	}
	return &part
}

// notes explains the cells that have no verdict on a certificate.
func notes(w io.Writer, m *hostsim.Matrix, o TableOptions) {
	first := true
	note := func(format string, args ...any) {
		if first {
			fmt.Fprintln(w)
			first = false
		}
		wrapped(w, o.Width, 2, fmt.Sprintf(format, args...))
	}
	unfit := map[string]bool{}
	for _, r := range m.Rows {
		if !r.Installed || len(r.Cells) == 0 {
			continue
		}
		for _, c := range r.Cells {
			// What is wrong with somebody's files is the same for every client.
			if line := fmt.Sprintf("· %s: %s", c.Scenario, c.Reason()); ownFault(&c) && !unfit[line] {
				unfit[line] = true
				note("%s", line)
			}
		}
		if !r.Trustworthy && r.Cells[0].Verdict != verdict.VerdictNeverVerifies {
			note("! %s: %s", r.Title, r.Doubt)
			continue
		}
		for _, c := range r.Cells {
			if c.FirstTry != "" && !c.Missing() && (c.Verdict == verdict.VerdictCompleted || c.Verdict == verdict.VerdictRefused) {
				note("! %s, %s: %s at the second try; the first: %s", r.Title, c.Scenario, c.Verdict, c.FirstTry)
			}
			switch c.Verdict {
			case verdict.VerdictCompleted, verdict.VerdictRefused, verdict.VerdictNotApplicable,
				verdict.VerdictNeverVerifies, verdict.VerdictOtherSystem:
			default:
				note("! %s, %s: %s: %s", r.Title, c.Scenario, c.Verdict, c.Reason())
			}
		}
	}
}

// ownFault reports whether a scenario was left out because something is wrong with the files.
func ownFault(c *hostsim.Cell) bool {
	return c.Verdict == verdict.VerdictNotApplicable && (c.Cause == verdict.CauseNotLoaded || c.Cause == verdict.CauseWrongKey)
}

// Messages writes what each client said in one scenario, and what the camera saw of it. On a narrow terminal the
// camera's side is left out, and long names are shortened.
func Messages(w io.Writer, m *hostsim.Matrix, scenario string, o TableOptions) {
	const between, least, long = 6, 20, 30 // columns: of three columns' padding, for what a client says, for its name
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options = table.OptionsNoBordersAndSeparators
	said, name, camera := maxSaid, 0, true
	m = shown(m)
	for _, r := range m.Rows {
		name = max(name, text.StringWidthWithoutEscSequences(r.Title))
	}
	if o.Width > 0 {
		name = min(name, long)
		said = min(maxSaid, o.Width-name-maxSeen-between)
	}
	if said < least {
		camera, name = false, min(name, narrowName)
		said = min(maxSaid, max(1, o.Width-name-between))
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMax: name, WidthMaxEnforcer: text.Trim},
		{Number: 2, WidthMax: said, WidthMaxEnforcer: text.Trim},
		{Number: 3, WidthMax: maxSeen, WidthMaxEnforcer: text.Trim},
	})
	for _, r := range m.Rows {
		c := r.Cell(scenario)
		switch {
		case c == nil || !r.Installed:
		case camera:
			t.AppendRow(table.Row{r.Title, words(c), seenByCamera(c)})
		default:
			t.AppendRow(table.Row{r.Title, words(c)})
		}
	}
	fmt.Fprintln(w, t.Render())
}

// maxSaid is the most columns that a client's own words get.
const maxSaid = 90

// maxSeen is the most that the camera's side takes.
const maxSeen = 48

// words are the client's own, or what is known in their place.
func words(c *hostsim.Cell) string {
	switch {
	case c.Verdict == verdict.VerdictCompleted:
		return c.Proof
	case c.Message == "":
		return "(" + string(c.Verdict) + ": " + c.Reason() + ")"
	}
	return c.Message
}

func seenByCamera(c *hostsim.Cell) string {
	switch {
	case c.Alert != "":
		return "camera: alert " + c.Alert
	case c.Exception != "":
		return "camera: " + c.Exception
	case c.Verdict == verdict.VerdictRefused:
		return "camera: handshake done, then gone without a word"
	}
	return ""
}
