package livepage

import (
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A mark is what is shown of an attempt in the least room: a sign, some words, and a kind that colours go by.
// Red is for refusals that nobody wants.
type mark struct{ Title, Kind, Sign, Words string }

// signs are those of the kinds.
var signs = map[string]string{
	"completed": "✓", "refused": "✗", "expected": "✗", "guess": "?", "blind": "○", "open": "…", "doubt": "!", "untried": "·",
}

// kindOf is what an attempt is coloured by.
func kindOf(a *Attempt, mode stage.Mode) string {
	s := a.Sighting
	switch {
	case s.Verdict == verdict.VerdictCompleted && s.Cause == verdict.CauseBlind:
		return "blind"
	case s.Verdict == verdict.VerdictCompleted:
		return "completed"
	case s.Verdict == verdict.VerdictOpen:
		return "open"
	case s.Verdict != verdict.VerdictRefused:
		return "doubt"
	case mode.Served.Untrusted:
		return "expected"
	case s.Guess && a.Event.AlertReceived() == nil:
		return "guess" // it only left
	}
	return "refused"
}

// markOf is the mark of an attempt.
func markOf(a *Attempt, mode stage.Mode) mark {
	kind := kindOf(a, mode)
	words := string(a.Sighting.Verdict)
	switch {
	case kind == "completed":
		words = "connected"
	case kind == "blind" && mode.Served.Untrusted:
		words = "accepted"
	case kind == "blind":
		words = "connected, proof of nothing"
	case kind == "expected":
		words = "refused, as it should be"
	case kind == "guess":
		words = "perhaps refused"
	}
	if cause := a.Sighting.Cause; cause != "" && kind != "expected" && kind != "blind" {
		words += ": " + string(cause)
	}
	if ground := a.Sighting.Ground; ground != "" {
		words += " in " + string(ground)
	}
	return mark{mode.Title, kind, signs[kind], words}
}

// markOfResult is the mark of what a device has come to in a mode, with what the control has shown of it.
func markOfResult(r *Result, mode stage.Mode, control verdict.Control) mark {
	switch {
	case !r.Tried && r.Unclear:
		return mark{mode.Title, "untried", signs["untried"], "not told apart: one of two programs tried it, and did not say which it was"}
	case !r.Tried:
		return mark{mode.Title, "untried", signs["untried"], "not tried"}
	case control == verdict.ControlAccepted:
		return mark{mode.Title, "blind", signs["blind"], "never verifies"}
	}
	m := markOf(&r.Attempt, mode)
	switch {
	case r.Refusals > 0 && mode.Served.Gap():
		m.Words += ", after refusing: the user went on anyway, or it has learnt the intermediate"
	case r.Refusals > 0:
		m.Words += ", after refusing: the user went on anyway"
	}
	return m
}
