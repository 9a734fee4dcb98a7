// Package compare reports whether a server on the network behaves like a camera, and like
// which firmware, by saying the same things to it and to the emulation.
//
// Start with [Run]. It contacts the address that it is given and no other, one
// connection at a time, each of which it ends.
package compare

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// Options says what is compared.
type Options struct {
	Address string // host:port
	// Progress, unless nil, is called before each probe.
	Progress func(done, total int, probe string)
	// Dial, unless nil, makes the connections that would be made to Address.
	Dial func(ctx context.Context) (wire.Conn, error)
}

// dial makes a connection.
func (o Options) dial(ctx context.Context) (wire.Conn, error) {
	if o.Dial != nil {
		return o.Dial(ctx)
	}
	return dial(ctx, o.Address)
}

// A Report is the result of a comparison.
type Report struct {
	Format   int       `json:"format"` // of this form: 1
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	Profiles []Profile `json:"profiles"`
	// BehavesLike is the profile that every answer matched, "" when there is none. Alike are others that every
	// answer matched, too: they differ in what they load, and no connection tells that.
	BehavesLike string   `json:"behaves_like"`
	Alike       []string `json:"alike"`
	Results     []Result `json:"results"`
	// Script is the one among the emulation's whose answers come closest: they differ in the connections that they
	// close. The results compare with it.
	Script string `json:"script"`

	// Certificates is how many the server presented.
	Certificates int `json:"certificates"`
	// Note says why the server's certificate was not used for the comparison.
	Note string `json:"note,omitempty"`
	// StoppedAt is the probe before which the comparison was given up, Stop why, and Error what
	// happened then in words. The results before it stand.
	StoppedAt string `json:"stopped_at,omitempty"`
	Stop      Stop   `json:"stop,omitempty"`
	Error     string `json:"error,omitempty"`

	vectors []wire.Vector
	twin    *twin
}

// A Stop is why a comparison was given up.
type Stop string

// The reasons.
const (
	StopUnreachable Stop = "unreachable" // the server did not accept connections any more
	StopSilent      Stop = "silent"      // it accepts connections, and answers nothing
	StopTime        Stop = "time"        // the time was up
)

// Bounds of a comparison with a server that may do anything.
const (
	timeLimit    = 110 * time.Second
	greetLimit   = 20 * time.Second // the first probe, which tells how slow the server is
	probeLimit   = 15 * time.Second
	silentProbes = 5 // in a row without an octet, to each of which a camera says something
)

// reportFormat is the version of a report's JSON form.
const reportFormat = 1

// A Profile is how well one firmware matched.
type Profile struct {
	Firmware string `json:"firmware"`
	Matched  int    `json:"matched"`
	Total    int    `json:"total"`
}

// A Result is the answer to one probe.
type Result struct {
	Probe   string            `json:"probe"`
	Subject string            `json:"subject"`
	Meaning string            `json:"meaning"`
	Answer  string            `json:"answer"`
	Camera  map[string]string `json:"camera"` // what each firmware answers
	Matches map[string]bool   `json:"matches"`
	Repeats int               `json:"repeats"` // after which the answer was a camera's, or stayed what it was

	exchange wire.Exchange
	known    bool // to be a camera's
}

// connectTimeout is how long a connection may take, and dialAttempts how often it is
// tried: a camera that still serves the last client may leave the next one waiting.
const (
	connectTimeout = 10 * time.Second
	dialAttempts   = 3
)

// Run compares a server with every firmware. The error is the context's, or says that the
// server could not be reached at all; one that stops answering later is reported.
func Run(ctx context.Context, o Options) (*Report, error) {
	report := &Report{Format: reportFormat, Address: o.Address, Started: time.Now(), Alike: []string{}, Results: []Result{}}
	probes := Probes()
	limited, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	chain, flight, err := greet(limited, o, probes[0])
	if err != nil {
		return nil, err
	}
	report.Certificates = len(chain)
	if report.twin, err = newTwin(chain); err != nil {
		return nil, err
	}
	report.Note = report.twin.stranger
	known, err := answers(report.twin, probes)
	if err != nil {
		return nil, err
	}
	silent := 0
	for i, p := range probes {
		if o.Progress != nil {
			o.Progress(i, len(probes), p.Name)
		}
		result, vector, err := report.twin.try(limited, o, p, flight, known)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case limited.Err() != nil:
			report.giveUp(p, StopTime, fmt.Sprintf("the comparison took more than %s", timeLimit))
		case err != nil:
			report.giveUp(p, StopUnreachable, err.Error())
		}
		if err != nil || limited.Err() != nil {
			break
		}
		report.Results = append(report.Results, result)
		report.vectors = append(report.vectors, vector)
		if silent = silentAfter(silent, result.known, vector); silent == silentProbes {
			report.giveUp(p, StopSilent, fmt.Sprintf("it accepts connections and did not answer %d times in a row", silentProbes))
			break
		}
	}
	report.compareWith(known)
	report.conclude()
	return report, nil
}

func (r *Report) giveUp(p Probe, why Stop, words string) {
	r.StoppedAt, r.Stop, r.Error = p.Name, why, words
}

// silentAfter counts the answers without an octet. One that a camera gives, too, does not count.
func silentAfter(before int, known bool, vector wire.Vector) int {
	if known || vector.End != wire.EndOpen || len(vector.Received.Records)+len(vector.Received.Trailing) > 0 {
		return 0
	}
	return before + 1
}

// greet sends the first probe and returns the certificates that the server shows, and
// how long it takes for its flight.
func greet(ctx context.Context, o Options, p Probe) (chain [][]byte, flight time.Duration, err error) {
	conn, err := o.dial(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("nothing answers on %s: %w", o.Address, err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	const patience = 10 * time.Second
	timed := &timedConn{Conn: conn, began: time.Now()}
	ex := wire.Replay(timed, p.sent("any"), wire.ReplayOptions{
		Silence: patience, Cut: true, Varies: true, Until: time.Now().Add(greetLimit),
	})
	if ex.End == wire.EndCut { // how long it went on says nothing
		return ex.Received.Chain(), 0, ctx.Err()
	}
	return ex.Received.Chain(), timed.last, ctx.Err()
}

// timedConn notes when something last came.
type timedConn struct {
	wire.Conn
	began time.Time
	last  time.Duration
}

func (c *timedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.last = time.Since(c.began)
	}
	return n, err
}

// scripts are those that differ in the connections that they close. The first one is the documented server.
func scripts() []device.Script {
	return []device.Script{device.Hello(device.DefaultBody), device.Asyncio(device.DefaultBody), device.Microdot(device.DefaultBody)}
}

// A camera is a script on a firmware, by their names.
type camera struct{ script, firmware string }

// expected is what each camera answers to each probe.
type expected struct {
	twin    *twin
	probes  []Probe
	scripts []device.Script // that were asked
	answers map[camera]map[string]wire.Exchange
}

// answers asks the documented server of each firmware; the other scripts are asked when its answers do not do.
func answers(t *twin, probes []Probe) (*expected, error) {
	e := &expected{twin: t, probes: probes, answers: map[camera]map[string]wire.Exchange{}}
	return e, e.ask(scripts()[0])
}

// ask asks a script on each firmware.
func (e *expected) ask(script device.Script) error {
	e.scripts = append(e.scripts, script)
	var mu sync.Mutex
	var done sync.WaitGroup
	defer done.Wait()
	for _, fw := range device.Firmwares() {
		context, err := e.twin.context(fw)
		if err != nil {
			return err
		}
		byProbe := map[string]wire.Exchange{}
		e.answers[camera{script.Name, fw.Name}] = byProbe
		for _, p := range e.probes {
			done.Go(func() {
				ex := e.twin.answer(context, script, p)
				mu.Lock()
				defer mu.Unlock()
				byProbe[p.Name] = ex
			})
		}
	}
	return nil
}

// known reports whether a camera answers so.
func (e *expected) known(probe string, ex wire.Exchange) (bool, error) {
	for _, byProbe := range e.answers {
		if len(wire.Diff(byProbe[probe], ex)) == 0 {
			return true, nil
		}
	}
	all := scripts()
	if len(e.scripts) == len(all) {
		return false, nil
	}
	for _, script := range all[len(e.scripts):] {
		if err := e.ask(script); err != nil {
			return false, err
		}
	}
	return e.known(probe, ex)
}

// compareWith compares all results with the script that comes closest on any firmware.
func (r *Report) compareWith(e *expected) {
	most := -1
	for _, script := range e.scripts {
		for _, fw := range device.Firmwares() {
			matched := 0
			for _, result := range r.Results {
				if len(wire.Diff(e.answers[camera{script.Name, fw.Name}][result.Probe], result.exchange)) == 0 {
					matched++
				}
			}
			if matched > most {
				most, r.Script = matched, script.Name
			}
		}
	}
	for i := range r.Results {
		result := &r.Results[i]
		for _, fw := range device.Firmwares() {
			answer := e.answers[camera{r.Script, fw.Name}][result.Probe]
			result.Camera[fw.Name] = answer.Describe()
			result.Matches[fw.Name] = len(wire.Diff(answer, result.exchange)) == 0
		}
	}
}

// calm is how much slower than its first flight a server is taken to be when it is asked again.
const calm = 100 * time.Millisecond

// try sends one probe. An answer that is no camera's is asked for once more, with more patience,
// because a network or a busy machine can delay an answer, and a reset can overtake it.
func (t *twin) try(
	ctx context.Context, o Options, p Probe, flight time.Duration, known *expected,
) (Result, wire.Vector, error) {
	vector := p.vector(t.kind)
	result := Result{Probe: p.Name, Subject: p.Subject, Meaning: p.Meaning, Camera: map[string]string{}, Matches: map[string]bool{}}
	for ; ; result.Repeats++ {
		conn, err := o.dial(ctx)
		if err != nil {
			return result, vector, err
		}
		options := p.replay(t, flight+time.Duration(result.Repeats)*calm)
		options.Until = time.Now().Add(probeLimit)
		leave := context.AfterFunc(ctx, func() { _ = conn.Close() })
		vector.Exchange = wire.Replay(conn, vector.Sent, options)
		leave()
		if ctx.Err() != nil {
			return result, vector, ctx.Err()
		}
		if result.known, err = known.known(p.Name, vector.Exchange); err != nil {
			return result, vector, err
		}
		if result.known || result.Repeats == 1 {
			result.Answer, result.exchange = vector.Describe(), vector.Exchange
			return result, vector, nil
		}
	}
}

func dial(ctx context.Context, address string) (conn wire.Conn, err error) {
	dialer := net.Dialer{Timeout: connectTimeout}
	for attempt := range dialAttempts {
		if attempt > 0 {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		var c net.Conn
		if c, err = dialer.DialContext(ctx, "tcp", address); err == nil {
			tcp, ok := c.(*net.TCPConn)
			if !ok {
				return nil, errors.New("not a TCP connection")
			}
			return tcp, nil
		}
	}
	return nil, err
}

// conclude counts, the best profile first.
func (r *Report) conclude() {
	for _, fw := range device.Firmwares() {
		p := Profile{Firmware: fw.Name, Total: len(r.Results)}
		for _, result := range r.Results {
			if result.Matches[fw.Name] {
				p.Matched++
			}
		}
		if p.Matched == p.Total && r.StoppedAt == "" && p.Total > 0 {
			if r.BehavesLike == "" {
				r.BehavesLike = fw.Name
			} else {
				r.Alike = append(r.Alike, fw.Name)
			}
		}
		r.Profiles = append(r.Profiles, p)
	}
}

// Closest returns the profile that matched best.
func (r *Report) Closest() Profile {
	best := r.Profiles[0]
	for _, p := range r.Profiles {
		if p.Matched > best.Matched {
			best = p
		}
	}
	return best
}

// Differences returns the results that a firmware does not match.
func (r *Report) Differences(firmware string) (list []Result) {
	for _, result := range r.Results {
		if !result.Matches[firmware] {
			list = append(list, result)
		}
	}
	return list
}
