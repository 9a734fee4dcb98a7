package hostsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/port"
)

// errNoProxy is why a client's AIA downloads cannot be answered on this machine.
var errNoProxy = errors.New("this client takes no proxy, so AIA URLs on the ports of the user's leaf cannot be answered for it")

// errNotWarm is why nothing can be said of a second visit.
var errNotWarm = errors.New("the visit before, to a server that sends the whole chain, did not complete")

// visit sets one cell up, runs the client in it and returns what both ends tell.
func (r *run) visit(ctx context.Context, f *Found, s Scenario) (e Evidence, err error) {
	p := s.plan()
	// Short, because some clients put Unix sockets there, whose paths are limited.
	home, err := os.MkdirTemp(r.home, "c")
	if err != nil {
		return Evidence{}, err
	}
	defer os.RemoveAll(home)
	online := r.Online && r.Files != nil && p.asks.question
	var urls *aiaURLs
	network, err := r.networkOf(f.Client)
	if err != nil {
		return Evidence{}, err
	}
	if p.aia.asked {
		urls = &aiaURLs{}
		if online && network != nil {
			return Evidence{}, fmt.Errorf("%w: and the AIA server is to be asked over the network", sandbox.ErrNoNetwork)
		}
		if !online {
			if urls, err = r.material.newAIAURLs(p.aia, p.pki, network.listenAIA); err != nil {
				return Evidence{}, err
			}
			defer func() { urls.close() }()
		}
	}
	shown, err := r.material.cell(p, urls)
	if err != nil {
		return Evidence{}, err
	}
	c := &cell{run: r, client: f, network: network, shown: shown, trusts: p.trust, visit: &Visit{
		BuildDir: r.buildDir(f.Client), Home: home, Host: r.Host, CAFile: filepath.Join(home, trustedFile),
		programs: f.programs, sandbox: r.sandbox,
	}}
	if p.given != nil {
		c.visit.Host = p.given.Host
	}
	if f.Needs.Port {
		held, err := port.Hold()
		if err != nil {
			return Evidence{}, err
		}
		defer func() { _ = held.Release() }()
		c.visit.Listen = held.Number
	}
	if p.before != nil {
		before, err := c.attempt(ctx, *p.before)
		if err != nil {
			return Evidence{}, err
		}
		before.Scenario = ScenarioSecondLoad() // that is what it was
		if o := Judge(before); o.Verdict != verdict.VerdictCompleted {
			return Evidence{}, fmt.Errorf("%w: %s, %s", errNotWarm, o.Verdict, o.Reason())
		}
	}
	c.urls, c.answers = urls, p.aia
	e, err = c.attempt(ctx, p.server)
	e.Scenario, e.Online = s, online
	if err == nil && r.Keep != "" {
		err = keep(r.Keep, f, c.visit, e, shown)
	}
	return e, err
}

// cell is one client in front of what is presented to it.
type cell struct {
	run     *run
	client  *Found
	network *ownNetwork // nil: this machine's
	visit   *Visit
	shown   *presented
	trusts  trustKind
	urls    *aiaURLs // nil without AIA URLs
	answers aiaKind
}

// server is what a cell's client connects to.
type server interface {
	Addr() net.Addr
	Close() error
}

// attempt lets the client visit one server.
func (c *cell) attempt(ctx context.Context, serves serverKind) (Evidence, error) {
	f, v := c.client, c.visit
	e := Evidence{Words: f.Known.Words, Silent: f.Known.Silent, Nonce: token(), Path: cmp.Or(f.Path, "/") + token()}
	creds, err := c.run.material.assemble(serves, c.trusts, c.shown)
	if err != nil {
		return Evidence{}, err
	}
	watch := &watcher{}
	server, err := c.start(ctx, serves, creds, e.Nonce, watch)
	if err != nil {
		return Evidence{}, err
	}
	defer server.Close()
	v.Port, v.Path = server.Addr().(*net.TCPAddr).Port, e.Path
	v.Roots, v.Pinned, v.Store = creds.roots, creds.pinned, creds.store
	needsHosts, err := c.reachIssuers(ctx)
	if err != nil {
		return Evidence{}, err
	}
	if e.Result, err = c.runClient(ctx, f, v, needsHosts || f.Isolation.HostsFile); err != nil {
		return Evidence{}, err
	}
	settle(server)
	_ = server.Close() // the events of all connections are there after this
	for i := range watch.events {
		watch.tap.Complete(&watch.events[i])
	}
	e.Events, e.Resets = watch.events, watch.resets
	if !serves.hidden {
		e.Served = creds.served(c.shown)
	}
	if c.urls != nil && c.urls.server != nil {
		e.Fetches = c.urls.server.Fetches()
	}
	return e, nil
}

// reachIssuers publishes the issuers and tells the client how to reach them. needsHosts says that
// it needs a hosts file for that.
func (c *cell) reachIssuers(ctx context.Context) (needsHosts bool, err error) {
	if c.urls == nil {
		return false, nil
	}
	list, err := c.urls.publish(c.answers, c.shown)
	if err != nil {
		return false, err
	}
	direct, err := c.urls.reach(ctx, c.visit, list)
	if err != nil {
		return false, err
	}
	if c.client.Isolation.AIAHostsFile && !direct {
		return false, errNoProxy
	}
	return c.client.Isolation.AIAHostsFile, nil
}

// settled is how long a server may take to read what a client said last.
const settled = 200 * time.Millisecond

// settle waits until a server has no connection left, or long enough.
func settle(s server) {
	busy, ok := s.(interface{ busy() bool })
	for end := time.Now().Add(settled); ok && busy.busy() && time.Now().Before(end); {
		time.Sleep(settled / 100)
	}
}

// runClient prepares the client's trust and runs it.
func (c *cell) runClient(ctx context.Context, f *Found, v *Visit, needsHosts bool) (sandbox.Result, error) {
	if err := os.WriteFile(v.CAFile, certs.EncodePEM(v.Trusted()...), 0o644); err != nil {
		return sandbox.Result{}, err
	}
	if f.Prepare != nil {
		if err := f.Prepare(ctx, v); err != nil {
			return sandbox.Result{}, fmt.Errorf("preparing %s: %w", f.Name, err)
		}
	}
	if f.Dial != nil {
		return dial(ctx, f.Client, v)
	}
	command := f.Command(v)
	spec := sandbox.Command{
		Args: command.Args, Env: command.Env, Home: v.Home, Stdin: []byte(command.Stdin), NotRoot: f.Isolation.NotRoot,
		Reap: f.Known.Browser, Network: c.network.sandboxed(),
	}
	if needsHosts {
		spec.Hosts = v.Hosts()
	}
	spec.Mounts = f.Isolation.mounts(v)
	return c.run.sandbox.Run(ctx, spec)
}

// trustedFile is the name of Visit.CAFile in the cell's home.
const trustedFile = "trusted.pem"

// cellConnections is how many connections the camera of a cell serves at a time:
// browsers open spare ones and say nothing on them.
const cellConnections = 8

// watcher collects what a server reports.
type watcher struct {
	tap verdict.Tap

	mu     sync.Mutex
	events []trace.Event
	resets int
}

func (w *watcher) event(e trace.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// behindGateway keeps what the gateway asked for, and nothing of its handshake, which says nothing
// of the client.
func (w *watcher) behindGateway(e trace.Event) {
	e.ClientHello, e.Chosen, e.Alerts = nil, nil, nil
	w.event(e)
}

func (w *watcher) reset(net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resets++
}

// dial runs a client that is no program but a function of this process.
func dial(ctx context.Context, c *Client, v *Visit) (sandbox.Result, error) {
	started := time.Now()
	page, err := c.Dial(ctx, v)
	r := sandbox.Result{
		Stdout: page, Duration: time.Since(started),
		TimedOut: err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded),
	}
	if err != nil {
		r.ExitCode, r.Stderr = 1, []byte(err.Error()+"\n")
	}
	return r, nil
}
