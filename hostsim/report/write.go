package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// writers are the forms of a report that go into a file.
var writers = []struct {
	name  string
	write func(io.Writer, *hostsim.Matrix) error
}{{"html", HTML}, {"json", JSON}, {"junit", JUnit}, {"markdown", Markdown}}

// Forms returns the names of the forms that [Write] knows.
func Forms() []string {
	var names []string
	for _, w := range writers {
		names = append(names, w.name)
	}
	return names
}

// WriteSince writes the matrix in the named form for those who know an earlier one. JUnit fails what has
// changed since, and nothing else; the other forms show the matrix.
func WriteSince(w io.Writer, form string, was, is *hostsim.Matrix) error {
	if form == "junit" {
		return JUnitSince(w, was, is)
	}
	return Write(w, form, is)
}

// Write writes the matrix in the named form, or returns an error that lists the names.
func Write(w io.Writer, form string, m *hostsim.Matrix) error {
	for _, f := range writers {
		if f.name == form {
			return f.write(w, m)
		}
	}
	return fmt.Errorf("unknown form of report %q; known: %s", form, strings.Join(Forms(), ", "))
}
