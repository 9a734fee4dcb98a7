package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/leafcam/leafcam/internal/rounds"
)

// A report is what came out.
type report struct {
	at      time.Time
	took    time.Duration
	rounds  int
	machine machine
	groups  []measured
}

// measured is one group.
type measured struct {
	group
	versions map[string]string // of the anchors that are here, by their values
	missing  []string          // why others are not
	rows     []row
}

// A row is one figure beside that of an anchor.
type row struct {
	what    string
	unit    unit
	ours    float64 // medians
	anchor  string  // its value; "" where there is none here
	theirs  float64
	ratio   float64 // median of the rounds' ratios
	spread  float64 // of the ratios, or of our figures where there is no anchor or the goal is one of ours
	goal    *goal
	verdict verdict
}

// A verdict is on one row.
type verdict string

const (
	verdictNone    verdict = ""
	verdictMet     verdict = "met"
	verdictMissed  verdict = "not met"
	verdictTooBusy verdict = "too busy to say"
)

// samples are the figures of a group, in the order of the rounds: by benchmark, unit and side.
type samples struct {
	whats   []string
	figures map[sample][]float64
	machine machine
}

type sample struct{ what, unit, side string }

// read adds what a round printed.
func (s *samples) read(g group, output []byte) error {
	results := benchfmt.NewReader(bytes.NewReader(output), g.name)
	for results.Scan() {
		switch r := results.Result().(type) {
		case *benchfmt.SyntaxError:
			return r
		case *benchfmt.Result:
			s.machine.seen(r)
			what, side, ok := parted(r.Name, g.side)
			if !ok {
				return fmt.Errorf("%s: no part /%s= in the name", r.Name, g.side)
			}
			if !slices.Contains(s.whats, what) {
				s.whats = append(s.whats, what)
			}
			for _, v := range r.Values {
				key := sample{what, v.Unit, side}
				s.figures[key] = append(s.figures[key], v.Value)
			}
		}
	}
	return results.Err()
}

// parted takes the side out of a benchmark's name, and returns the others' values for people.
func parted(name benchfmt.Name, key string) (what, side string, ok bool) {
	base, parts := name.Parts()
	words := []string{string(base)}
	for _, p := range parts {
		text := string(p)
		if strings.HasPrefix(text, "-") {
			continue // GOMAXPROCS
		}
		k, value, named := strings.Cut(strings.TrimPrefix(text, "/"), "=")
		switch {
		case named && k == key:
			side, ok = value, true
		case named:
			words = append(words, value)
		default:
			words = append(words, k)
		}
	}
	return strings.ReplaceAll(strings.Join(words, ", "), "_", " "), side, ok
}

// errIncomplete is of a side that was not measured in each round.
var errIncomplete = errors.New("was not measured once in each round")

// rows compares what was measured in so many rounds.
func (g group) rows(s *samples, n int, m machine) (list []row, err error) {
	for _, what := range s.whats {
		for _, u := range g.units {
			ours := s.figures[sample{what, u.name, g.ours}]
			if ours == nil || !strings.HasPrefix(what, u.of) {
				continue
			}
			alone := true
			for _, a := range g.anchors {
				theirs := s.figures[sample{what, u.name, a.value}]
				if theirs == nil {
					continue
				}
				if len(ours) != n || len(theirs) != n {
					return nil, fmt.Errorf("%s: %s: %w", g.name, what, errIncomplete)
				}
				alone = false
				list = append(list, g.row(what, u, ours, a.value, theirs, m))
			}
			if alone {
				list = append(list, g.row(what, u, ours, "", nil, m))
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: nothing was measured", g.name)
	}
	return list, nil
}

func (g group) row(what string, u unit, ours []float64, anchor string, theirs []float64, m machine) row {
	r := row{what: what, unit: u, ours: rounds.Median(ours), anchor: anchor, spread: rounds.Spread(ours)}
	if anchor != "" {
		ratios := make([]float64, len(ours))
		for i := range ours {
			ratios[i] = ours[i] / theirs[i]
		}
		r.theirs, r.ratio, r.spread = rounds.Median(theirs), rounds.Median(ratios), rounds.Spread(ratios)
	}
	i := slices.IndexFunc(g.goals, func(x goal) bool { return x.of == what && x.unit == u.name && (x.own || anchor != "") })
	if i >= 0 {
		r.goal = &g.goals[i]
		if r.goal.own {
			r.spread = rounds.Spread(ours)
		}
	}
	r.verdict = r.judge(m)
	return r
}

// judge says whether the goal is met, where that can be said. What others do on the machine meets both sides of a
// ratio; a figure by itself can only be worse by it.
func (r row) judge(m machine) verdict {
	switch {
	case !(r.spread <= rounds.TooBusy): // NaN included
		return verdictTooBusy
	case r.goal == nil:
		return verdictNone
	}
	figure := r.ratio
	if r.goal.own {
		figure = r.ours
	}
	if d := cmp.Compare(figure, r.goal.figure); d == 0 || (d < 0) == r.goal.atMost {
		return verdictMet
	}
	if r.goal.own && m.others > rounds.TooBusy {
		return verdictTooBusy
	}
	return verdictMissed
}

// status is the exit status: the worst of all rows.
func (r *report) status() int {
	status := 0
	for _, g := range r.groups {
		for _, row := range g.rows {
			switch row.verdict {
			case verdictMissed:
				return exitMissed
			case verdictTooBusy:
				status = exitTooBusy
			case verdictMet, verdictNone:
			}
		}
	}
	return status
}
