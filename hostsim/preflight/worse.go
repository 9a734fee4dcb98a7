package preflight

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ErrNotReport is that of a file which is no report of the format that is written today.
var ErrNotReport = errors.New("this is no report of leafcam check in JSON")

// ReadReport reads a report in JSON. The error is [ErrNotReport].
func ReadReport(data []byte) (*Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReport, err)
	}
	if r.Format != Format || r.Findings == nil || r.Forecast == nil {
		return nil, fmt.Errorf("%w, format %d", ErrNotReport, Format)
	}
	return &r, nil
}

// A Worsening is what was well in an earlier report and is no more.
type Worsening struct {
	// Finding is an error that is new; nil where it is about clients.
	Finding *Finding
	// Title is the family of clients that connected under the cure; "" for a finding.
	Title   string
	Outcome CureOutcome // what it does now
}

// Worse returns what is worse than in an earlier report: errors that were not there, and families of clients that
// connected under a cure and will not.
func (r *Report) Worse(before *Report) (list []Worsening) {
	for i, f := range r.Findings {
		if f.Severity == SeverityError && before.Finding(f.Code) == nil {
			list = append(list, Worsening{Finding: &r.Findings[i]})
		}
	}
	for _, f := range r.Forecast {
		was := before.family(f.Family)
		for _, o := range f.Outcomes {
			had := slices.ContainsFunc(was.Outcomes, func(w CureOutcome) bool { return w.Cure == o.Cure && w.connects() })
			if had && !o.connects() {
				list = append(list, Worsening{Title: f.Title, Outcome: o})
			}
		}
	}
	return list
}

// String says it in a line.
func (w Worsening) String() string {
	if w.Finding != nil {
		return fmt.Sprintf("new error: %s [%s]", w.Finding.Title, w.Finding.Code)
	}
	return fmt.Sprintf("%s connected with %s: %s (%s)", w.Title, w.Outcome.Cure, w.Outcome.Outcome, w.Outcome.Reason)
}
