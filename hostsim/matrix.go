package hostsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leafcam/leafcam/hostsim/verdict"
)

// MatrixFormat is the version of the matrix' JSON form, described in hostsim/MATRIX.md.
const MatrixFormat = 3

// A Matrix is the outcome of every client in every scenario.
type Matrix struct {
	Format    int       `json:"format"`
	Started   time.Time `json:"started"`
	Seconds   float64   `json:"seconds"`
	Host      string    `json:"host"`
	Firmware  string    `json:"firmware"`
	Isolation string    `json:"isolation"`
	// Shard says which part of a run this is; nil for a whole one.
	Shard     *Shard     `json:"shard,omitempty"`
	Scenarios []Scenario `json:"scenarios"`
	Rows      []Row      `json:"rows"`
}

// A Row is one client.
type Row struct {
	Client  string `json:"client"`
	Title   string `json:"title"`
	Stack   string `json:"stack"`
	Library string `json:"library"`
	// Family is the policy in hostsim/policy that the client was measured to follow; "" for none.
	Family    string `json:"family,omitempty"`
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
	// CPUSeconds is what they used of the processors.
	CPUSeconds float64 `json:"cpu_seconds"`
	Cells      []Cell  `json:"cells"` // in the order of the matrix' scenarios
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
		Client: f.Name, Title: f.Title, Stack: f.Stack, Library: f.Library, Family: f.Known.Family, Version: f.VersionLine, Install: f.Install(),
		Installed: f.Installed(), Doubt: doubt(f.Client, scenarios, outcomes),
	}
	row.Trustworthy = row.Doubt == ""
	row.System, row.Simulated, row.Browser = f.otherSystem(), f.Known.Simulated, f.Known.Browser
	for _, o := range outcomes {
		row.Seconds += o.Seconds
		row.CPUSeconds += o.CPUSeconds
		if row.Guess == "" && o.ClientHello != nil && !f.simulated() {
			row.Guess = verdict.GuessStack(o.ClientHello)
		}
	}
	anchors := false
	for i, s := range scenarios {
		anchors = anchors || s.tellsAnchors() && outcomes[i].Verdict == verdict.VerdictCompleted
	}
	known := row.Trustworthy && completesControl(scenarios, outcomes)
	for i, s := range scenarios[:shown] {
		o := outcomes[i]
		// Who accepts such a certificate on such a camera refuses another one, whatever it says.
		if o.wordless && known {
			o = o.end(verdict.VerdictRefused, verdict.CauseRejected, "")
		}
		o.wordless = false
		// A store that is enough without the root did not complete the chain to it.
		if o.How == verdict.HowStore && anchors {
			o.How, o.ChainCompleted = verdict.HowAnchor, false
		}
		if !row.Trustworthy && (o.Verdict == verdict.VerdictCompleted || o.Verdict == verdict.VerdictRefused ||
			o.Verdict == verdict.VerdictNeverVerifies || f.Known.NeverVerifies && o.Cause == verdict.CauseInexplicable) {
			instead := verdict.VerdictHarnessError
			if f.Known.NeverVerifies {
				instead = verdict.VerdictNeverVerifies
			}
			o = o.end(instead, verdict.CauseDoubt, row.Doubt)
			o.How, o.ChainCompleted, o.Proof = "", false, ""
		}
		row.Cells = append(row.Cells, Cell{s.Name, o})
	}
	return row
}

// completesControl reports whether a client completes the positive control.
func completesControl(scenarios []Scenario, outcomes []Outcome) bool {
	for i, s := range scenarios {
		if s.Role == RolePositive && outcomes[i].Verdict == verdict.VerdictCompleted {
			return true
		}
	}
	return false
}

// doubt returns the reason why the verdicts of a client cannot be believed, "" when
// its controls came out right.
func doubt(c *Client, scenarios []Scenario, outcomes []Outcome) string {
	for i, s := range scenarios {
		switch o := outcomes[i]; {
		case s.Role == RolePositive && o.Verdict == verdict.VerdictRefused:
			return "the client refuses even in " + s.Name + ", the positive control (" + o.Reason() + ")"
		case s.Role == RolePositive && o.inconclusive():
			return s.Name + ", the positive control, ended otherwise: " + string(o.Verdict) + ", " + o.Reason()
		case s.testsNames() && c.Known.IgnoresNames:
		case s.Role == RoleNegative && (o.Verdict == verdict.VerdictCompleted || o.Cause == verdict.CauseInexplicable):
			return "the client accepts even " + s.Name + ", a negative control: it does not verify"
		}
	}
	return ""
}

// inconclusive reports whether an outcome of a client that ran says nothing of the certificate.
func (o Outcome) inconclusive() bool {
	switch o.Verdict {
	case verdict.VerdictHarnessError, verdict.VerdictCrashed, verdict.VerdictTimedOut, verdict.VerdictNoHandshake, verdict.VerdictCameraBusy:
		return true
	}
	return false
}

// ErrFormat is what ReadMatrix returns for JSON that is no matrix of this version.
var ErrFormat = errors.New("no matrix of this version of leafcam")

// ReadMatrix reads the JSON form of a matrix, which hostsim/MATRIX.md describes. The error is
// ErrFormat for another version of it.
func ReadMatrix(r io.Reader) (*Matrix, error) {
	var m Matrix
	from := json.NewDecoder(r)
	if err := from.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if m.Format != MatrixFormat {
		return nil, fmt.Errorf("%w: its format is %d, not %d", ErrFormat, m.Format, MatrixFormat)
	}
	if _, err := from.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more after its end", ErrFormat)
	}
	for i := range m.Rows {
		for _, c := range m.Rows[i].Cells {
			if !c.Verdict.Known() {
				return nil, fmt.Errorf("%w: %s, %s: unknown verdict %q", ErrFormat, m.Rows[i].Client, c.Scenario, c.Verdict)
			}
		}
	}
	return &m, nil
}

// Missing reports whether a cell was not run at all, or says nothing by its nature: the client
// is not here, or the scenario is not for it.
func (c Cell) Missing() bool {
	switch c.Verdict {
	case verdict.VerdictNotInstalled, verdict.VerdictOtherSystem, verdict.VerdictNotApplicable, verdict.VerdictNeverVerifies:
		return true
	}
	return false
}

// Finding reports whether a cell is one that somebody has to know of: a client that does not
// complete the chain with the leaf alone, or a verdict that could not be had.
func (c Cell) Finding() bool {
	switch {
	case c.Missing():
		return false
	case c.Scenario == ScenarioLeafOnly().Name:
		return !c.ChainCompleted
	}
	return c.Verdict != verdict.VerdictCompleted && c.Verdict != verdict.VerdictRefused
}
