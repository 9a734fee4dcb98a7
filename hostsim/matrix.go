package hostsim

import "time"

// MatrixFormat is the version of the matrix' JSON form, described in hostsim/MATRIX.md.
const MatrixFormat = 1

// NotApplicable is the verdict of a scenario that the user's files do not allow.
const NotApplicable Verdict = "not applicable"

// A Matrix is the outcome of every client in every scenario.
type Matrix struct {
	Format    int        `json:"format"`
	Started   time.Time  `json:"started"`
	Seconds   float64    `json:"seconds"`
	Host      string     `json:"host"`
	Firmware  string     `json:"firmware"`
	Isolation string     `json:"isolation"`
	Scenarios []Scenario `json:"scenarios"`
	Rows      []Row      `json:"rows"`
}

// A Row is one client.
type Row struct {
	Client    string `json:"client"`
	Title     string `json:"title"`
	Library   string `json:"library"`
	Version   string `json:"version,omitempty"`
	Package   string `json:"package"`
	Installed bool   `json:"installed"`
	// Trustworthy is whether the client's controls came out as they must. When they
	// did not, Doubt says which one, and no verdict of the row stands.
	Trustworthy bool   `json:"trustworthy"`
	Doubt       string `json:"doubt,omitempty"`
	Cells       []Cell `json:"cells"` // in the order of the matrix' scenarios
}

// A Cell is one client in one scenario.
type Cell struct {
	Scenario string `json:"scenario"`
	Outcome
}

// Cell returns the cell of a scenario, or nil.
func (r *Row) Cell(scenario string) *Cell {
	for i := range r.Cells {
		if r.Cells[i].Scenario == scenario {
			return &r.Cells[i]
		}
	}
	return nil
}

// Row returns the row of a client, or nil.
func (m *Matrix) Row(client string) *Row {
	for i := range m.Rows {
		if m.Rows[i].Client == client {
			return &m.Rows[i]
		}
	}
	return nil
}

// newRow judges the cells of a client together. shown is how many of the scenarios
// were asked for; the rest are controls that were run besides.
func newRow(f *Found, scenarios []Scenario, outcomes []Outcome, shown int) Row {
	row := Row{
		Client: f.Name, Title: f.Title, Library: f.Library, Version: f.VersionLine, Package: f.Package,
		Installed: f.Installed(), Doubt: doubt(scenarios, outcomes),
	}
	row.Trustworthy = row.Doubt == ""
	anchors := false
	for i, s := range scenarios {
		anchors = anchors || s.Trust == TrustStore && outcomes[i].Verdict == Completed
	}
	for i, s := range scenarios[:shown] {
		o := outcomes[i]
		// A store that is enough without the root did not complete the chain to it.
		if o.How == FromStore && anchors {
			o.How, o.ChainCompleted = Anchor, false
		}
		if !row.Trustworthy && (o.Verdict == Completed || o.Verdict == Refused) {
			o = o.end(HarnessError, row.Doubt)
			o.How, o.ChainCompleted, o.Proof = "", false, ""
		}
		row.Cells = append(row.Cells, Cell{s.Name, o})
	}
	return row
}

// doubt returns the reason why the verdicts of a client cannot be believed, "" when
// its controls came out right.
func doubt(scenarios []Scenario, outcomes []Outcome) string {
	for i, s := range scenarios {
		switch o := outcomes[i]; {
		case s.Role == RolePositive && o.Verdict == Refused:
			return "the client refuses even in " + s.Name + ", the positive control (" + o.Cause + ")"
		case s.Role == RolePositive && o.failed():
			return s.Name + ", the positive control, ended otherwise: " + string(o.Verdict) + ", " + o.Cause
		case s.Role == RoleNegative && o.Verdict == Completed:
			return "the client accepts even " + s.Name + ", a negative control: it does not verify"
		}
	}
	return ""
}

// failed tells whether an outcome that should have been Completed says nothing at all.
func (o Outcome) failed() bool {
	switch o.Verdict {
	case HarnessError, TimedOut, NoHandshake, CameraBusy:
		return true
	}
	return false
}
