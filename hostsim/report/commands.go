package report

import (
	"fmt"
	"io"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/shell"
)

// Commands writes each cell's command line, ready to be pasted into a shell. The temporary files
// that it names are gone unless they were kept.
func Commands(w io.Writer, m *hostsim.Matrix) {
	for _, r := range shown(m).Rows {
		for _, c := range r.Cells {
			if len(c.Command) > 0 {
				fmt.Fprintf(w, "# %s, %s\n%s\n", r.Client, c.Scenario, shell.Line(c.Env, c.Command))
			}
		}
	}
}
