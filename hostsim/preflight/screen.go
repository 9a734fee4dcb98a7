package preflight

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/leafcam/leafcam/internal/printable"
)

// Screen writes the answer of a check on one screen: what the certificate is, whether the camera takes it, who will
// connect now and with the cure, and what to do.
func Screen(w io.Writer, r *Report, o TextOptions) {
	t := newTextWriter(w, o)
	t.certificate(r)
	fmt.Fprintln(t)
	if r.Presented == 0 {
		t.camera(r)
	} else {
		fmt.Fprintf(t, label+"sends %s\n", "server", plural(r.Presented, "certificate"))
	}
	if r.Certificate != nil {
		t.clients(r)
	}
	t.problems(r)
	t.audiences(r)
	t.steps(r)
}

const label = "  %-10s"

// labelled writes text behind a label.
func (t *textWriter) labelled(name, text string) {
	t.wrapped(fmt.Sprintf(label, name), fmt.Sprintf(label, ""), text)
}

// certificate says what it is, until when, and whose.
func (t *textWriter) certificate(r *Report) {
	c := r.Certificate
	if c == nil {
		t.wrapped("", "", fmt.Sprintf("%s: there is no certificate that can be read.", r.Subject))
		return
	}
	line := c.Title
	if !c.NotAfter.IsZero() {
		until := "valid until"
		if c.NotAfter.Before(r.At) {
			until = "EXPIRED on"
		}
		line += fmt.Sprintf(", %s %s", until, c.NotAfter.UTC().Format("2 Jan 2006"))
	}
	switch issuer := c.Issuer; {
	case issuer == "":
	case c.IssuerOrganization != "" && c.IssuerOrganization != issuer:
		line += fmt.Sprintf(", issued by %s (%s)", c.IssuerOrganization, issuer)
	default:
		line += ", issued by " + issuer
	}
	line += "."
	if r.Finding(CodeKeyMismatch) == nil && r.Finding(CodeNoKey) == nil && r.Paired {
		line += " Key and certificate match."
	}
	t.wrapped("", "", line)
}

// camera says whether the camera takes the files.
func (t *textWriter) camera(r *Report) {
	said := map[Camera]string{
		CameraLoads:     t.paint(text.FgGreen, "loads it as it is"),
		CameraConverted: t.paint(text.FgGreen, "loads it once converted"+r.stepThatConverts()),
		CameraRefuses:   t.paint(text.FgRed, "DOES NOT LOAD IT") + printable.Visible(": "+r.Exception),
	}[r.Verdict.Camera]
	if r.Verdict.Camera == CameraConverted && r.Finding(CodeKeyMismatch) != nil {
		said = t.paint(text.FgRed, "CANNOT BE CONVERTED") + ": the key belongs to another certificate"
	}
	if r.Verdict.Camera == CameraRefuses && r.Exception == "" {
		said = t.paint(text.FgRed, "CANNOT LOAD IT") + ": there is no private key"
	}
	fmt.Fprintf(t, label+"%s\n", "camera", said)
}

// stepThatConverts names the step that writes the camera's files; "" where there is none.
func (r *Report) stepThatConverts() string {
	if i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Converts }); i >= 0 {
		return fmt.Sprintf(" (step %d)", i+1)
	}
	return ""
}

// clients says how many will connect, and why not all.
func (t *textWriter) clients(r *Report) {
	answer := map[Reach]string{
		ReachAll: "ALL WILL CONNECT", ReachMost: "MOST WILL CONNECT", ReachSome: "MOST WILL REFUSE", ReachNone: "ALL WILL REFUSE",
	}[r.Verdict.Now]
	color := map[Reach]text.Color{
		ReachAll: text.FgGreen, ReachMost: text.FgYellow, ReachSome: text.FgRed, ReachNone: text.FgRed,
	}[r.Verdict.Now]
	if reason := r.reason(); reason != "" {
		answer += ": " + reason
	}
	lines := strings.Split(text.WrapSoft(printable.Visible(answer), t.width-len(fmt.Sprintf(label, ""))), "\n")
	for i, line := range lines {
		name := "clients"
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(t, label+"%s\n", name, t.paint(color, strings.TrimRight(line, " ")))
	}
}

// reason is why not all clients connect now.
func (r *Report) reason() string {
	for _, f := range r.Findings {
		if f.Severity == SeverityError && f.Code != CodePrivateKeyHere { // which bothers no client
			return f.Title
		}
	}
	switch {
	case r.Verdict.Now == ReachAll && r.Finding(CodeUnknownRoot) != nil:
		return "once each has the root, which leafcam does not know"
	case r.Verdict.Now == ReachAll:
		return ""
	case r.Finding(CodeMissingLink) != nil && r.Presented > 0:
		return "the server does not send the issuer of its certificate"
	case r.Finding(CodeMissingLink) != nil:
		return "the issuer of the certificate is missing, here and on the camera"
	case r.Finding(CodeSelfSigned) != nil:
		return "the certificate is self-signed, and each client has to be given it"
	case r.Finding(CodeUnknownRoot) != nil && len(r.Path) == 1 && r.Missing != 0, r.Missing == 1:
		return fmt.Sprintf("the %s does not send the intermediate %q", r.sender(), r.Path[0])
	case len(r.Path) > 1 && r.Missing != 0:
		return fmt.Sprintf("the %s does not send the %d intermediates", r.sender(), len(r.Path))
	}
	return ""
}

func (r *Report) sender() string {
	if r.Presented > 0 {
		return "server"
	}
	return "camera"
}

// problems are the errors that have not been said.
func (t *textWriter) problems(r *Report) {
	said := r.reason()
	const most = 3
	shown := 0
	for _, f := range r.Findings {
		if f.Severity != SeverityError || f.Title == said {
			continue
		}
		if shown++; shown > most {
			fmt.Fprintf(t, label+"%s\n", "", "and more: see --details")
			return
		}
		t.labelled("problem", f.Title)
	}
	for _, f := range r.Findings {
		if slices.Contains(urgent, f.Code) {
			title := f.Title
			if f.File != "" {
				title = f.File + ": " + title
			}
			t.labelled("warning", title)
		}
	}
}

// urgent are warnings that are no matter of clients, and do not wait for the details.
var urgent = []Code{CodeExpiresSoon, CodeKeyReadable}

// The signs of the first screen. A client that is only online connects, too, has a sign of its own.
const (
	signConnects = "✓"
	signOnline   = "✓*"
	signDepends  = "?"
	signRefuses  = "✗"
	signAny      = "○" // verifies nothing
)

// sign returns what a family does.
func sign(f *FamilyForecast, cure Cure) string {
	o := f.Under(cure)
	switch {
	case o.Outcome == OutcomeRefuses:
		return signRefuses
	case f.NeverVerifies && o.Outcome == OutcomeCompletes:
		return signAny
	case o.Outcome == OutcomeDepends && o.On == OnNetwork:
		return signOnline
	case o.connects():
		return signConnects
	}
	return signDepends
}

// audiences is the table of who connects.
func (t *textWriter) audiences(r *Report) {
	if len(r.Forecast) == 0 || r.Certificate == nil {
		return
	}
	step := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Cure != "" }) + 1
	cured := step > 0
	const last = 13 // columns of the last column, and before it
	room := t.width - len(fmt.Sprintf(label, ""))
	if cured {
		room -= last
	}
	used, exceptions, widest := map[string]bool{}, []string{}, 0
	rows := make([][]string, len(audiences))
	for i, a := range audiences {
		var cells []string
		for _, m := range a.members {
			s := sign(r.family(m.family), CureLeafOnly)
			used[s] = true
			cells = append(cells, m.title+" "+s)
		}
		rows[i] = filled(cells, room)
		for _, line := range rows[i] {
			widest = max(widest, text.StringWidthWithoutEscSequences(line))
		}
	}
	then := ""
	if cured {
		then = fmt.Sprintf("  with step %d", step)
	}
	fmt.Fprintln(t, "\n"+strings.TrimRight(fmt.Sprintf(label, "")+pad("now", widest)+then, " "))
	for i, a := range audiences {
		for n, line := range rows[i] {
			name, then := a.title, ""
			if n > 0 {
				name = ""
			} else if cured {
				then = t.cured(r, a, &exceptions)
			}
			fmt.Fprintln(t, strings.TrimRight(fmt.Sprintf(label, name)+t.painted(pad(line, widest))+"  "+then, " "))
		}
	}
	t.legend(r, used, exceptions)
}

// cured says who of an audience connects with the cure.
func (t *textWriter) cured(r *Report, a audience, exceptions *[]string) string {
	var not []string
	for _, m := range a.members {
		f := r.family(m.family)
		if !f.NeverVerifies && !f.Under(r.Verdict.Cure).connects() {
			not = append(not, m.title)
		}
	}
	switch {
	case len(not) == 0:
		return t.painted("all " + signConnects)
	case len(not) == len(a.members):
		return t.painted("none " + signRefuses)
	}
	*exceptions = append(*exceptions, not...)
	return t.painted("some " + signConnects)
}

// legend explains the signs that are used and are not plain.
func (t *textWriter) legend(r *Report, used map[string]bool, exceptions []string) {
	var parts []string
	if r.Errors() == 0 {
		parts = append(parts, r.provided()...)
	}
	if len(exceptions) > 0 {
		parts = append(parts, "not with the step: "+strings.Join(exceptions, ", "))
	}
	for _, s := range []struct{ sign, meaning string }{
		{signOnline, "when it can download the intermediate"}, {signAny, "does not verify"}, {signDepends, "depends: see --details"},
	} {
		if used[s.sign] {
			parts = append(parts, s.sign+" "+s.meaning)
		}
	}
	if len(parts) > 0 {
		t.labelled("", strings.Join(parts, "; "))
	}
}

// provided says what has to be so for clients to connect, besides what is sent.
func (r *Report) provided() (parts []string) {
	switch {
	case r.Finding(CodeUnknownRoot) != nil:
		parts = append(parts, "all with your root installed")
	case r.Root != "" && r.Finding(CodePrivateRoot) != nil:
		parts = append(parts, fmt.Sprintf("all with the root %q installed", r.Root))
	}
	if r.family("android").Under(r.Verdict.Cure).On == OnDeveloper {
		parts = append(parts, "Android apps if their developers allow your root")
	}
	return parts
}

// steps are what to do.
func (t *textWriter) steps(r *Report) {
	for i, s := range r.Steps {
		if i == 0 {
			fmt.Fprintln(t)
		}
		first := fmt.Sprintf("  %d  ", i+1)
		if s.Command == "" || s.Fixes != "" && !strings.HasPrefix(s.Text, s.Command) {
			t.wrapped(first, "     ", s.Text)
			first = "     "
		}
		if s.Command == "" {
			continue
		}
		// A command is never broken: it is there to be copied.
		fmt.Fprintf(t, "%s%s\n", first, printable.Visible(s.Command))
	}
}

// filled puts cells on lines of a width.
func filled(cells []string, width int) (lines []string) {
	line := ""
	for _, cell := range cells {
		if line != "" && text.StringWidthWithoutEscSequences(line)+3+text.StringWidthWithoutEscSequences(cell) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += "   "
		}
		line += cell
	}
	return append(lines, line)
}

// pad fills a line up to a width.
func pad(line string, width int) string {
	return line + strings.Repeat(" ", max(0, width-text.StringWidthWithoutEscSequences(line)))
}

// painted paints the signs of a line.
func (t *textWriter) painted(line string) string {
	if !t.options.Color {
		return line
	}
	return strings.NewReplacer(
		signOnline, text.FgYellow.Sprint(signOnline), signConnects, text.FgGreen.Sprint(signConnects),
		signRefuses, text.FgRed.Sprint(signRefuses), signAny, text.FgYellow.Sprint(signAny),
	).Replace(line)
}

// family returns the forecast for a family.
func (r *Report) family(name string) *FamilyForecast {
	for i := range r.Forecast {
		if r.Forecast[i].Family == name {
			return &r.Forecast[i]
		}
	}
	return &FamilyForecast{}
}
