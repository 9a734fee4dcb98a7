package report

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
	"github.com/leafcam/leafcam/internal/shell"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// page is parsed once; a template that does not parse is a mistake of this package.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"heading": heading, "chain": drawChain, "version": version,
}).Parse(pageText))

// pageData is what the template gets.
type pageData struct {
	Matrix  *hostsim.Matrix
	Groups  []group
	Counts  counts
	Causes  []string
	Legend  []legendEntry
	Cures   []cure
	Style   template.CSS
	Script  template.JS
	Details template.JS
}

// HTML writes the matrix as one page that needs nothing else: no network, no other file.
func HTML(w io.Writer, m *hostsim.Matrix) error {
	m = shown(m)
	// json.Marshal writes < and > as escapes, so that no client's output can end the script.
	details, err := json.Marshal(detailsOf(m))
	if err != nil {
		return err
	}
	d := pageData{
		Matrix: m, Groups: groups(m), Counts: count(m), Causes: causes(m), Legend: legendOf(m, true), Cures: curesIn(m),
		Style: template.CSS(pageStyle), Script: template.JS(pageScript), Details: template.JS(printable.JSON(details)),
	}
	return page.Execute(w, d)
}

// A detailedCell is what the page tells of a cell when somebody asks.
type detailedCell struct {
	hostsim.Cell
	Command     []string `json:"command,omitempty"` // none: CommandLine has all of it
	Env         []string `json:"env,omitempty"`
	CommandLine string   `json:"command_line,omitempty"`
}

type detailedRow struct {
	hostsim.Row
	Cells []detailedCell `json:"cells"`
}

// details is a matrix with command lines as a shell takes them.
type details struct {
	hostsim.Matrix
	Rows []detailedRow `json:"rows"`
}

func detailsOf(m *hostsim.Matrix) details {
	d := details{Matrix: *m}
	for _, r := range m.Rows {
		row := detailedRow{Row: r}
		for _, c := range r.Cells {
			cell := detailedCell{Cell: c}
			if len(c.Command) > 0 {
				cell.CommandLine = shell.Line(c.Env, c.Command)
			}
			row.Cells = append(row.Cells, cell)
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// causes are the outcomes that a reader can look for, each once, in the order of their coming.
func causes(m *hostsim.Matrix) []string {
	var list []string
	seen := map[string]bool{"": true}
	for _, r := range m.Rows {
		for i := range r.Cells {
			if o := outcomeOf(&r.Cells[i]); !seen[o] {
				seen[o] = true
				list = append(list, o)
			}
		}
	}
	return list
}

// outcomeOf is what a cell is filtered by.
func outcomeOf(c *hostsim.Cell) string {
	switch c.Verdict {
	case verdict.VerdictCompleted:
		return "completed: " + string(c.How)
	case verdict.VerdictRefused:
		return string(c.Cause)
	}
	return string(c.Verdict)
}

// Mark is for the template: what a cell of the page says, by its place in the row.
func (d pageData) Mark(c hostsim.Cell, place int) mark { return markOf(&c, roleOf(d.Matrix, place)) }

// Outcome is for the template: what a cell of the page is filtered by.
func (pageData) Outcome(c hostsim.Cell) string { return outcomeOf(&c) }
