package livepage

import (
	"cmp"
	"slices"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Matrix returns what was seen in the form of a matrix: a row for each device, a column for each
// mode. A row whose control did not refuse proves nothing, and says so.
func (p *Page) Matrix() *hostsim.Matrix {
	view := p.journal.Since(0)
	modes, _ := p.stage.Modes()
	m := &hostsim.Matrix{
		Format: hostsim.MatrixFormat, Started: view.Started.UTC(), Seconds: time.Since(view.Started).Seconds(),
		Host: p.options.Host, Firmware: p.options.Firmware,
		Isolation: "none: devices of their own, as the camera saw them",
		Rows:      []hostsim.Row{},
	}
	for _, mode := range modes {
		m.Scenarios = append(m.Scenarios, mode.Scenario)
	}
	for _, d := range slices.Backward(view.Devices) {
		d.settle(modes)
		m.Rows = append(m.Rows, d.row(modes))
	}
	return m
}

// row is a device as a row of a matrix.
func (d *Device) row(modes []stage.Mode) hostsim.Row {
	const guessed = "a guess"
	r := hostsim.Row{
		Client: d.ID, Title: d.Title(), Stack: cmp.Or(d.Stack, "unknown TLS library"), Library: guessed, Guess: d.Stack,
		Installed: true, Trustworthy: true,
	}
	tried := false
	for i, mode := range modes {
		if mode.Scenario.Role != hostsim.RoleNegative || !d.Results[i].Tried {
			continue
		}
		tried = true
		if d.Results[i].Sighting.Verdict == verdict.VerdictCompleted {
			r.Trustworthy, r.Doubt = false, "the client accepts even "+mode.Scenario.Name+", a negative control: it does not verify"
		}
	}
	for i, mode := range modes {
		o := d.Results[i].outcome(mode, r, tried)
		if d.Results[i].Tried && d.Control(modes) == verdict.ControlAccepted {
			o = neverVerifies(r.Doubt, o.Sighting)
		}
		r.Cells = append(r.Cells, hostsim.Cell{Scenario: mode.Scenario.Name, Outcome: o})
	}
	return r
}

// neverVerifies is the outcome of a client that accepts a negative control.
func neverVerifies(doubt string, s *verdict.Sighting) hostsim.Outcome {
	return hostsim.Outcome{Verdict: verdict.VerdictNeverVerifies, Cause: verdict.CauseDoubt, Detail: doubt, Sighting: s}
}

// outcome is a result as a cell of a matrix.
func (r *Result) outcome(mode stage.Mode, row hostsim.Row, controlled bool) hostsim.Outcome {
	if !r.Tried {
		return hostsim.Outcome{Verdict: verdict.VerdictNotApplicable, Cause: verdict.CauseNotTried}
	}
	sighting := r.Sighting
	o := hostsim.Outcome{
		Verdict: sighting.Verdict, Cause: sighting.Cause, Sighting: &sighting, Exception: r.Exception,
		HeldSeconds: time.Duration(r.Event.Duration).Seconds(), ClientHello: r.Event.ClientHello,
	}
	if a := r.Event.AlertReceived(); a != nil {
		o.Alert = a.String()
	}
	if o.Verdict == verdict.VerdictOpen {
		o.Verdict, o.Cause, o.Detail = verdict.VerdictHarnessError, verdict.CauseNoReason, "the connection goes on and has asked for nothing yet"
	}
	if o.Verdict != verdict.VerdictCompleted {
		return o
	}
	if !row.Trustworthy {
		return neverVerifies(row.Doubt, &sighting)
	}
	o.Proof = "the camera was asked for a page over a finished handshake"
	if !controlled {
		o.Proof += "; whether the client verifies at all was not tried: control: unknown issuer"
	}
	switch {
	case mode.Served.Gap():
		o.How = verdict.HowItself
	case mode.Served.SelfSigned():
		o.How = verdict.HowAnchor
	default:
		o.How = verdict.HowSent
	}
	o.ChainCompleted = o.How != verdict.HowAnchor
	return o
}
