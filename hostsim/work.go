package hostsim

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/leafcam/leafcam/hostsim/verdict"
)

// work is what a run has to do for the clients that were found: what they need built, and their cells.
type work struct {
	run       *run
	found     []*Found
	scenarios []Scenario
	outcomes  [][]Outcome // of each client, in the order of the scenarios

	mu     sync.Mutex
	done   int              // cells
	left   []int            // cells of each client
	failed map[string]error // of builds, by folder
}

func newWork(r *run, found []*Found) *work {
	w := &work{
		run: r, found: found, scenarios: r.asked(), outcomes: make([][]Outcome, len(found)), left: make([]int, len(found)),
		failed: map[string]error{},
	}
	for i := range found {
		w.outcomes[i], w.left[i] = make([]Outcome, len(w.scenarios)), len(w.scenarios)
	}
	return w
}

// all does everything and returns a row for each client, judged as a whole.
func (w *work) all(ctx context.Context) []Row {
	builds := w.builds(ctx)
	perform(slices.Concat(inOrder(builds), w.cells(ctx, builds)), w.run.Parallel)
	rows := make([]Row, len(w.found))
	for i := range w.found {
		rows[i] = w.row(i)
	}
	return rows
}

func (w *work) row(client int) Row {
	return newRow(w.found[client], w.scenarios, w.outcomes[client], len(w.run.Scenarios))
}

// A build makes what a group of clients needs once.
type build struct {
	task
	group string
}

// builds returns what has to be built, by folder.
func (w *work) builds(ctx context.Context) map[string]*build {
	builds := map[string]*build{}
	for _, f := range w.found {
		dir := w.run.buildDir(f.Client)
		if !f.Installed() || f.Build == nil || builds[dir] != nil {
			continue
		}
		b := &build{group: f.buildGroup()}
		b.do = func() {
			w.progress(0, f.Name+", being built")
			err := w.run.buildOnce(ctx, f, dir)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failed[dir] = err
		}
		builds[dir] = b
	}
	return builds
}

// inOrder returns builds as tasks, the longest first: what takes long and begins last ends last.
func inOrder(builds map[string]*build) (list []*task) {
	var sorted []*build
	for _, b := range builds {
		sorted = append(sorted, b)
	}
	slices.SortFunc(sorted, func(a, b *build) int {
		return cmp.Or(buildSeconds[b.group]-buildSeconds[a.group], cmp.Compare(a.group, b.group))
	})
	for _, b := range sorted {
		list = append(list, &b.task)
	}
	return list
}

// cells returns the cells as tasks. Each scenario is one round, in which clients that take long come first: what is begun last
// should be short. With RowByRow the cells of a client follow each other.
func (w *work) cells(ctx context.Context, builds map[string]*build) []*task {
	byClient := make([][]*task, len(w.found))
	for client, f := range w.found {
		byClient[client] = make([]*task, len(w.scenarios))
		for scenario := range w.scenarios {
			t := &task{do: func() { w.cell(ctx, client, scenario) }}
			if b := builds[w.run.buildDir(f.Client)]; b != nil {
				t.after = append(t.after, &b.task)
			}
			byClient[client][scenario] = t
		}
		if f.Known.NeverVerifies {
			proofFirst(w.scenarios, byClient[client])
		}
	}
	if w.run.RowByRow {
		return slices.Concat(byClient...)
	}
	var list []*task
	order := w.slowestFirst()
	for scenario := range w.scenarios {
		for _, client := range order {
			list = append(list, byClient[client][scenario])
		}
	}
	return list
}

// slowestFirst returns the clients' numbers in the order of what they take.
func (w *work) slowestFirst() []int {
	order := make([]int, len(w.found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return w.found[b].weight() - w.found[a].weight() })
	return order
}

// proofFirst has the cells of a client that never verifies wait for those that prove it.
func proofFirst(scenarios []Scenario, cells []*task) {
	var proof []*task
	for i, s := range scenarios {
		if s.provesVerifying() {
			proof = append(proof, cells[i])
		}
	}
	for i, s := range scenarios {
		if !s.provesVerifying() {
			cells[i].after = append(cells[i].after, proof...)
		}
	}
}

// acceptsAnything says that a client has connected where it should, and to a root that nobody knows as well; "" when it has not.
func (w *work) acceptsAnything(client int) string {
	proof := make([]Outcome, len(w.scenarios)) // of the others some are being made
	accepts := false
	for i, s := range w.scenarios {
		if s.provesVerifying() {
			proof[i] = w.outcomes[client][i]
			accepts = accepts || s.Role == RoleNegative && proof[i].Verdict == verdict.VerdictCompleted
		}
	}
	if !accepts || !completesControl(w.scenarios, proof) {
		return ""
	}
	return doubt(w.found[client].Client, w.scenarios, proof)
}

// cell runs a cell, unless it is known already that it can prove nothing, and tells what was reached.
func (w *work) cell(ctx context.Context, client, scenario int) {
	f, s := w.found[client], w.scenarios[scenario]
	w.mu.Lock()
	failed := w.failed[w.run.buildDir(f.Client)]
	w.mu.Unlock()
	proved := ""
	// Who keeps everything of every cell wants to see each one run.
	if f.Known.NeverVerifies && !s.provesVerifying() && w.run.Keep == "" {
		proved = w.acceptsAnything(client)
	}
	w.outcomes[client][scenario] = w.run.cell(ctx, f, s, failed, proved)
	w.progress(1, f.Name+", "+s.Name)
	if w.run.RowDone == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left[client]--; w.left[client] == 0 && ctx.Err() == nil {
		w.run.RowDone(w.row(client))
	}
}

// progress tells of cells that are done, and of what is being done.
func (w *work) progress(cells int, what string) {
	if w.run.Progress == nil {
		return
	}
	w.mu.Lock()
	w.done += cells
	done := w.done
	w.mu.Unlock()
	w.run.Progress(done, len(w.found)*len(w.scenarios), what)
}

// buildSeconds are what groups of clients that are compiled took to build, on a machine with two processors. Their
// proportion alone matters.
var buildSeconds = map[string]int{
	"rustls": 17, "go": 8, "paho-go": 8, "firefox": 6, "java": 4, "java-url": 4, "okhttp": 4, "apache-httpclient": 4, "bouncycastle": 4,
	"qt5": 4, "qt6": 4, "botan": 3, "haskell": 2, "mono": 2, "poco": 2,
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
	return filepath.Join(cmp.Or(r.Builds, r.home), "build-"+c.buildGroup())
}

// buildGroup names what is built for a client, and maybe for others.
func (c *Client) buildGroup() string { return cmp.Or(c.BuildGroup, c.Name) }
