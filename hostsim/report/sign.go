package report

import (
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// shortCauses are the causes of refusals as cells have room for them.
var shortCauses = map[verdict.Cause]string{
	verdict.CauseMissing: "missing", verdict.CauseNoAnchor: "no anchor", verdict.CauseUnknown: "unknown", verdict.CauseNotPinned: "no anchor",
	verdict.CauseSelfSigned: "not pinned", verdict.CauseName: "name", verdict.CauseExpired: "expired", verdict.CauseRejected: "rejected",
	verdict.CauseNoTrust: "no trust", verdict.CauseWrongKey: "wrong key",
}

// A mark is what a cell says in the least room: a sign, a word, and a kind that colours go by. In a negative
// control a refusal is of kind expected, as everybody wants it, and what is accepted is of kind lax.
type mark struct{ Sign, Word, Kind string }

func markOf(c *hostsim.Cell, role hostsim.Role) mark {
	switch {
	case c.Verdict == verdict.VerdictCompleted && role == hostsim.RoleNegative:
		return mark{"✓", "accepted", "lax"}
	case c.Verdict == verdict.VerdictCompleted && c.How == verdict.HowAnchor:
		return mark{"=", "anchor", "anchor"}
	case c.Verdict == verdict.VerdictCompleted:
		return mark{"✓", string(c.How), "completed"}
	case c.Verdict == verdict.VerdictRefused && role == hostsim.RoleNegative:
		return mark{"✗", shortCauses[c.Cause], "expected"}
	case c.Verdict == verdict.VerdictRefused:
		return mark{"✗", shortCauses[c.Cause], "refused"}
	case c.Verdict == verdict.VerdictNeverVerifies:
		return mark{"○", "any", "blind"}
	case c.Verdict == verdict.VerdictNotApplicable, c.Verdict == verdict.VerdictOtherSystem, c.Verdict == verdict.VerdictNotInstalled:
		return mark{"·", "", "absent"}
	}
	return mark{"!", string(c.Verdict), "doubt"}
}

// roleOf is the role of a row's cell, by its place.
func roleOf(m *hostsim.Matrix, cell int) hostsim.Role {
	if cell < len(m.Scenarios) {
		return m.Scenarios[cell].Role
	}
	return hostsim.RoleQuestion
}

// text is the mark in one word or two.
func (m mark) text() string {
	if m.Word == "" {
		return m.Sign
	}
	return m.Sign + " " + m.Word
}
