package report

import (
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A legendEntry explains a sign of a table.
type legendEntry struct{ Sign, Kind, Text string }

// hows say where a client that completes the chain has the intermediate from.
var hows = []struct {
	how   verdict.How
	words string
}{
	{verdict.HowSent, "sent by the server"}, {verdict.HowAIA, "by AIA download"}, {verdict.HowStore, "from the client's store"},
	{verdict.HowVisit, "from an earlier visit"}, {verdict.HowItself, "found elsewhere, as far as the camera can tell"},
}

// legendOf explains the signs that a matrix has, and no others; worded says that its cells have words, too.
func legendOf(m *hostsim.Matrix, worded bool) (list []legendEntry) {
	kinds, words, seen := map[string]bool{}, map[string]bool{}, map[verdict.How]bool{}
	for _, r := range m.Rows {
		for i := range r.Cells {
			if !r.Installed {
				continue
			}
			c := &r.Cells[i]
			mark := markOf(c, roleOf(m, i))
			kinds[mark.Kind], words[mark.Word] = true, true
			if mark.Kind == "completed" {
				seen[c.How] = true
			}
		}
	}
	completed := "chain completed"
	var from []string
	for _, h := range hows {
		if seen[h.how] {
			from = append(from, h.words)
		}
	}
	if len(from) > 0 {
		completed += ": " + alternatives(from)
	}
	refused := "refused"
	if worded {
		refused += ", with the cause"
	}
	if worded && words[shortCauses[verdict.CauseMissing]] {
		refused += ": missing = the intermediate is missing"
	}
	expected := "refused in a negative control, as it should be"
	if !kinds["refused"] && worded {
		expected += ", with the cause"
	}
	for _, e := range []legendEntry{
		{"✓", "completed", completed}, {"=", "anchor", "accepted as a trust anchor: no chain was built"}, {"✗", "refused", refused},
		{"✗", "expected", expected},
		{"✓", "lax", "accepted in a negative control, which the client should have refused"},
		{"○", "blind", "the client accepts any certificate: proof of nothing"},
		{"!", "doubt", "no verdict"}, {"·", "absent", "does not apply"},
	} {
		if kinds[e.Kind] {
			list = append(list, e)
		}
	}
	return list
}

// alternatives joins words by commas and an or.
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// leftOutFirst are the scenarios' columns in the order in which a table can do without them: negative controls, which
// have come out well where a row stands, then what is asked besides; the leaf alone and its cure stay longest.
func leftOutFirst(scenarios []hostsim.Scenario) []int {
	weight := func(i int) int {
		switch s := scenarios[i]; {
		case s.Role == hostsim.RoleNegative:
			return 0
		case s.Name == hostsim.ScenarioLeafOnly().Name:
			return 3
		case s.Role == hostsim.RolePositive:
			return 2
		}
		return 1
	}
	order := make([]int, len(scenarios))
	for i := range order {
		order[i] = len(scenarios) - 1 - i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weight(a) - weight(b) })
	return order
}
