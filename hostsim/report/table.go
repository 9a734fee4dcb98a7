package report

import (
	"fmt"
	"io"
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
	"leaf-only": "leaf only", "aia": "AIA", "store": "store", "store-alone": "interm. alone", "second-load": "2nd load",
	"self-signed": "self-signed", "wrong-name": "wrong name", "expired": "expired", "unknown-root": "unknown root",
	"aia-stranger": "AIA stranger",
}

// The layouts of a table, the most telling first; the first one that fits is taken.
type layout int

const (
	withLibraries layout = iota
	withWords
	signsOnly // columns are numbered, and cells have no words
)

// Table writes the matrix as a table, with what it rests on below: a legend, and a
// note for each cell that speaks neither for nor against a certificate.
func Table(w io.Writer, m *hostsim.Matrix, o TableOptions) {
	m = shown(m)
	chosen := withLibraries
	drawn := draw(m, o, chosen)
	for o.Width > 0 && width(drawn) > o.Width && chosen < signsOnly {
		chosen++
		drawn = draw(m, o, chosen)
	}
	fmt.Fprintln(w, drawn)
	legend(w, m, chosen)
	notes(w, m)
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
	if l == withLibraries {
		head = append(head, "TLS library")
	}
	for i, s := range m.Scenarios {
		if l == signsOnly {
			head = append(head, i+1)
		} else {
			head = append(head, heading(s))
		}
	}
	t.AppendHeader(head)
	for i, g := range groups(m) {
		if i > 0 {
			t.AppendSeparator()
		}
		appendGroup(t, m, o, l, g)
	}
	return t.Render()
}

func appendGroup(t table.Writer, m *hostsim.Matrix, o TableOptions, l layout, g group) {
	for _, r := range g.Rows {
		title := r.Title
		if r.Simulated != "" {
			title += " (simulated)"
		}
		row := table.Row{title}
		if l == withLibraries {
			row = append(row, r.Library)
		}
		if !r.Installed {
			missing := "not installed: " + r.Install
			switch {
			case r.System != "":
				missing = "other system: " + r.System
			case l == signsOnly:
				missing = "not installed"
			}
			for range m.Scenarios {
				row = append(row, paint(o, text.FgHiBlack, missing))
			}
			t.AppendRow(row, table.RowConfig{AutoMerge: true, AutoMergeAlign: text.AlignLeft})
			continue
		}
		for i := range r.Cells {
			row = append(row, cell(o, l, &r.Cells[i]))
		}
		t.AppendRow(row)
	}
}

func heading(s hostsim.Scenario) string {
	if h, ok := headings[s.Name]; ok {
		return h
	}
	return s.Name
}

// colors are those of the kinds of marks.
var colors = map[string]text.Color{
	"completed": text.FgGreen, "anchor": text.FgCyan, "refused": text.FgRed, "doubt": text.FgYellow,
	"blind": text.FgMagenta, "absent": text.FgHiBlack,
}

// cell is what one cell says: a sign and, where there is room, a word.
func cell(o TableOptions, l layout, c *hostsim.Cell) string {
	m := markOf(c)
	if l == signsOnly {
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

func legend(w io.Writer, m *hostsim.Matrix, l layout) {
	fmt.Fprint(w, `✓ chain completed: sent by the server, by AIA download, from the client's store or an earlier visit
= accepted as a trust anchor: no chain was built
✗ refused, with the cause: missing = the intermediate is missing
○ the client accepts any certificate: proof of nothing
! no verdict, see below      · does not apply
`)
	for i, s := range m.Scenarios {
		name, control := heading(s), ""
		if l == signsOnly {
			name = fmt.Sprintf("%d %s", i+1, name)
		}
		if s.Role != hostsim.RoleQuestion {
			control = " (" + string(s.Role) + ")"
		}
		fmt.Fprintf(w, "  %-15s %s%s\n", name, s.Title, control)
	}
}

// notes explains the cells that have no verdict on a certificate.
func notes(w io.Writer, m *hostsim.Matrix) {
	first := true
	note := func(format string, args ...any) {
		if first {
			fmt.Fprintln(w)
			first = false
		}
		fmt.Fprintf(w, format, args...)
	}
	unfit := map[string]bool{}
	for _, r := range m.Rows {
		if !r.Installed || len(r.Cells) == 0 {
			continue
		}
		for _, c := range r.Cells {
			// What is wrong with somebody's files is the same for every client.
			if line := fmt.Sprintf("· %s: %s\n", c.Scenario, c.Reason()); ownFault(&c) && !unfit[line] {
				unfit[line] = true
				note("%s", line)
			}
		}
		if !r.Trustworthy && r.Cells[0].Verdict != verdict.VerdictNeverVerifies {
			note("! %s: %s\n", r.Title, r.Doubt)
			continue
		}
		for _, c := range r.Cells {
			if c.FirstTry != "" && !c.Missing() && (c.Verdict == verdict.VerdictCompleted || c.Verdict == verdict.VerdictRefused) {
				note("! %s, %s: %s at the second try; the first: %s\n", r.Title, c.Scenario, c.Verdict, c.FirstTry)
			}
			switch c.Verdict {
			case verdict.VerdictCompleted, verdict.VerdictRefused, verdict.VerdictNotApplicable,
				verdict.VerdictNeverVerifies, verdict.VerdictOtherSystem:
			default:
				note("! %s, %s: %s: %s\n", r.Title, c.Scenario, c.Verdict, c.Reason())
			}
		}
	}
}

// ownFault tells whether a scenario was left out because something is wrong with the files.
func ownFault(c *hostsim.Cell) bool {
	return c.Verdict == verdict.VerdictNotApplicable && (c.Cause == verdict.CauseNotLoaded || c.Cause == verdict.CauseWrongKey)
}

// Messages writes what each client said in one scenario, and what the camera saw of it.
func Messages(w io.Writer, m *hostsim.Matrix, scenario string, o TableOptions) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options = table.OptionsNoBordersAndSeparators
	said := maxSaid
	if o.Width > 0 {
		said = max(20, min(maxSaid, o.Width-len("gnutls-cli --ca-auto-retrieve")-maxSeen-6))
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: said, WidthMaxEnforcer: text.Trim},
		{Number: 3, WidthMax: maxSeen, WidthMaxEnforcer: text.Trim},
	})
	for _, r := range shown(m).Rows {
		if c := r.Cell(scenario); c != nil && r.Installed {
			t.AppendRow(table.Row{r.Title, words(c), seenByCamera(c)})
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
