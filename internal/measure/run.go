package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/generate"
)

// Options say how clients are run.
type Options struct {
	Clients  []*hostsim.Client
	Builds   string // folder for what clients need built; "" builds each time
	Parallel int    // cells at a time; the number of CPUs when 0
	// Progress counts cells.
	Progress func(done, total int, what string)
}

// An Outcome is what one client did with one delivery.
type Outcome string

// The outcomes. Unknown says nothing of the certificates: the harness could not tell.
const (
	Completed Outcome = "completed"
	Refused   Outcome = "refused"
	Unknown   Outcome = "unknown"
)

// A Cell is one client and one delivery.
type Cell struct {
	Client  string        `json:"client"`
	Family  string        `json:"family"`
	Version string        `json:"version"`
	Spec    generate.Spec `json:"spec"`
	Outcome Outcome       `json:"outcome"`
	Said    string        `json:"said"` // by the client, or why nothing is known

	made *generate.Delivery
	at   time.Time
}

// patience bounds one cell.
const patience = 30 * time.Second

// Run lets each client visit a server of each delivery. A client that does not accept a delivery without a
// flaw is left out: nothing it does says anything.
func Run(ctx context.Context, specs []generate.Spec, o Options) ([]Cell, error) {
	at := time.Now()
	specs = append([]generate.Spec{generate.Plain(1)}, specs...) // the control
	var scenarios []hostsim.Scenario
	var made []*generate.Delivery
	for i, s := range specs {
		d, err := s.Build(at)
		if err != nil {
			return nil, fmt.Errorf("delivery %d, %q: %w", i, s.Flaws, err)
		}
		scenario := hostsim.ScenarioFullChain()
		scenario.Name, scenario.Title = fmt.Sprintf("generated-%d", i), fmt.Sprintf("%q", s.Flaws)
		scenario.Given = &hostsim.Given{Host: s.Host, Key: d.Key, Sent: d.Sent, Roots: d.Roots, Store: d.Store}
		scenarios, made = append(scenarios, scenario), append(made, d)
	}
	m, err := hostsim.Runner{
		Clients: o.Clients, Scenarios: scenarios, NoControls: true, Builds: o.Builds, Parallel: o.Parallel,
		Deadline: patience, Progress: o.Progress,
	}.Run(ctx)
	if err != nil {
		return nil, err
	}
	var cells []Cell
	for _, row := range m.Rows {
		if row.Cells[0].Verdict != verdict.VerdictCompleted {
			continue
		}
		for i, c := range row.Cells[1:] {
			outcome, said := outcomeOf(c)
			cells = append(cells, Cell{row.Client, row.Family, row.Version, specs[i+1], outcome, said, made[i+1], at})
		}
	}
	return cells, nil
}

// outcomeOf is what a cell says of the certificates. A client that accepted the control, saw these and left
// has refused them, whatever it said.
func outcomeOf(c hostsim.Cell) (outcome Outcome, said string) {
	left := []verdict.Cause{verdict.CauseNoReason, verdict.CauseCrashed, verdict.CauseNoContact, verdict.CauseNoHello}
	switch {
	case c.Verdict == verdict.VerdictCompleted:
		return Completed, ""
	case c.Verdict == verdict.VerdictRefused, c.Verdict == verdict.VerdictNoHandshake, slices.Contains(left, c.Cause):
		return Refused, c.Reason() + ": " + c.Message
	}
	return Unknown, string(c.Verdict) + ": " + c.Reason()
}
