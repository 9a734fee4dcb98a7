package report

import "github.com/leafcam/leafcam/hostsim"

// shortCauses are the causes of refusals as cells have room for them.
var shortCauses = map[string]string{
	hostsim.CauseMissing: "missing", hostsim.CauseNoAnchor: "no anchor", hostsim.CauseUnknown: "unknown", hostsim.CauseNotPinned: "no anchor",
	hostsim.CauseSelfSigned: "not pinned", hostsim.CauseName: "name", hostsim.CauseExpired: "expired", hostsim.CauseRejected: "rejected",
	hostsim.CauseNoTrust: "no trust",
}

// A mark is what a cell says in the least room: a sign, a word, and a kind that colours go by.
type mark struct{ Sign, Word, Kind string }

func markOf(c *hostsim.Cell) mark {
	switch {
	case c.Verdict == hostsim.Completed && c.How == hostsim.Anchor:
		return mark{"=", "anchor", "anchor"}
	case c.Verdict == hostsim.Completed:
		return mark{"✓", string(c.How), "completed"}
	case c.Verdict == hostsim.Refused:
		return mark{"✗", shortCauses[c.Cause], "refused"}
	case c.Verdict == hostsim.NeverVerifies:
		return mark{"○", "any", "blind"}
	case c.Verdict == hostsim.NotApplicable, c.Verdict == hostsim.OtherSystem, c.Verdict == hostsim.NotInstalled:
		return mark{"·", "", "absent"}
	}
	return mark{"!", string(c.Verdict), "doubt"}
}

// text is the mark in one word or two.
func (m mark) text() string {
	if m.Word == "" {
		return m.Sign
	}
	return m.Sign + " " + m.Word
}
