package livepage

import (
	"slices"

	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Control returns what the modes that nobody should connect to have shown of a device.
func (d *Device) Control(modes []stage.Mode) verdict.Control {
	control := verdict.ControlUntried
	for i, r := range d.Results {
		switch {
		case !r.Tried || !modes[i].Served.Untrusted:
		case r.Sighting.Verdict == verdict.VerdictCompleted && d.everRefused():
			return verdict.ControlOverruled
		case r.Sighting.Verdict == verdict.VerdictCompleted:
			return verdict.ControlAccepted
		case r.refused():
			control = verdict.ControlRefused
		}
	}
	return control
}

func (d *Device) everRefused() bool {
	return slices.ContainsFunc(d.Results, func(r Result) bool { return r.Refusals > 0 || r.refused() })
}

// refused reports whether the result is a refusal, and not perhaps a connection in reserve that was closed.
func (r *Result) refused() bool {
	return r.Sighting.Verdict == verdict.VerdictRefused && !(r.Sighting.Guess && r.Event.Complete)
}

// settle tells all that a device did with what the control has shown of it, also what it did before.
func (d *Device) settle(modes []stage.Mode) {
	control := d.Control(modes)
	if control == verdict.ControlUntried {
		return
	}
	for i := range d.Attempts {
		d.Attempts[i].settle(modes, control)
	}
	for i := range d.Results {
		if d.Results[i].Tried {
			d.Results[i].settle(modes, control)
		}
	}
}

func (a *Attempt) settle(modes []stage.Mode, control verdict.Control) {
	served := modes[a.Mode].Served
	switch {
	case a.Sighting.Verdict == verdict.VerdictCompleted && a.Going:
		a.Sighting = verdict.SeeOpenKnowing(&a.Event, served, control)
	case a.Sighting.Verdict == verdict.VerdictCompleted, a.Sighting.Guess && control == verdict.ControlAccepted:
		a.Sighting = verdict.SeeKnowing(&a.Event, served, control)
	}
}
