package hostsim

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
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
	Parallel int    // cells at a time; the number of CPUs by default
	// Progress counts cells; while clients are built, none is done. It may be called from several goroutines.
	Progress func(done, total int, what string)
	// RowDone is called with each row when it is whole, one at a time. With RowByRow clients are run one after the other, in
	// their order. Without it the slow ones are spread over the run, which ends sooner.
	RowDone  func(Row)
	RowByRow bool

	shard *Shard // set by Part
}

func defaultParallel() int { return max(2, runtime.NumCPU()) }

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
	found := finder{rn.sandbox, home.Path}.findAll(ctx, r.Clients)
	built := rn.build(ctx, found)
	rows := rn.cells(ctx, found, built)
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
	if r.Parallel == 0 {
		r.Parallel = defaultParallel()
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

// build makes what clients need once, and returns the error of each one that failed.
func (r *run) build(ctx context.Context, found []*Found) []error {
	var builders []*Found // one for each group
	seen := map[string]bool{}
	for _, f := range found {
		if dir := r.buildDir(f.Client); f.Installed() && f.Build != nil && !seen[dir] {
			seen[dir] = true
			builders = append(builders, f)
		}
	}
	var mu sync.Mutex
	failed := map[string]error{}
	each(len(builders), r.Parallel, func(i int) {
		f := builders[i]
		dir := r.buildDir(f.Client)
		if r.Progress != nil {
			r.Progress(0, len(found)*len(r.asked()), f.Name+", being built")
		}
		err := r.buildOnce(ctx, f, dir)
		mu.Lock()
		defer mu.Unlock()
		failed[dir] = err
	})
	failures := make([]error, len(found))
	for i, f := range found {
		failures[i] = failed[r.buildDir(f.Client)]
	}
	return failures
}

// buildOnce builds for one client, unless an earlier run has done it. A mark
// in the folder says that it is whole: a build that broke off is made again.
func (r *run) buildOnce(ctx context.Context, f *Found, dir string) error {
	done := filepath.Join(dir, ".built")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := f.Build(ctx, &Visit{BuildDir: dir, programs: f.programs, sandbox: r.sandbox, cache: userBuildCache()}); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o644)
}

func (r *run) buildDir(c *Client) string {
	group := c.BuildGroup
	if group == "" {
		group = c.Name
	}
	return filepath.Join(cmp.Or(r.Builds, r.home), "build-"+group)
}

// cells runs every cell and returns a row for each client, judged as a whole.
func (r *run) cells(ctx context.Context, found []*Found, built []error) []Row {
	scenarios := r.asked()
	outcomes := make([][]Outcome, len(found))
	for i := range outcomes {
		outcomes[i] = make([]Outcome, len(scenarios))
	}
	total := len(found) * len(scenarios)
	var mu sync.Mutex
	done := 0
	left := make([]int, len(found)) // cells of each client
	for i := range left {
		left[i] = len(scenarios)
	}
	each(total, r.Parallel, func(n int) {
		// Cell after cell of one client would let the slow ones end last.
		client, scenario := n%len(found), n/len(found)
		if r.RowByRow {
			client, scenario = n/len(scenarios), n%len(scenarios)
		}
		if r.RowDone != nil {
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				if left[client]--; left[client] == 0 && ctx.Err() == nil {
					r.RowDone(newRow(found[client], scenarios, outcomes[client], len(r.Scenarios)))
				}
			}()
		}
		outcomes[client][scenario] = r.cell(ctx, found[client], scenarios[scenario], built[client])
		if r.Progress != nil {
			mu.Lock()
			done++
			now := done
			mu.Unlock()
			r.Progress(now, total, found[client].Name+", "+scenarios[scenario].Name)
		}
	})
	rows := make([]Row, len(found))
	for i, f := range found {
		rows[i] = newRow(f, scenarios, outcomes[i], len(r.Scenarios))
	}
	return rows
}

// cell runs one client in one scenario.
func (r *run) cell(ctx context.Context, f *Found, s Scenario, built error) Outcome {
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

// suitsOwnTrust tells whether a scenario says something of a client whose trust cannot be
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

// each calls f for 0 to n-1, at most parallel at a time.
func each(n, parallel int, f func(int)) {
	slots := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	all.Wait()
}
