package hostsim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/workdir"
)

// DefaultHost is the name that the test certificates are for.
const DefaultHost = "cam.example.com"

// DefaultDeadline is how long a client may take in one cell.
const DefaultDeadline = 40 * time.Second

// A Runner runs clients in scenarios. Only Clients is required.
type Runner struct {
	Clients   []*Client
	Scenarios []Scenario       // StandardSet by default
	Host      string           // DefaultHost by default
	Firmware  *device.Firmware // the first profile by default
	KeyType   certs.KeyType    // of the test PKI; ECDSAP256 by default
	Files     *Files           // nil: everything comes from a test PKI
	Online    bool             // let clients ask the real AIA servers of Files
	// Front stands before the camera in the scenario with a gateway; package gateway by default.
	Front Front
	// NoControls leaves the controls out that Scenarios lack: for further questions to clients that
	// another run has had controls for. By itself such a run proves nothing.
	NoControls bool
	Deadline   time.Duration // of one cell; DefaultDeadline by default
	Keep       string        // directory for everything of every cell; "" keeps nothing
	// Builds is a folder in which what clients need built is found by the next run of the same program;
	// "" builds in each run.
	Builds   string
	Listen   string // IP address that servers listen on; 127.0.0.1 by default
	Parallel int    // cells at a time; DefaultParallel by default
	// Progress counts cells. It may be called from several goroutines.
	Progress func(done, total int, what string)
	// RowDone is called with each row when it is whole, one at a time. With RowByRow clients are run one after the other, in
	// their order. Without it the slow ones are spread over the run, which ends sooner.
	RowDone  func(Row)
	RowByRow bool

	shard *Shard // set by Part
}

// DefaultParallel is how many cells run at a time: some of them always wait for something.
func DefaultParallel() int { return runtime.NumCPU() + 2 }

// run is a Runner at work.
type run struct {
	Runner
	sandbox  *sandbox.Sandbox
	material *material
	home     string // holds everything temporary of the run
	extra    []Scenario
	network  *sandbox.Network // where the host's address is; nil: nowhere, or it needs none
	isolated error            // why there is none for an address that needs one
}

// Run runs everything and returns the matrix. Whatever scenarios were asked for, the
// controls are always run: without them no verdict can be believed. The error is that
// of ctx, or tells what of the machine stands in the way.
func (r Runner) Run(ctx context.Context) (*Matrix, error) {
	started := time.Now()
	if err := r.defaults(); err != nil {
		return nil, err
	}
	home, err := workdir.New(true)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	m, err := newMaterial(r.Firmware, r.Host, r.KeyType, r.Files)
	if err != nil {
		return nil, err
	}
	rn := &run{Runner: r, sandbox: sandbox.Detect(ctx), material: m, home: home.Path}
	rn.startNetwork()
	defer rn.closeNetwork()
	if !r.NoControls {
		rn.extra = missingControls(r.Scenarios)
	}
	found := newFinder(rn.sandbox, home.Path).findAll(ctx, r.Clients)
	rows := newWork(rn, found).all(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.Keep != "" {
		if err := rn.keepBuilds(found); err != nil {
			return nil, err
		}
	}
	matrix := &Matrix{
		Format: MatrixFormat, Started: started.UTC().Truncate(time.Second), Seconds: time.Since(started).Seconds(),
		Host: r.Host, Firmware: r.Firmware.Name, Isolation: rn.sandbox.Describe(), Scenarios: r.Scenarios, Rows: rows,
		Shard: r.shard.finish(&r),
	}
	return matrix, nil
}

func (r *Runner) defaults() error {
	if len(r.Clients) == 0 && r.shard == nil {
		return errors.New("no client to run")
	}
	if len(r.Scenarios) == 0 {
		r.Scenarios = StandardSet()
	}
	if r.Files != nil {
		// Whether the user's own chain is accepted is a question like any other.
		r.Scenarios = slices.Clone(r.Scenarios)
		for i := range r.Scenarios {
			if r.Scenarios[i].Role == RolePositive {
				r.Scenarios[i].Role = RoleQuestion
			}
		}
	}
	if r.Listen == "" {
		r.Listen = "127.0.0.1"
	}
	if r.Host == "" {
		r.Host = DefaultHost
	}
	if address, ok := hostAddress(r.Host); ok {
		r.Host = address.String()
	}
	if r.Firmware == nil {
		r.Firmware = device.Firmwares()[0]
	}
	if r.Deadline == 0 {
		r.Deadline = DefaultDeadline
	}
	if r.Parallel <= 0 {
		r.Parallel = DefaultParallel()
	}
	return nil
}

// asked returns the scenarios of the run, the added controls last.
func (r *run) asked() []Scenario { return slices.Concat(r.Scenarios, r.extra) }

// missingControls returns the controls that the scenarios lack.
func missingControls(scenarios []Scenario) []Scenario {
	var missing []Scenario
	for _, s := range StandardSet() {
		control := s.Role != RoleQuestion
		// Whether an intermediate in the store is an anchor decides how the store helps.
		if s.tellsAnchors() {
			control = slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.Trust == TrustRootStore })
		}
		// Whether a client verifies what it fetches matters where it can fetch something.
		if s.testsFetches() {
			control = slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.plan().aia.asked })
		}
		if control && !slices.ContainsFunc(scenarios, func(have Scenario) bool { return have.Name == s.Name && have.Role == s.Role }) {
			missing = append(missing, s)
		}
	}
	return missing
}

// cell runs one client in one scenario. built is why what it needs could not be built; proved is what has shown already that it
// never verifies, "" when nothing has.
func (r *run) cell(ctx context.Context, f *Found, s Scenario, built error, proved string) Outcome {
	var none Outcome
	switch {
	case f.otherSystem() != "":
		return none.end(verdict.VerdictOtherSystem, verdict.CauseNotFitting, "the client belongs to "+f.otherSystem())
	case !f.Installed():
		return none.end(verdict.VerdictNotInstalled, verdict.CauseAbsent, fmt.Sprintf("no %s; %s", f.Missing[0], f.Install()))
	case built != nil:
		return none.end(verdict.VerdictHarnessError, verdict.CauseHarness, "could not be prepared: "+built.Error())
	case ctx.Err() != nil:
		return none.end(verdict.VerdictHarnessError, verdict.CauseHarness, "interrupted")
	}
	if f.Known.OwnTrust {
		if ok, reason := r.suitsOwnTrust(s.plan().asks); !ok {
			return none.end(verdict.VerdictNotApplicable, verdict.CauseNotFitting, reason)
		}
	}
	if r.Files != nil {
		if ok, reason := r.Files.suit(s.plan().asks); !ok {
			return none.end(verdict.VerdictNotApplicable, verdict.CauseNotFitting, reason)
		}
	}
	if proved != "" {
		return none.end(verdict.VerdictNeverVerifies, verdict.CauseDoubt, proved)
	}
	o := r.try(ctx, f, s)
	// A busy machine can come between a client and its verdict; a verdict on a certificate is
	// never asked for again.
	if o.inconclusive() && !f.Known.NeverVerifies && ctx.Err() == nil {
		first := o
		o = r.try(ctx, f, s)
		if !first.wordless || !o.wordless { // it left twice in the same way
			o.FirstTry = string(first.Verdict) + ": " + first.Reason()
		}
	}
	return o
}

// try is one run of a cell, within the deadline.
func (r *run) try(ctx context.Context, f *Found, s Scenario) Outcome {
	var none Outcome
	ctx, cancel := context.WithTimeout(ctx, r.Deadline)
	defer cancel()
	evidence, err := r.visit(ctx, f, s)
	if errors.Is(err, sandbox.ErrCannotIsolate) || errors.Is(err, sandbox.ErrNoMounts) || errors.Is(err, sandbox.ErrNoNetwork) ||
		errors.Is(err, errNoProxy) {
		return none.end(verdict.VerdictCannotIsolate, verdict.CauseNotFitting, err.Error())
	}
	var own *unfit
	switch {
	case errors.As(err, &own):
		return none.end(verdict.VerdictNotApplicable, own.cause, own.detail)
	case errors.Is(err, errNotApplicable), errors.Is(err, errNotWarm) && r.Files != nil:
		return none.end(verdict.VerdictNotApplicable, verdict.CauseNotFitting, err.Error())
	}
	if err != nil {
		return none.end(verdict.VerdictHarnessError, verdict.CauseHarness, err.Error())
	}
	return Judge(evidence)
}

// suitsOwnTrust reports whether a scenario says something of a client whose trust cannot be
// prepared.
func (r *run) suitsOwnTrust(asks demands) (ok bool, reason string) {
	switch {
	case r.Files == nil:
		return false, "the browser trusts what its machine trusts: give your own files, for a name that leads here"
	case asks.unknownRoot && !asks.question:
		return true, ""
	case !asks.question:
		return false, "the test PKI is nothing to this browser"
	case !asks.rootAlone:
		return false, "the browser's trust is its machine's own"
	case asks.aia && !r.Online:
		return false, "the browser's machine asks the real AIA server: give --online"
	}
	return true, ""
}

// token returns 16 random octets in hexadecimal.
func token() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
