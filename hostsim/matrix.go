package hostsim

import "time"

// MatrixFormat is the version of the matrix' JSON form, described in hostsim/MATRIX.md.
const MatrixFormat = 2

// Verdicts of cells that were not run, or of rows as a whole.
const (
	NotApplicable Verdict = "not applicable"  // the user's files, or the client, do not allow the scenario
	OtherSystem   Verdict = "other system"    // the client belongs to another operating system
	NeverVerifies Verdict = "does not verify" // the client accepts any certificate, as everybody knows
)

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
	Stack     string `json:"stack"`
	Library   string `json:"library"`
	Version   string `json:"version,omitempty"`
	Install   string `json:"install,omitempty"` // commands that bring the client
	Installed bool   `json:"installed"`
	// System is the operating system that the client belongs to, as GOOS, when it is another
	// than this one.
	System string `json:"system,omitempty"`
	// Simulated is where a simulated client's behaviour is known from; "" for a real one.
	Simulated string `json:"simulated,omitempty"`
	Browser   bool   `json:"browser,omitempty"`
	// Guess is the family of TLS libraries that the client's ClientHello looks like, by
	// [GuessStack]: a guess, "" where there is none.
	Guess string `json:"guess,omitempty"`
	// Trustworthy is whether the client's controls came out as they must. When they
	// did not, Doubt says which one, and no verdict of the row stands.
	Trustworthy bool   `json:"trustworthy"`
	Doubt       string `json:"doubt,omitempty"`
	// Seconds is what all cells of the client took together, its controls included.
	Seconds float64 `json:"seconds"`
	Cells   []Cell  `json:"cells"` // in the order of the matrix' scenarios
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
		Client: f.Name, Title: f.Title, Stack: f.Stack, Library: f.Library, Version: f.VersionLine, Install: f.Install(),
		Installed: f.Installed(), Doubt: doubt(f.Client, scenarios, outcomes),
	}
	row.Trustworthy = row.Doubt == ""
	row.System, row.Simulated, row.Browser = f.otherSystem(), f.Simulated, f.Browser
	for _, o := range outcomes {
		row.Seconds += o.Seconds
		if row.Guess == "" && o.ClientHello != nil && !f.simulated() {
			row.Guess = GuessStack(o.ClientHello)
		}
	}
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
		if !row.Trustworthy && (o.Verdict == Completed || o.Verdict == Refused || f.NeverVerifies && o.Cause == causeInexplicable) {
			verdict := HarnessError
			if f.NeverVerifies {
				verdict = NeverVerifies
			}
			o = o.end(verdict, row.Doubt)
			o.How, o.ChainCompleted, o.Proof = "", false, ""
		}
		row.Cells = append(row.Cells, Cell{s.Name, o})
	}
	return row
}

// doubt returns the reason why the verdicts of a client cannot be believed, "" when
// its controls came out right.
func doubt(c *Client, scenarios []Scenario, outcomes []Outcome) string {
	for i, s := range scenarios {
		switch o := outcomes[i]; {
		case s.Role == RolePositive && o.Verdict == Refused:
			return "the client refuses even in " + s.Name + ", the positive control (" + o.Cause + ")"
		case s.Role == RolePositive && o.inconclusive():
			return s.Name + ", the positive control, ended otherwise: " + string(o.Verdict) + ", " + o.Cause
		case s.Leaf == LeafWrongName && c.IgnoresNames:
		case s.Role == RoleNegative && o.Verdict == Completed:
			return "the client accepts even " + s.Name + ", a negative control: it does not verify"
		}
	}
	return ""
}

// inconclusive tells whether an outcome of a client that ran says nothing of the certificate.
func (o Outcome) inconclusive() bool {
	switch o.Verdict {
	case HarnessError, TimedOut, NoHandshake, CameraBusy:
		return true
	}
	return false
}
