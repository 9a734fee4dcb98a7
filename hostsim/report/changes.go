package report

import (
	"fmt"
	"io"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A Change is a cell that is not as it was.
type Change struct {
	Client   string `json:"client"`
	Scenario string `json:"scenario"`
	Was      string `json:"was"`
	Is       string `json:"is"`
	Message  string `json:"message,omitempty"` // what the client says now
}

// Compare returns what differs from an earlier matrix, in the order of the new one. Cells that
// only one of the two has, and clients that are not installed in either, are no change; a
// client that is gone is one.
func Compare(was, is *hostsim.Matrix) []Change {
	var list []Change
	for _, row := range is.Rows {
		before := was.Row(row.Client)
		if before == nil {
			continue
		}
		for _, c := range row.Cells {
			old := before.Cell(c.Scenario)
			if old == nil {
				continue
			}
			if then, now := sum(old), sum(&c); then != now {
				list = append(list, Change{row.Client, c.Scenario, then, now, c.Message})
			}
		}
	}
	return list
}

// sum is what counts of a cell when it is compared: neither times nor words.
func sum(c *hostsim.Cell) string {
	if c.Verdict == verdict.VerdictRefused {
		return "refused: " + string(c.Cause)
	}
	return outcomeOf(c)
}

// Changes writes what has changed, a line each.
func Changes(w io.Writer, list []Change) {
	if len(list) == 0 {
		fmt.Fprintln(w, "nothing has changed")
		return
	}
	fmt.Fprintf(w, "%d cell(s) have changed:\n", len(list))
	for _, c := range list {
		visible(&c.Client, &c.Scenario, &c.Was, &c.Is, &c.Message) // the earlier matrix is a file
		fmt.Fprintf(w, "  %s, %s: was %s, is %s\n", c.Client, c.Scenario, c.Was, c.Is)
		if c.Message != "" {
			fmt.Fprintf(w, "    %s\n", c.Message)
		}
	}
}
