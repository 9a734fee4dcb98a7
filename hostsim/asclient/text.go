package asclient

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// TextOptions says how a report is written for people.
type TextOptions struct {
	preflight.TextOptions
	// Details writes every finding with its cause, and every anchor.
	Details bool
	// Write is the command that writes the first anchor; "" where it was written.
	Write string
	// File is the name of the anchor in the camera's flash.
	File string
}

// Bounds of what is shown without the details.
const (
	minWidth, usualWidth = 60, 120
	anchorsShown         = 4
	sentShown            = 6
)

// Text writes a report for people: the answer, why, what the server sends, and what to flash.
func Text(w io.Writer, r *Report, o TextOptions) {
	t := &writer{Writer: w, options: o, width: usualWidth}
	if o.Width > 0 {
		t.width = max(minWidth, min(o.Width, usualWidth))
	}
	t.verdict(r)
	t.findings(r, preflight.SeverityError)
	t.server(r)
	t.anchors(r)
	t.findings(r, preflight.SeverityWarning)
	t.findings(r, preflight.SeverityNote)
	t.steps(r)
}

type writer struct {
	io.Writer
	options TextOptions
	width   int
}

func (t *writer) paint(c text.Color, s string) string {
	if !t.options.Color {
		return s
	}
	return c.Sprint(s)
}

// line writes text behind a prefix, and what follows of it behind another one.
func (t *writer) line(first, next, said string) {
	fmt.Fprintln(t, grid.Hanging(first, next, printable.Visible(said), t.width))
}

// painted writes a line that begins with a word in colour.
func (t *writer) painted(c text.Color, word, said string) {
	whole := grid.Hanging("", "", word+printable.Visible(said), t.width)
	fmt.Fprintln(t, t.paint(c, word)+strings.TrimPrefix(whole, word))
}

// verdict writes the answer.
func (t *writer) verdict(r *Report) {
	camera := "a camera with " + r.Firmware
	with := ""
	if len(r.Given) > 0 {
		var files []string
		for _, g := range r.Given {
			files = append(files, g.File)
		}
		with = " with " + strings.Join(files, " and ")
	}
	switch r.Verdict {
	case VerdictAccepted:
		t.painted(text.FgGreen, "ACCEPTED"+r.untilWhen(), fmt.Sprintf(": %s accepts %s%s.", camera, r.Subject, with))
	case VerdictAnchors:
		t.painted(text.FgGreen, "CAN BE ACCEPTED"+r.untilWhen(), fmt.Sprintf(": %s accepts %s with the first anchor below. An anchor is the CA "+
			"file that you flash.", camera, r.Subject))
	case VerdictRefused:
		if r.RefusedBy == SideServer {
			if with == "" {
				with = " with the first anchor below"
			}
			t.painted(text.FgRed, "REFUSED BY THE SERVER",
				fmt.Sprintf(": %s accepts %s%s, and the server refuses the camera.", camera, r.Subject, with))
			t.exception(r)
			return
		}
		t.painted(text.FgRed, "REFUSED", fmt.Sprintf(": %s does not accept %s%s.", camera, r.Subject, with))
		t.exception(r)
	}
}

func (t *writer) exception(r *Report) {
	if r.Exception != "" {
		t.line("  ", "  ", strings.Join(strings.Fields(r.Exception), " "))
	}
}

func (r *Report) untilWhen() string {
	if r.Until == nil {
		return ""
	}
	return " until " + longDay(*r.Until)
}

func longDay(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

const label = "  %-9s "

func (t *writer) labelled(name, said string) {
	t.line(fmt.Sprintf(label, name), fmt.Sprintf(label, ""), said)
}

// findings writes those of one severity.
func (t *writer) findings(r *Report, s preflight.Severity) {
	if r.Count(s) == 0 {
		return
	}
	fmt.Fprintln(t)
	names := map[preflight.Severity]string{
		preflight.SeverityError: "why", preflight.SeverityWarning: "warning", preflight.SeverityNote: "note",
	}
	for _, f := range r.Findings {
		if f.Severity != s {
			continue
		}
		t.labelled(names[s], f.Title)
		if t.options.Details {
			t.labelled("", fmt.Sprintf("[%s] %s", f.Code, f.Cause))
		}
		if s == preflight.SeverityError || t.options.Details || slices.Contains(alwaysCured, f.Code) {
			t.cure(f.Fix)
		}
	}
}

// cure writes what to do. A command is on a line of its own, whole, so that it can be pasted.
func (t *writer) cure(fix string) {
	for _, begins := range []string{": leafcam connect ", ": openssl x509 "} {
		if said, command, found := strings.Cut(fix, begins); found {
			t.labelled("", "-> "+said+":")
			fmt.Fprintln(t, fmt.Sprintf(label, "")+"  "+printable.Visible(begins[len(": "):]+command))
			return
		}
	}
	t.labelled("", "-> "+fix)
}

// alwaysCured are the warnings and notes that are shown with what to do.
var alwaysCured = []Code{CodeClockNeverSet, CodeAnchorUnproven, CodeCertificateAsked}

// server says what the server sends.
func (t *writer) server(r *Report) {
	if len(r.Sent) == 0 {
		return
	}
	fmt.Fprintln(t)
	if r.Suite != "" {
		t.labelled("speaks", fmt.Sprintf("%s, %s", r.Version, r.Suite))
	}
	t.labelled("name", fmt.Sprintf("%s, as server_hostname", r.Hostname))
	if r.How != "" {
		t.labelled("sends", r.How)
	}
	for i, s := range r.Sent {
		name := ""
		if i == 0 && r.How == "" {
			name = "sends"
		}
		if i == sentShown && !t.options.Details {
			t.labelled(name, fmt.Sprintf("and %d more", len(r.Sent)-i))
			break
		}
		said := fmt.Sprintf("%d %s", i+1, s.Line())
		if i == 0 && s.Problem == "" {
			said += "; the server renews it"
		}
		t.labelled(name, said)
	}
}

// anchors writes those that are possible.
func (t *writer) anchors(r *Report) {
	if len(r.Anchors) == 0 {
		return
	}
	fmt.Fprintln(t)
	t.line("", "", "Anchors that you can flash; the first one holds longest:")
	for i, a := range r.Anchors {
		if i == anchorsShown && !t.options.Details {
			t.line("  ", "  ", fmt.Sprintf("and %s: --details", plural(len(r.Anchors)-i, "more anchor")))
			break
		}
		fmt.Fprintln(t)
		t.line(fmt.Sprintf("  %d  ", i+1), "     ", a.describe())
		t.line("     ", "     ", r.lasts(&a))
		if a.Unproven || t.options.Details {
			t.line("     ", "     ", "SHA-256 "+a.SHA256)
		}
		for _, warning := range a.Warnings {
			t.line("     ", "     ", warning)
		}
	}
	for _, u := range r.Unusable {
		if t.options.Details {
			said := strings.Join(strings.Fields(u.Exception), " ")
			t.line("  -  ", "     ", fmt.Sprintf("no anchor: the %s \"%s\", %s: %s", u.Kind, u.Title, u.Key, said))
		}
	}
}

// describe says what an anchor is.
func (a *Anchor) describe() string {
	said := fmt.Sprintf("%s \"%s\", %s, from %s, %d bytes", a.Kind, a.Title, a.Key, a.Source, a.Octets)
	if a.Kind == KindCrossSign {
		said = fmt.Sprintf("%s \"%s\" by \"%s\", %s, from %s, %d bytes", a.Kind, a.Title, a.Issuer, a.Key, a.Source, a.Octets)
	}
	return said
}

// lasts says how long the camera accepts the server by an anchor.
func (r *Report) lasts(a *Anchor) string {
	said := fmt.Sprintf("accepts the server until %s", longDay(a.Until))
	switch {
	case r.Verdict == VerdictRefused && a.Reached && r.StaysRefused(a):
		said = fmt.Sprintf("would accept it, once that is fixed, until %s", longDay(a.Until))
	case a.Now != "":
		said = fmt.Sprintf("would accept it until %s", longDay(a.Until))
	}
	if a.NotAfter.Equal(a.Until) {
		return said + ", when the anchor ends"
	}
	if a.Ends != "" {
		said += fmt.Sprintf(", when \"%s\" ends that the server sends", a.Ends)
	}
	return said + fmt.Sprintf("; with the server's next one longer, until %s at most", longDay(a.NotAfter))
}

// steps are what to do on the machine and on the camera.
func (t *writer) steps(r *Report) {
	if len(r.Anchors) == 0 {
		return
	}
	if r.StaysRefused(&r.Anchors[0]) {
		fmt.Fprintln(t)
		t.line("", "", "The server stays refused until that is fixed. What follows helps after that.")
	}
	if t.options.Write != "" {
		fmt.Fprintf(t, "\nWrite the first anchor, in DER:\n    %s\n", printable.Visible(t.options.Write))
	}
	if r.ScriptHostname == "" {
		fmt.Fprintln(t)
		t.line("", "", "No server_hostname fits this certificate, so there is no script.")
		return
	}
	fmt.Fprintf(t, "\nIn the camera's script, with %s in its flash:\n", printable.Visible(t.options.File))
	for _, line := range Lines(t.options.File, r.ScriptHostname) {
		fmt.Fprintln(t, "    "+line)
	}
	if slices.ContainsFunc(r.Anchors[1:], func(a Anchor) bool { return a.Reached }) {
		t.line("", "", "Two anchors are possible as well: call load_verify_locations once for each.")
	}
}

// Lines are those of MicroPython that load an anchor, and connect.
func Lines(file, hostname string) []string {
	return []string{
		"context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
		fmt.Sprintf("context.load_verify_locations(cafile=%q)", printable.Visible(file)),
		"context.verify_mode = ssl.CERT_REQUIRED",
		fmt.Sprintf("sock = context.wrap_socket(sock, server_hostname=%q)", printable.Visible(hostname)),
	}
}
