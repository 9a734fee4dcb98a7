package livepage

import (
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// Limits of what a journal keeps, however long it runs.
const (
	maxDevices  = 100 // the one that was silent for longest goes first
	maxAttempts = 8   // of a device, with all details
	maxText     = 200 // of what a client sent, octets
)

// A Journal keeps what the connections of a stage were, by the devices that made them. It is an
// [Observer].
type Journal struct {
	mu      sync.Mutex
	version uint64 // counts the changes
	cleared uint64 // the version at which everything was forgotten
	named   int    // devices so far
	devices []*Device
	open    map[opening]*Device // of the connections that go on
	gone    int                 // devices that were forgotten for want of room
	started time.Time
}

// opening identifies a connection that goes on.
type opening struct{ mode, id int }

// A Device is the attempts of one client, as far as the camera can tell clients apart: by their
// address, by the server name that they ask for, by what else they offer, and by their User-Agent.
type Device struct {
	ID        string // short, for the page
	Address   string // without port
	Name      string // the server name that it asks for
	UserAgent string // "" until it is known
	Stack     string // a guess at its TLS library; "" where there is none
	Attempts  []Attempt
	Count     int // attempts, also those that are no longer kept
	Last      time.Time
	Results   []Result // one for each of the modes that Material makes
	// Alike says that another program does the same from the same address, up to its User-Agent: attempts
	// that gave none can be either's.
	Alike bool

	print    string // fingerprint; "" for one that never sent a ClientHello
	version  uint64
	nameless []bool // of each mode: an attempt has ended without a User-Agent
}

// A Result is what a device has come to in one mode.
type Result struct {
	Tried   bool
	Attempt // the one that decided
	// Refusals counts those before a page was asked for all the same.
	Refusals int
	// Unclear says that nothing in this mode is known to be the device's, and that another program's
	// attempts may have been.
	Unclear bool
}

// An Attempt is one connection.
type Attempt struct {
	Mode      int
	Going     bool // it has not ended
	Event     trace.Event
	Sighting  verdict.Sighting
	Exception string // of the camera
}

// same reports whether two attempts are of the same connection.
func (a *Attempt) same(b *Attempt) bool {
	return a.Mode == b.Mode && a.Event.ID == b.Event.ID && a.Event.Remote == b.Event.Remote
}

// NewJournal returns an empty journal.
func NewJournal() *Journal {
	return &Journal{open: map[opening]*Device{}, started: time.Now()}
}

// Progress notes a connection once its ClientHello is there.
func (j *Journal) Progress(mode int, e trace.Event, s verdict.Sighting) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.ClientHello != nil {
		j.note(mode, e, s, true)
	}
}

// Ended notes what came of a connection.
func (j *Journal) Ended(mode int, e trace.Event, s verdict.Sighting) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.note(mode, e, s, false)
	delete(j.open, opening{mode, e.ID})
}

// Reset notes a connection that the camera reset.
func (j *Journal) Reset(mode int, remote net.Addr) {
	e := trace.Event{Remote: remote.String(), Start: time.Now()}
	j.Ended(mode, e, verdict.SeeReset())
}

// Stalled does nothing: the connection is noted when it is served, and counted until then.
func (j *Journal) Stalled(int, net.Addr) {}

// Forget empties the journal. Connections that go on are noted again at their next step.
func (j *Journal) Forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.version++
	j.cleared = j.version
	j.devices, j.open, j.gone, j.started = nil, map[opening]*Device{}, 0, time.Now()
}

// note puts a connection where it belongs. The caller holds the lock.
func (j *Journal) note(mode int, e trace.Event, s verdict.Sighting, going bool) {
	e = clipped(e)
	a := Attempt{Mode: mode, Going: going, Event: e, Sighting: s}
	if e.Exception != nil {
		a.Exception = printable.Lines(e.Exception.Error())
	}
	d := j.find(&a)
	j.version++
	d.version, d.Last = j.version, time.Now()
	if e.ClientHello != nil {
		d.Stack = verdict.GuessStack(e.ClientHello)
	}
	if agent := userAgent(&e); agent != "" {
		d.UserAgent = agent
	} else if !going && d.SaidHello() {
		d.nameless[mode] = true
	}
	for _, other := range j.devices {
		if other.alike(d) {
			other.version = j.version
		}
	}
	d.keep(a)
	d.Results[mode].take(a)
	j.open[opening{mode, e.ID}] = d
	j.evict()
}

// clipped shortens what a client can make as long as it likes.
func clipped(e trace.Event) trace.Event {
	const most = 4
	e.Requests = slices.Clone(e.Requests[:min(len(e.Requests), most)])
	for i := range e.Requests {
		r := &e.Requests[i]
		r.Line, r.UserAgent = printable.Text(r.Line, maxText), printable.Text(r.UserAgent, maxText)
	}
	if e.ClientHello != nil {
		hello := *e.ClientHello
		hello.ServerName = printable.Text(hello.ServerName, maxText)
		e.ClientHello = &hello
	}
	return e
}

func userAgent(e *trace.Event) string {
	for _, r := range e.Requests {
		if r.UserAgent != "" {
			return r.UserAgent
		}
	}
	return ""
}

// find returns the device of a connection, a new one where there is none. One whose User-Agent
// turns out to be another's becomes a device of its own.
func (j *Journal) find(a *Attempt) *Device {
	e := &a.Event
	address, _, err := net.SplitHostPort(e.Remote)
	if err != nil {
		address = e.Remote
	}
	print, name, agent := "", "", userAgent(e)
	if e.ClientHello != nil {
		print, name = fingerprint(e.ClientHello), e.ClientHello.ServerName
	}
	before := j.open[opening{a.Mode, e.ID}]
	fits := func(d *Device) bool {
		return d.Address == address && d.Name == name && d.print == print && (agent == "" || d.UserAgent == "" || d.UserAgent == agent)
	}
	if before != nil && slices.Contains(j.devices, before) {
		if fits(before) {
			return before
		}
		before.drop(a)
		if before.Count == 0 {
			j.devices = slices.DeleteFunc(j.devices, func(d *Device) bool { return d == before })
		}
	}
	var found *Device
	for _, d := range j.devices {
		if fits(d) && (found == nil || agent != "" && d.UserAgent == agent && found.UserAgent != agent ||
			d.UserAgent == found.UserAgent && d.Last.After(found.Last)) {
			found = d
		}
	}
	if found == nil {
		j.named++
		found = &Device{
			ID: "d" + strconv.Itoa(j.named), Address: address, Name: name, print: print,
			Results: make([]Result, stage.ModeCount), nameless: make([]bool, stage.ModeCount),
		}
		j.devices = append(j.devices, found)
	}
	return found
}

// evict forgets the devices that were silent for longest.
func (j *Journal) evict() {
	for len(j.devices) > maxDevices {
		oldest := 0
		for i, d := range j.devices {
			if d.Last.Before(j.devices[oldest].Last) {
				oldest = i
			}
		}
		j.devices = slices.Delete(j.devices, oldest, oldest+1)
		j.gone++
	}
}

// keep puts an attempt in the place of what was known of it, or at the front.
func (d *Device) keep(a Attempt) {
	for i := range d.Attempts {
		if d.Attempts[i].same(&a) {
			d.Attempts[i] = a
			return
		}
	}
	d.Count++
	d.Attempts = slices.Insert(d.Attempts, 0, a)
	if len(d.Attempts) > maxAttempts {
		d.Attempts = d.Attempts[:maxAttempts]
	}
}

// drop takes an attempt out that turned out to be another device's.
func (d *Device) drop(a *Attempt) {
	d.Attempts = slices.DeleteFunc(d.Attempts, func(b Attempt) bool { return b.same(a) })
	d.Count--
	r := &d.Results[a.Mode]
	if !r.same(a) {
		return
	}
	*r = Result{}
	for _, b := range slices.Backward(d.Attempts) {
		if b.Mode == a.Mode {
			r.take(b)
		}
	}
}

// alike reports whether two devices differ in nothing but their User-Agent.
func (d *Device) alike(other *Device) bool {
	return d != other && d.SaidHello() && d.Address == other.Address && d.Name == other.Name && d.print == other.print
}

// take makes the result of a mode of a further attempt.
func (r *Result) take(a Attempt) {
	now := r.Sighting
	if r.Tried && now.Verdict != verdict.VerdictOpen && !decides(a.Sighting, now, a.Event.Complete) {
		return
	}
	// A close after the handshake may have been a connection in reserve: no refusal to speak of.
	refused := r.Tried && now.Verdict == verdict.VerdictRefused && !(now.Guess && r.Event.Complete)
	if refused && a.Sighting.Verdict == verdict.VerdictCompleted {
		r.Refusals++
	}
	r.Tried, r.Attempt = true, a
}

// decides reports whether a sighting says more than the one before it. Spare connections, of which
// browsers open some, and connections that go on say nothing against what is known already.
func decides(s, before verdict.Sighting, complete bool) bool {
	known := before.Verdict == verdict.VerdictCompleted || before.Verdict == verdict.VerdictRefused
	switch {
	case !known:
		return true
	case s.Verdict == verdict.VerdictOpen, s.Verdict == verdict.VerdictCameraBusy,
		s.Cause == verdict.CauseSilence, s.Cause == verdict.CauseStopped:
		return false
	case before.Verdict == verdict.VerdictCompleted && s.Guess && complete:
		return false
	}
	return true
}

// View is what a journal holds at one moment.
type View struct {
	Version uint64
	Cleared uint64 // the version at which everything was forgotten last
	Started time.Time
	Devices []Device // those that changed after the version that was asked for, the last one first
	IDs     []string // of all devices, in the same order
	Gone    int      // devices that were forgotten for want of room
}

// Since returns what has changed after a version; 0 returns everything.
func (j *Journal) Since(version uint64) View {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := View{Version: j.version, Cleared: j.cleared, Started: j.started, Gone: j.gone}
	// The order of their first attempts: rows do not change places under somebody's finger.
	for _, d := range slices.Backward(j.devices) {
		v.IDs = append(v.IDs, d.ID)
		if d.version > version {
			copied := *d
			copied.Attempts, copied.Results = slices.Clone(d.Attempts), slices.Clone(d.Results)
			for _, other := range j.devices {
				if !d.alike(other) {
					continue
				}
				copied.Alike = true
				for i := range copied.Results {
					r := &copied.Results[i]
					r.Unclear = r.Unclear || !r.Tried && other.nameless[i]
				}
			}
			v.Devices = append(v.Devices, copied)
		}
	}
	return v
}

// SaidHello reports whether a device speaks TLS at all.
func (d *Device) SaidHello() bool { return d.print != "" }

// Title is what a device is called on the page: whatever is known of it.
func (d *Device) Title() string {
	switch {
	case d.UserAgent != "":
		return d.UserAgent + " at " + d.Address
	case d.Stack != "":
		return d.Address + ", perhaps " + d.Stack
	case d.SaidHello():
		return d.Address + ", TLS library unknown"
	}
	return d.Address + ", no TLS"
}

// Latest returns the attempt that the device's verdict is of: the last one that decides
// something, else the last one.
func (d *Device) Latest() Attempt {
	for _, a := range d.Attempts {
		if d.Results[a.Mode].same(&a) {
			return a
		}
	}
	return d.Attempts[0]
}
