package report

import (
	"slices"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/printable"
)

// worded returns a copy of a matrix whose words for people can be shown anywhere. What programs compare
// (client, host, version) or run again (stdout, stderr, command, env, client_hello) is as it was.
func worded(m *hostsim.Matrix) *hostsim.Matrix {
	c := *m
	c.Rows = slices.Clone(m.Rows)
	for i := range c.Rows {
		r := &c.Rows[i]
		visible(&r.Title, &r.Library, &r.Install, &r.Simulated, &r.Doubt)
		r.Cells = slices.Clone(r.Cells)
		for j := range r.Cells {
			o := &r.Cells[j].Outcome
			visible(&o.Detail, &o.Proof, &o.FirstTry, &o.Message, &o.Alert)
			o.Exception = printable.Lines(o.Exception) // some of MicroPython's have several lines
			if o.Sighting != nil {
				sighting := *o.Sighting
				visible(&sighting.Sentence)
				o.Sighting = &sighting
			}
		}
	}
	return &c
}

// shown returns a copy of a matrix for reports that only people read: all of it can be shown, but for
// command lines, which package shell writes, and for client_hello, which no report shows.
func shown(m *hostsim.Matrix) *hostsim.Matrix {
	c := worded(m)
	visible(&c.Host, &c.Firmware, &c.Isolation)
	c.Scenarios = shownScenarios(m.Scenarios)
	for i := range c.Rows {
		r := &c.Rows[i]
		visible(&r.Client, &r.Stack, &r.Version, &r.System, &r.Family, &r.Guess)
		for j := range r.Cells {
			visible(&r.Cells[j].Scenario)
			o := &r.Cells[j].Outcome
			o.Verdict, o.How, o.Cause = shownWord(o.Verdict), shownWord(o.How), shownWord(o.Cause)
			o.Stdout, o.Stderr = printable.Lines(o.Stdout), printable.Lines(o.Stderr)
		}
	}
	return c
}

// shownScenarios returns scenarios whose texts can be shown: those of an earlier run are a file's.
func shownScenarios(list []hostsim.Scenario) []hostsim.Scenario {
	list = slices.Clone(list)
	for i := range list {
		s := &list[i]
		visible(&s.Name, &s.Title)
		s.Role, s.Server, s.Leaf = shownWord(s.Role), shownWord(s.Server), shownWord(s.Leaf)
		s.Trust, s.AIA, s.Key = shownWord(s.Trust), shownWord(s.AIA), shownWord(s.Key)
	}
	return list
}

// shownWord is a word of a fixed list, or what a file has in its place.
func shownWord[T ~string](word T) T { return T(printable.Visible(string(word))) }

func visible(texts ...*string) {
	for _, text := range texts {
		*text = printable.Visible(*text)
	}
}
