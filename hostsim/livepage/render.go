package livepage

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
)

//go:embed page.html
var pageText string

// pages are parsed once; a template that does not parse is a mistake of this package.
var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"qr": drawQR, "kind": kindOf, "sign": signOf, "clock": func(t time.Time) string { return t.Format(time.TimeOnly) },
	"offered": offered, "chosen": chosen, "took": took, "requests": requests,
}).Parse(pageText))

// render executes a template whose data always fits.
func render(name string, data any) string {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		panic(err)
	}
	return b.String()
}

// show serves the page as it is at this moment, complete without any script.
func (p *Page) show(w http.ResponseWriter, _ *http.Request) {
	view := p.journal.Since(0)
	modes, current := p.stage.Modes()
	var rows []template.HTML
	for i := range view.Devices {
		rows = append(rows, template.HTML(p.row(&view.Devices[i], modes)))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(render("page", map[string]any{
		"Options": p.options, "URLs": p.urls, "Rows": rows, "Token": p.guard.token, "Instance": p.guard.token[:8],
		"Stage": template.HTML(p.stageHTML(modes, current)), "Counter": template.HTML(p.counterHTML(view.Gone)),
	}))) // whoever asked is gone otherwise
}

// row draws a device.
func (p *Page) row(d *Device, modes []stage.Mode) string {
	type result struct {
		Title string
		Result
	}
	var results []result
	for i, r := range d.Results {
		results = append(results, result{modes[i].Title, r})
	}
	return render("row", map[string]any{"Device": d, "Latest": d.Latest(), "Results": results, "Modes": modes})
}

// stageHTML draws what is served, with the buttons that switch it.
func (p *Page) stageHTML(modes []stage.Mode, current int) string {
	return render("stage", map[string]any{
		"Modes": modes, "Current": current, "Token": p.guard.token, "Chain": drawChain(modes[current].Served), "Served": modes[current].Served,
		"Leaf": certname.Title(modes[current].Served.Leaf()), "Until": modes[current].Served.Leaf().NotAfter.UTC().Format(time.DateOnly),
	})
}

// counterHTML says what is in use.
func (p *Page) counterHTML(gone int) string {
	return render("counter", map[string]any{"Use": p.stage.Use(), "Gone": gone})
}

// A link is one certificate of a drawn chain.
type link struct{ Name, What, Kind string }

// drawChain is what is served as a chain, the leaf first, with its gap.
func drawChain(s *verdict.Served) []link {
	leaf := s.Leaf()
	if s.SelfSigned() {
		return []link{{certname.Title(leaf), "leaf, self-signed: sent", "sent"}}
	}
	chain := []link{{certname.Title(leaf), "leaf: sent", "sent"}}
	for _, c := range s.Sent[1:] {
		chain = append(chain, link{certname.Title(c), "intermediate: sent", "sent"})
	}
	for _, c := range s.Missing {
		chain = append(chain, link{certname.Title(c), "intermediate: missing", "missing"})
	}
	switch {
	case s.Untrusted:
		chain = append(chain, link{certname.Title(s.Root), "root: nobody trusts it", "missing"})
	case s.Root != nil:
		chain = append(chain, link{certname.Title(s.Root), "root: the client's to trust", "root"})
	default:
		chain = append(chain, link{s.RootName(), "issuer: not known here", "missing"})
	}
	return chain
}

// kindOf is what a sighting is coloured by.
func kindOf(s verdict.Sighting) string {
	switch {
	case s.Verdict == verdict.VerdictCompleted && s.Cause == verdict.CauseBlind:
		return "blind"
	case s.Verdict == verdict.VerdictCompleted:
		return "completed"
	case s.Verdict == verdict.VerdictRefused:
		return "refused"
	case s.Verdict == verdict.VerdictOpen:
		return "open"
	}
	return "doubt"
}

// signOf is a sighting in one character, as in a matrix.
func signOf(s verdict.Sighting) string {
	return map[string]string{"completed": "✓", "refused": "✗", "blind": "○", "open": "…", "doubt": "!"}[kindOf(s)]
}

// offered says in one line what a ClientHello offers.
func offered(h *trace.ClientHello) string {
	if h == nil {
		return "no ClientHello"
	}
	parts := []string{"up to " + verdict.VersionName(verdict.NewestVersion(h)), fmt.Sprintf("%d cipher suites", len(h.CipherSuites))}
	if names := h.GroupNames(); len(names) > 0 {
		parts = append(parts, "groups "+strings.Join(names, " "))
	}
	if len(h.ALPN) > 0 {
		parts = append(parts, "ALPN "+printable.Text(strings.Join(h.ALPN, " "), maxText))
	}
	return strings.Join(parts, ", ")
}

// chosen says in one line what the camera chose.
func chosen(c *trace.Chosen) string {
	if c == nil || c.SuiteName == "" {
		return "nothing"
	}
	return strings.TrimSpace(c.SuiteName + " " + c.GroupName)
}

func took(d trace.Millis) string { return time.Duration(d).Round(time.Millisecond).String() }

func requests(e trace.Event) string {
	var lines []string
	for _, r := range e.Requests {
		lines = append(lines, r.Line)
	}
	return strings.Join(lines, "; ")
}
