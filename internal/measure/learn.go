package measure

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/generate"
)

// Learn makes the data of the models from what clients did with [generate.Singles].
func Learn(cells []Cell) (list []policy.Measurement) {
	by := map[string]*policy.Measurement{}
	var names []string
	for _, c := range cells {
		m := by[c.Client]
		if m == nil {
			m = &policy.Measurement{Client: c.Client, Family: c.Family, Version: c.Version}
			by[c.Client], names = m, append(names, c.Client)
		}
		if len(c.Spec.Flaws) == 0 {
			if c.Outcome == Completed {
				m.Links = max(m.Links, c.Spec.Links())
			}
			continue
		}
		if flaw, err := generate.FlawNamed(c.Spec.Flaws[0]); err == nil && c.Outcome == Refused {
			for _, fault := range flaw.Shows {
				m.Refused = append(m.Refused, policy.Fault(fault))
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		m := by[name]
		slices.Sort(m.Refused)
		m.Refused = slices.Compact(m.Refused)
		list = append(list, *m)
	}
	return list
}

// Shown returns the faults that these flaws show.
func Shown(flaws []string) (faults []policy.Fault) {
	for _, name := range flaws {
		if f, err := generate.FlawNamed(name); err == nil {
			for _, fault := range f.Shows {
				faults = append(faults, policy.Fault(fault))
			}
		}
	}
	return faults
}

// with returns a measurement in which what was asked for is as it was measured later.
func with(old, later policy.Measurement, asked []policy.Fault) policy.Measurement {
	old.Refused = slices.DeleteFunc(slices.Clone(old.Refused), func(f policy.Fault) bool { return slices.Contains(asked, f) })
	old.Refused = append(old.Refused, later.Refused...)
	slices.Sort(old.Refused)
	old.Version = cmp.Or(later.Version, old.Version)
	return old
}

// Merge returns measurements with those of a file, which need not be there. Of a client that was measured
// again it keeps what was not asked for; all was when asked is nil.
func Merge(file string, list []policy.Measurement, asked []policy.Fault) ([]policy.Measurement, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	var old []policy.Measurement
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, m := range old {
		switch i := slices.IndexFunc(list, func(n policy.Measurement) bool { return n.Client == m.Client }); {
		case i < 0:
			list = append(list, m)
		case asked != nil:
			list[i] = with(m, list[i], asked)
		}
	}
	slices.SortFunc(list, func(a, b policy.Measurement) int { return strings.Compare(a.Client, b.Client) })
	return list, nil
}

// Describe tells how to repeat a disagreement, and what it is.
func (d Disagreement) Describe() string {
	forecast := "completes"
	if !d.Forecast.Completes {
		forecast = "refuses: " + string(d.Forecast.Fault)
	}
	flaws := make([]string, len(d.Spec.Flaws))
	for i, f := range d.Spec.Flaws {
		flaws[i] = strconv.Quote(f)
	}
	return d.Client + ": forecast " + forecast + "; the client " + string(d.Outcome) + " " + d.Said +
		"\n    -links " + strconv.Itoa(d.Spec.Links()) + " -flaws " + strings.Join(flaws, ",")
}
