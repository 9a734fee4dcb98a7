package preflight

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// TextOptions says how a report is written for people.
type TextOptions struct {
	Color bool
	Width int // columns of the terminal; 0 when there is none
}

// minWidth keeps text readable where a terminal is narrow, usualWidth is taken where there is none.
const (
	minWidth   = 60
	usualWidth = 120
)

var severityColors = map[Severity]text.Color{SeverityError: text.FgRed, SeverityWarning: text.FgYellow, SeverityNote: text.FgCyan}

var outcomeColors = map[Outcome]text.Color{
	OutcomeCompletes: text.FgGreen, OutcomeRefuses: text.FgRed,
	OutcomeDepends: text.FgYellow, OutcomeNotApplicable: text.FgHiBlack,
}

var outcomeSigns = map[Outcome]string{OutcomeCompletes: "✓", OutcomeRefuses: "✗", OutcomeDepends: "?", OutcomeNotApplicable: "·"}

// Text writes a report for people: what was checked, the findings with the worst first and the
// fix of each last, the chain, and the forecast.
func Text(w io.Writer, r *Report, o TextOptions) {
	t := newTextWriter(w, o)
	t.head(r)
	for _, s := range Severities() {
		t.findings(r, s)
	}
	t.chain(r)
	t.reach(r)
	fmt.Fprintf(w, "\n%d error(s), %d warning(s), %d note(s)\n", r.Count(SeverityError), r.Count(SeverityWarning), r.Count(SeverityNote))
}

type textWriter struct {
	io.Writer
	options TextOptions
	width   int
}

func newTextWriter(w io.Writer, o TextOptions) *textWriter {
	t := &textWriter{Writer: w, options: o, width: usualWidth}
	if o.Width > 0 {
		t.width = max(minWidth, min(o.Width, usualWidth))
	}
	return t
}

func (t *textWriter) paint(c text.Color, s string) string {
	if !t.options.Color {
		return s
	}
	return c.Sprint(s)
}

func (t *textWriter) head(r *Report) {
	t.wrapped("", "  ", r.Subject)
	if c := r.Certificate; c != nil {
		line := c.Title
		if c.Key != "" {
			line += fmt.Sprintf(": %s, %s to %s, issued by %s", c.Key, date(c.NotBefore), date(c.NotAfter), c.Issuer)
		}
		t.wrapped("  ", "    ", line)
	}
	loads := t.paint(text.FgGreen, "loads")
	if !r.Loads {
		loads = t.paint(text.FgRed, "does not load: "+r.Exception)
		if r.Exception == "" {
			loads = t.paint(text.FgRed, "cannot load: there is no private key")
		}
	}
	if r.Loads == r.LoadsAsDelivered {
		fmt.Fprintf(t, "  on %s it %s\n", r.Firmware, loads)
		return
	}
	lying := t.paint(text.FgGreen, "loads")
	if !r.LoadsAsDelivered {
		lying = t.paint(text.FgYellow, fmt.Sprintf("the camera refuses it (%s)", r.ExceptionAsDelivered))
	}
	said := fmt.Sprintf("  on %s as it lies there: %s; after convert: %s", r.Firmware, lying, loads)
	if text.StringWidthWithoutEscSequences(said) > t.width {
		said = fmt.Sprintf("  on %s\n    as it lies there: %s\n    after convert: %s", r.Firmware, lying, loads)
	}
	fmt.Fprintln(t, said)
}

// findings writes those of one severity.
func (t *textWriter) findings(r *Report, s Severity) {
	if r.Count(s) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(severityColors[s], strings.ToUpper(string(s))+map[bool]string{true: "S", false: ""}[r.Count(s) > 1]))
	for _, f := range r.Findings {
		if f.Severity != s {
			continue
		}
		t.wrapped("  ", "  ", fmt.Sprintf("%s  [%s]", f.Title, f.Code))
		if f.File != "" {
			t.wrapped("      file     ", "               ", f.File)
		}
		for _, saying := range f.Symptoms {
			t.wrapped("      symptom  ", "               ", saying.Source+": "+saying.Message)
		}
		why := f.Cause
		if f.Basis == BasisDocumented && len(f.Symptoms) > 0 {
			why += " (documented, not tried here)"
		}
		t.wrapped("      cause    ", "               ", why)
		t.wrapped("      fix      ", "               ", f.Fix)
	}
}

// wrapped writes text between a first and further indents, as wide as the terminal.
func (t *textWriter) wrapped(first, next, s string) {
	t.lines(first, next, printable.Visible(s))
}

// lines wraps a text that is fit for a terminal, and may be painted.
func (t *textWriter) lines(first, next, s string) {
	fmt.Fprintln(t, grid.Hanging(first, next, s, t.width))
}

// chain draws what the camera sends and what is missing.
func (t *textWriter) chain(r *Report) {
	if r.Certificate == nil || len(r.Path) == 0 && r.Root == "" {
		return
	}
	links := []string{t.paint(text.FgGreen, "["+printable.Visible(r.Certificate.Title)+"]")}
	for _, name := range r.Path {
		link := t.paint(text.FgRed, "( "+printable.Visible(name)+" )")
		if r.Missing == 0 { // a server sends it
			link = t.paint(text.FgGreen, "["+printable.Visible(name)+"]")
		}
		links = append(links, link)
	}
	root := "( ? )"
	if r.Root != "" {
		root = fmt.Sprintf("<%s>", printable.Visible(r.Root))
	}
	drawn, known := strings.Join(append(links, root), " ← "), map[bool]string{true: r.Trust, false: "nowhere here"}[r.Trust != ""]
	fmt.Fprintln(t)
	t.lines("", "  ", drawn)
	t.wrapped("  ", "  ", fmt.Sprintf("[sent by the %s]  ( not sent )  <root, known from: %s>", r.sender(), known))
	size := fmt.Sprintf("Certificate message: %d octets with the leaf alone", r.Message.Leaf)
	if r.Message.Path > r.Message.Leaf {
		size += fmt.Sprintf(", %d with the chain", r.Message.Path)
	}
	t.wrapped("  ", "    ", fmt.Sprintf("%s; the camera sends %d at most", size, r.Message.Limit))
}

// cureHeads are the cures in words.
var cureHeads = map[Cure]string{
	CureLeafOnly: "the leaf alone", CureSecondLoad: "second load", CurePEMFirmware: "firmware with PEM",
	CureGateway: "gateway", CureStore: "issuers in the client's store",
	CurePinned: "a self-signed certificate instead",
}

// reach writes the forecast: families with the same forecast share an entry.
func (t *textWriter) reach(r *Report) {
	if len(r.Forecast) == 0 {
		return
	}
	fmt.Fprintln(t, "\nFORECAST (leafcam matrix proves it with the clients of this machine)")
	var legend, numbers []string
	for i, c := range Cures() {
		legend, numbers = append(legend, fmt.Sprintf("%d %s", i+1, cureHeads[c])), append(numbers, fmt.Sprint(i+1))
	}
	t.wrapped("  ", "  ", strings.Join(legend, ", "))
	t.wrapped("  ", "  ", "✓ completes, ✗ refuses, ? depends, · does not apply")
	fmt.Fprintf(t, "\n  %s\n", strings.Join(numbers, " "))
	indent := strings.Repeat(" ", 2*len(Cures())+3)
	for _, group := range sameForecast(r.Forecast) {
		var titles, signs []string
		for _, reach := range group {
			title := reach.Title
			if reach.Basis == BasisDocumented {
				title += " (documented)"
			}
			titles = append(titles, title)
		}
		for _, f := range group[0].Outcomes {
			signs = append(signs, t.paint(outcomeColors[f.Outcome], outcomeSigns[f.Outcome]))
		}
		t.wrapped("  "+strings.Join(signs, " ")+"  ", indent, strings.Join(titles, "; "))
		t.wrapped(indent, indent+"  ", "the leaf alone: "+group[0].Under(CureLeafOnly).Reason)
	}
}

// sameForecast groups families in their order.
func sameForecast(list []FamilyForecast) (groups [][]FamilyForecast) {
	index := map[string]int{}
	for _, r := range list {
		key := r.Under(CureLeafOnly).Reason
		for _, f := range r.Outcomes {
			key += "/" + string(f.Outcome)
		}
		i, known := index[key]
		if !known {
			i = len(groups)
			index[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// Explain writes everything that was read of a delivery, and how it was understood.
func Explain(w io.Writer, d *delivery.Delivery, o TextOptions) {
	g := grid.New("file", "form", "what it is", "about", "used as", "why")
	for _, i := range d.Items {
		use := string(i.Use)
		if i.Kind == delivery.KindContainer {
			use = "see below"
		}
		g.Append(printable.Visible(i.String()), i.Form, i.Kind, printable.Visible(i.About), use, printable.Visible(i.Note))
	}
	_ = g.Write(w, o.Width) // as with all of the text, the writer tells what becomes of it
}
