package preflight

import "slices"

// An audience is who connects to cameras, by the names that people use. Each stands for a family of clients.
type audience struct {
	title   string
	members []member
}

type member struct{ title, family string }

// audiences are those of the first screen. Every other family is in the details.
var audiences = []audience{
	{"browsers", []member{{"Firefox", "firefox"}, {"Chrome, Edge", "chrome"}, {"Safari", "macos"}}},
	{"phones", []member{{"iPhone", "ios"}, {"Android Chrome", "chrome"}, {"Android apps", "android"}}},
	{"home", []member{{"Home Assistant", "python-strict"}, {"VLC", "gnutls"}, {"ffmpeg", "unverified"}, {"Node-RED", "node"}}},
	{"programs", []member{{"curl", "openssl-partial"}, {"Python", "python-strict"}, {"Java", "java"}, {"Go", "go"}, {"Windows", "schannel"}}},
}

// A Reach is how many clients connect.
type Reach string

// The reaches, counted by families of clients that verify something.
const (
	ReachAll  Reach = "all"
	ReachMost Reach = "most" // more than half
	ReachSome Reach = "some"
	ReachNone Reach = "none"
)

// A Verdict is the answer of a check: whether the camera takes the files, who connects, and with which cure more do.
type Verdict struct {
	// Camera is CameraLoads, CameraConverted or CameraRefuses.
	Camera Camera `json:"camera"`
	// Now is who connects to a camera with the leaf alone, and Cured who does with Cure, which reaches the most and
	// costs the least. Cure is CureLeafOnly where none reaches more.
	Now   Reach `json:"now"`
	Cure  Cure  `json:"cure"`
	Cured Reach `json:"cured"`
}

// A Camera is what the camera does with the files.
type Camera string

// What the camera does.
const (
	CameraLoads     Camera = "loads"     // as they lie there
	CameraConverted Camera = "converted" // what convert makes of them, and not as they lie there
	CameraRefuses   Camera = "refuses"
)

// verdict sums a report up.
func (r *Report) verdict() Verdict {
	v := Verdict{Camera: CameraRefuses, Cure: CureLeafOnly}
	switch {
	case r.Loads && r.LoadsAsDelivered:
		v.Camera = CameraLoads
	case r.Loads:
		v.Camera = CameraConverted
	}
	v.Now = r.reach(CureLeafOnly)
	v.Cured = v.Now
	best := r.connecting(CureLeafOnly)
	for _, cure := range []Cure{CureSecondLoad, CureGateway} {
		if n := r.connecting(cure); n > best {
			best, v.Cure, v.Cured = n, cure, r.reach(cure)
		}
	}
	return v
}

// verifying are the families that verify something: the others prove nothing.
func (r *Report) verifying() []FamilyForecast {
	return slices.DeleteFunc(slices.Clone(r.Forecast), func(f FamilyForecast) bool { return f.NeverVerifies })
}

// connecting counts the families that connect under a cure.
func (r *Report) connecting(cure Cure) (n int) {
	for _, f := range r.verifying() {
		if f.Under(cure).connects() {
			n++
		}
	}
	return n
}

// connects reports whether clients connect, those included that most likely do.
func (o CureOutcome) connects() bool {
	return o.Outcome == OutcomeCompletes || o.Outcome == OutcomeDepends && (o.On == OnDeveloper || o.On == OnPreloaded || o.On == OnRoot)
}

func (r *Report) reach(cure Cure) Reach {
	switch n, all := r.connecting(cure), len(r.verifying()); {
	case n == 0:
		return ReachNone
	case n == all:
		return ReachAll
	case 2*n > all:
		return ReachMost
	}
	return ReachSome
}
