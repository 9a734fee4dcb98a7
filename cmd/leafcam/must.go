package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// mustOptions are the flags of a gate: clients that have to connect.
type mustOptions struct {
	names nameList
	with  string
	meant []clients.Named
	// elsewhere says that other machines have run the clients, some time ago.
	elsewhere bool
}

// withScenarios are the values of --with, and the scenarios that they are about, the cheapest first.
var withScenarios = []struct{ name, scenario string }{
	{"leaf-only", hostsim.ScenarioLeafOnly().Name},
	{"second-load", hostsim.ScenarioSecondLoad().Name},
	{"gateway", hostsim.ScenarioGateway().Name},
}

func (o *mustOptions) register(f *pflag.FlagSet) {
	f.Var(&o.names, "must", "exit with 1 unless these clients connect, as `NAMES` with commas: curl, android, browsers ...")
	o.with = withScenarios[0].name
	f.Var(filled{&o.with}, "with", "the `CURE` that --must is about: leaf-only, second-load or gateway")
}

// scenario is the one that --with names.
func (o *mustOptions) scenario() (string, error) {
	for _, w := range withScenarios {
		if w.name == cmp.Or(o.with, withScenarios[0].name) {
			return w.scenario, nil
		}
	}
	return "", usage(fmt.Errorf("--with %s: give leaf-only, second-load or gateway", o.with))
}

// join sees to it that the clients are asked, in the scenario that they have to connect in.
func (o *mustOptions) join(r *hostsim.Runner) error {
	name, err := o.scenario()
	if err != nil || len(o.names) == 0 {
		return err
	}
	list, err := o.resolve()
	if err != nil {
		return err
	}
	for _, c := range list {
		if !slices.Contains(r.Clients, c) {
			r.Clients = append(r.Clients, c)
		}
	}
	scenarios, err := hostsim.ScenariosByName([]string{name})
	if err != nil {
		return err
	}
	if len(r.Scenarios) > 0 && !slices.ContainsFunc(r.Scenarios, func(s hostsim.Scenario) bool { return s.Name == name }) {
		r.Scenarios = append(r.Scenarios, scenarios...)
	}
	return nil
}

// resolve finds the clients that the names stand for.
func (o *mustOptions) resolve() (list []*hostsim.Client, err error) {
	if list, o.meant, err = clients.ByName(o.names); err != nil {
		return nil, usage(fmt.Errorf("--must: %w", err))
	}
	return list, nil
}

// askedIn is an error where a run is over that had not the scenario, or not a client.
func (o *mustOptions) askedIn(m *hostsim.Matrix) error {
	o.elsewhere = true
	name, err := o.scenario()
	if err != nil || len(o.names) == 0 {
		return err
	}
	if !slices.ContainsFunc(m.Scenarios, func(s hostsim.Scenario) bool { return s.Name == name }) {
		return usage(fmt.Errorf("--must, --with %s: the run has no scenario %s", o.with, name))
	}
	var missing []string
	for _, named := range o.meant {
		if !slices.ContainsFunc(named.Clients, func(c *hostsim.Client) bool { return m.Row(c.Name) != nil }) {
			missing = append(missing, named.Name)
		}
	}
	if len(missing) > 0 {
		return usage(fmt.Errorf("--must: the run has no %s", strings.Join(missing, ", no ")))
	}
	return nil
}

// A mustRefusal is a client of --must that does not connect.
type mustRefusal struct {
	row  *hostsim.Row
	cell *hostsim.Cell
	cure string // the cheapest with which it does; "" where none of those that were tried is
}

// judge returns the clients that do not connect, and the names of which no client could be asked.
func (o *mustOptions) judge(m *hostsim.Matrix) (refused []mustRefusal, unasked []string) {
	scenario, err := o.scenario()
	if err != nil {
		return nil, nil // it was looked at before
	}
	told := map[string]bool{}
	for _, named := range o.meant {
		asked := false
		for _, c := range named.Clients {
			i := slices.IndexFunc(m.Rows, func(r hostsim.Row) bool { return r.Client == c.Name })
			if i < 0 || !m.Rows[i].Installed {
				continue
			}
			row := &m.Rows[i]
			cell := row.Cell(scenario)
			if cell == nil || cell.Verdict == verdict.VerdictOtherSystem || cell.Verdict == verdict.VerdictNotInstalled {
				continue
			}
			asked = true
			if connects(cell) || told[c.Name] {
				continue
			}
			told[c.Name] = true
			refused = append(refused, mustRefusal{row, cell, cheapest(row)})
		}
		if !asked {
			unasked = append(unasked, named.Name)
		}
	}
	return refused, unasked
}

// connects reports whether a client got the page: one that verifies nothing does, too.
func connects(c *hostsim.Cell) bool {
	return c.Verdict == verdict.VerdictCompleted || c.Verdict == verdict.VerdictNeverVerifies
}

// cheapest is the first cure with which the client of a row connects.
func cheapest(row *hostsim.Row) string {
	for _, w := range withScenarios {
		if c := row.Cell(w.scenario); c != nil && connects(c) {
			return w.name
		}
	}
	return ""
}

// status says who does not connect, and is the exit status of a run with --must.
func (o *mustOptions) status(m *hostsim.Matrix, messages io.Writer) error {
	refused, unasked := o.judge(m)
	for _, r := range refused {
		said := fmt.Sprintf("leafcam: --must: %s does not connect: %s", r.row.Title, r.cell.Reason())
		if r.cure != "" {
			said += "; it does with " + r.cure
		}
		fmt.Fprintln(messages, printable.Visible(said))
	}
	switch {
	case len(refused) > 0:
		return errFindings
	case len(unasked) > 0 && m.Shard == nil: // another part has them
		names := strings.Join(unasked, ", ")
		if o.elsewhere {
			return environment(errors.New("--must: on the machines of the run, no program stood for " + names))
		}
		return environment(errors.New("--must: no program of this machine stands for " + names + ": 'leafcam clients' says what brings it"))
	}
	return nil
}
