package main

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

// worseLines say what is worse than it was: a line for each new error, and one for all clients that no longer connect
// under a cure for the same reason.
func worseLines(list []preflight.Worsening) (lines []string) {
	type group struct{ cure, reason string }
	var order []group
	members := map[group][]string{}
	for _, w := range list {
		if w.Finding != nil {
			lines = append(lines, w.String())
			continue
		}
		g := group{string(w.Outcome.Cure), w.Outcome.Reason}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], w.Title)
	}
	const most = 3
	for _, g := range order {
		titles := members[g]
		said := strings.Join(titles[:min(most, len(titles))], "; ")
		if more := len(titles) - most; more > 0 {
			said += fmt.Sprintf("; and %d more families of clients", more)
		}
		lines = append(lines, fmt.Sprintf("connected with %s, and will not (%s): %s", g.cure, g.reason, said))
	}
	return lines
}
