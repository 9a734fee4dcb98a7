package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// Markdown writes the matrix as a table of GitHub-flavoured Markdown, grouped by TLS stack,
// with a legend. Clients that did not run are named below it.
func Markdown(w io.Writer, m *hostsim.Matrix) error {
	m = shown(m)
	var b strings.Builder
	n := count(m)
	fmt.Fprintf(&b, "%s, firmware %s: %d clients of %d TLS stacks", m.Started.Format("2006-01-02"), m.Firmware, n.Real, n.Stacks)
	if n.Simulated > 0 {
		fmt.Fprintf(&b, ", %d simulated", n.Simulated)
	}
	b.WriteString(".\n\n| stack | client | version |")
	for _, s := range m.Scenarios {
		b.WriteString(" " + heading(s) + " |")
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(m.Scenarios)) + "\n")
	var absent []string
	for _, g := range groups(m) {
		for i, r := range g.Rows {
			if !r.Installed {
				absent = append(absent, r.Title)
				continue
			}
			stack := ""
			if i == 0 {
				stack = "**" + g.Stack + "**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |", stack, escape(r.Title), escape(version(r)))
			for c := range r.Cells {
				b.WriteString(" " + markOf(&r.Cells[c], roleOf(m, c)).text() + " |")
			}
			b.WriteString("\n")
		}
	}
	var parts []string
	for _, e := range legendOf(m, true) {
		parts = append(parts, "`"+e.Sign+"` "+e.Text)
	}
	if len(parts) > 0 {
		b.WriteString("\n" + strings.Join(parts, "; ") + ".\n")
	}
	if len(absent) > 0 {
		b.WriteString("\nNot on that machine: " + escape(strings.Join(absent, ", ")) + ".\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// version is a client's version as a table has room for it.
func version(r *hostsim.Row) string {
	const most = 40
	v := []rune(r.Version)
	if len(v) > most {
		return string(v[:most]) + "…"
	}
	return string(v)
}

func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(s)
}
