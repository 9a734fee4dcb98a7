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
	"qr": drawQR, "clock": func(t time.Time) string { return t.Format(time.TimeOnly) },
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
		view.Devices[i].settle(modes)
		rows = append(rows, template.HTML(p.row(&view.Devices[i], modes)))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(render("page", map[string]any{
		"Options": p.options, "URLs": p.urls, "Here": !reachable(p.urls), "Port": p.port(), "Rows": rows,
		"Token": p.guard.token, "Instance": p.guard.token[:8],
		"Stage": template.HTML(p.stageHTML(modes, current)), "Counter": template.HTML(p.counterHTML(view.Gone)),
	}))) // whoever asked is gone otherwise
}

// row draws a device that is settled.
func (p *Page) row(d *Device, modes []stage.Mode) string {
	control, latest := d.Control(modes), d.Latest()
	results := make([]mark, len(d.Results))
	for i := range d.Results {
		results[i] = markOfResult(&d.Results[i], modes[i], control)
	}
	return render("row", map[string]any{
		"Device": d, "Latest": latest, "Mark": markOf(&latest, modes[latest.Mode]), "Results": results, "Modes": modes,
	})
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
		line := r.Line
		if r.Cut {
			line += " (cut off)"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}
