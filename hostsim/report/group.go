package report

import (
	"slices"

	"github.com/leafcam/leafcam/hostsim"
)

// A group is the rows of one TLS stack, in the order in which the first of each comes.
type group struct {
	Stack string
	Rows  []*hostsim.Row
}

// groups parts a matrix by TLS stack: two clients of one library rarely differ, and those that
// do are news. Simulated clients and those that are not here come last, each in a group.
func groups(m *hostsim.Matrix) []group {
	const simulated, absent = "simulated", "not on this machine"
	var list []group
	at := map[string]int{}
	add := func(name string, r *hostsim.Row) {
		if _, ok := at[name]; !ok {
			at[name] = len(list)
			list = append(list, group{Stack: name})
		}
		list[at[name]].Rows = append(list[at[name]].Rows, r)
	}
	for _, late := range []string{"", simulated, absent} {
		for i := range m.Rows {
			r := &m.Rows[i]
			name := r.Stack
			kind := ""
			switch {
			case !r.Installed:
				kind, name = absent, absent
			case r.Simulated != "":
				kind, name = simulated, simulated
			}
			if kind == late {
				add(name, r)
			}
		}
	}
	return list
}

// counts says how much a matrix rests on.
type counts struct {
	Real, Simulated, Stacks int // clients that ran, and their stacks
	Sums                    []sumOf
}

// A sumOf is how many real clients complete the chain in a scenario.
type sumOf struct {
	Number int
	Words  string
}

func count(m *hostsim.Matrix) (n counts) {
	stacks := map[string]bool{}
	completed := map[string]int{}
	for i := range m.Rows {
		r := &m.Rows[i]
		switch {
		case !r.Installed:
			continue
		case r.Simulated != "":
			n.Simulated++
			continue
		}
		n.Real++
		stacks[r.Stack] = true
		for _, c := range r.Cells {
			if c.ChainCompleted {
				completed[c.Scenario]++
			}
		}
	}
	n.Stacks = len(stacks)
	for _, sum := range []struct{ scenario, words string }{
		{hostsim.ScenarioLeafOnly().Name, "complete the chain with the leaf alone"},
		{hostsim.ScenarioAIA().Name, "when its AIA URL answers"},
		{hostsim.ScenarioSecondLoad().Name, "when the camera sends the intermediate"},
	} {
		if slices.ContainsFunc(m.Scenarios, func(s hostsim.Scenario) bool { return s.Name == sum.scenario }) {
			n.Sums = append(n.Sums, sumOf{completed[sum.scenario], sum.words})
		}
	}
	return n
}
