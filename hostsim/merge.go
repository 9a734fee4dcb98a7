package hostsim

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Part is the matrix of one part of a run, and what it is called in errors: a file.
type Part struct {
	Name   string
	Matrix *Matrix
}

// What keeps parts from being one run.
var (
	ErrNoPart      = errors.New("it is no part of a run")
	ErrOtherRun    = errors.New("parts of different runs")
	ErrPartTwice   = errors.New("a part is there twice")
	ErrPartMissing = errors.New("a part is missing")
)

// Merge joins the parts of a run into the matrix that one run would have given, whatever their order.
// It takes as long as the longest of them. The error is one of those above, and names the parts.
func Merge(parts []Part) (*Matrix, error) {
	if len(parts) == 0 {
		return nil, ErrPartMissing
	}
	first := parts[0]
	byIndex := map[int]Part{}
	for _, p := range parts {
		s := p.Matrix.Shard
		if s == nil {
			return nil, fmt.Errorf("%s: %w: leafcam matrix --shard INDEX/NUMBER makes those", p.Name, ErrNoPart)
		}
		if err := checkShard(s.Index, s.Of); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", p.Name, ErrNoPart, err)
		}
		if client := twice(s.Clients); client != "" {
			return nil, fmt.Errorf("%s: %w: the client %s is twice in that run", p.Name, ErrNoPart, client)
		}
		if what, one, other := difference(first.Matrix, p.Matrix); what != "" {
			return nil, fmt.Errorf("%s and %s are %w: %s %s in the one and %s in the other", first.Name, p.Name, ErrOtherRun, what, one, other)
		}
		if same, twice := byIndex[s.Index]; twice {
			return nil, fmt.Errorf("%w: %s and %s are both part %d of %d", ErrPartTwice, same.Name, p.Name, s.Index, s.Of)
		}
		byIndex[s.Index] = p
	}
	if err := allThere(byIndex, first.Matrix.Shard.Of); err != nil {
		return nil, err
	}
	return join(byIndex, first.Matrix.Shard)
}

// twice returns a name that is in a list twice; "" where none is.
func twice(names []string) string {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// allThere returns an error that names the parts that are not there.
func allThere(parts map[int]Part, of int) error {
	var missing []string
	for n := 1; n <= of; n++ {
		if _, ok := parts[n]; !ok {
			missing = append(missing, fmt.Sprintf("%d/%d", n, of))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %s", ErrPartMissing, strings.Join(missing, ", "))
	}
	return nil
}

// difference says in what two parts cannot be of one run: what it is, and how it is in each; "" where they can.
func difference(a, b *Matrix) (what, inA, inB string) {
	said := func(v any) string { return fmt.Sprintf("%v", v) }
	names := func(list []Scenario) (names []string) {
		for _, s := range list {
			names = append(names, s.Name)
		}
		return names
	}
	for _, d := range []struct {
		what string
		a, b any
	}{
		{"the number of parts is", a.Shard.Of, b.Shard.Of},
		{"the host is", a.Host, b.Host},
		{"the firmware is", a.Firmware, b.Firmware},
		{"the scenarios are", names(a.Scenarios), names(b.Scenarios)},
		{"the clients are", a.Shard.Clients, b.Shard.Clients},
		{"the leaf has the fingerprint", given(a.Shard.Run.Leaf), given(b.Shard.Run.Leaf)},
		{"the chain has the fingerprints", a.Shard.Run.Chain, b.Shard.Run.Chain},
		{"the root has the fingerprint", given(a.Shard.Run.Root), given(b.Shard.Run.Root)},
		{"the key type is", a.Shard.Run.KeyType, b.Shard.Run.KeyType},
		{"going online is", a.Shard.Run.Online, b.Shard.Run.Online},
		{"the scenarios are made of", a.Scenarios, b.Scenarios},
	} {
		if !reflect.DeepEqual(d.a, d.b) {
			return d.what, said(d.a), said(d.b)
		}
	}
	return "", "", ""
}

// given is a fingerprint, or what is there without one.
func given(fingerprint string) string {
	if fingerprint == "" {
		return "of a test PKI"
	}
	return fingerprint
}

// has reports whether a row has a cell for each scenario.
func (r *Row) has(scenarios []Scenario) bool {
	return slices.EqualFunc(r.Cells, scenarios, func(c Cell, s Scenario) bool { return c.Scenario == s.Name })
}

// join puts the rows into the order of the run.
func join(parts map[int]Part, run *Shard) (*Matrix, error) {
	whole := *parts[1].Matrix
	whole.Shard, whole.Rows = nil, make([]Row, 0, len(run.Clients))
	var isolations []string
	rows, from := map[string]Row{}, map[string]string{}
	for n := 1; n <= run.Of; n++ {
		p := parts[n]
		if p.Matrix.Started.Before(whole.Started) {
			whole.Started = p.Matrix.Started
		}
		whole.Seconds = max(whole.Seconds, p.Matrix.Seconds)
		if !slices.Contains(isolations, p.Matrix.Isolation) {
			isolations = append(isolations, p.Matrix.Isolation)
		}
		for _, row := range p.Matrix.Rows {
			switch {
			case !slices.Contains(run.Clients, row.Client):
				return nil, fmt.Errorf("%s: %w: its client %s is none of that run", p.Name, ErrOtherRun, row.Client)
			case !row.has(whole.Scenarios):
				return nil, fmt.Errorf("%s: %w: the cells of %s are not those of its scenarios", p.Name, ErrNoPart, row.Client)
			case from[row.Client] != "":
				return nil, fmt.Errorf("%w: the client %s is in %s and in %s", ErrPartTwice, row.Client, from[row.Client], p.Name)
			}
			rows[row.Client], from[row.Client] = row, p.Name
		}
	}
	whole.Isolation = strings.Join(isolations, "; ")
	for _, client := range run.Clients {
		row, ok := rows[client]
		if !ok {
			return nil, fmt.Errorf("%w: the client %s is in none; were they made by one version of leafcam?", ErrPartMissing, client)
		}
		whole.Rows = append(whole.Rows, row)
	}
	return &whole, nil
}
