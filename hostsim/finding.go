package hostsim

// Missing tells whether a cell was not run at all, or says nothing by its nature: the client
// is not here, or the scenario is not for it.
func (c Cell) Missing() bool {
	switch c.Verdict {
	case NotInstalled, OtherSystem, NotApplicable, NeverVerifies:
		return true
	}
	return false
}

// Finding tells whether a cell is one that somebody has to know of: a client that does not
// complete the chain with the leaf alone, or a verdict that could not be had.
func (c Cell) Finding() bool {
	switch {
	case c.Missing():
		return false
	case c.Scenario == LeafOnly.Name:
		return !c.ChainCompleted
	}
	return c.Verdict != Completed && c.Verdict != Refused
}
