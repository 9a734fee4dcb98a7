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
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// errNoProxy is why a client's AIA downloads cannot be answered on this machine.
var errNoProxy = errors.New("this client takes no proxy, so AIA URLs on the ports of the user's leaf cannot be answered for it")

// errNotApplicable is why a scenario is left out for a client.
var errNotApplicable = errors.New("does not apply")

// errNotWarm is why nothing can be said of a second visit.
var errNotWarm = errors.New("the visit before, to a server that sends the whole chain, did not complete")

// visit sets one cell up, runs the client in it and returns what both ends tell.
func (r *run) visit(ctx context.Context, f *Found, s Scenario) (e Evidence, err error) {
	// Short, because some clients put Unix sockets there, whose paths are limited.
	home, err := os.MkdirTemp(r.home, "c")
	if err != nil {
		return Evidence{}, err
	}
	defer os.RemoveAll(home)
	online := r.Online && r.Files != nil && s.Role == RoleQuestion
	var urls *aiaURLs
	if s.AIA != AIAAbsent {
		urls = &aiaURLs{}
		if !online {
			if urls, err = r.material.newAIAURLs(s); err != nil {
				return Evidence{}, err
			}
			defer func() { urls.close() }()
		}
	}
	shown, err := r.material.cell(s, urls)
	if err != nil {
		return Evidence{}, err
	}
	v := &Visit{
		BuildDir: r.buildDir(f.Client), Home: home, Host: r.Host, CAFile: filepath.Join(home, trustedFile),
		programs: f.programs, sandbox: r.sandbox,
	}
	if s.Warm {
		warm := s
		warm.Server, warm.Warm = ServeSecondLoad, false
		before, err := r.attempt(ctx, f, warm, v, shown, nil)
		if err != nil {
			return Evidence{}, err
		}
		if o := Judge(before); o.Verdict != Completed {
			return Evidence{}, fmt.Errorf("%w: %s, %s", errNotWarm, o.Verdict, o.Cause)
		}
	}
	e, err = r.attempt(ctx, f, s, v, shown, urls)
	e.Online = online
	if err == nil && r.Keep != "" {
		err = keep(r.Keep, f, v, e, shown)
	}
	return e, err
}

// server is what a cell's client connects to.
type server interface {
	Addr() net.Addr
	Close() error
}

// attempt lets the client visit one server.
func (r *run) attempt(ctx context.Context, f *Found, s Scenario, v *Visit, shown *presented, urls *aiaURLs) (Evidence, error) {
	e := Evidence{Scenario: s, Silent: f.Silent, Nonce: token(), Path: cmp.Or(f.Path, "/") + token()}
	creds, err := r.material.assemble(s, shown)
	if err != nil {
		return Evidence{}, err
	}
	watch := &watcher{}
	server, err := r.start(ctx, f, s, creds, e.Nonce, watch)
	if err != nil {
		return Evidence{}, err
	}
	defer server.Close()
	v.Port, v.Path = server.Addr().(*net.TCPAddr).Port, e.Path
	v.Roots, v.Pinned, v.Store = creds.roots, creds.pinned, creds.store
	needsHosts := f.HostsFile
	if urls != nil {
		list, err := urls.publish(s, shown)
		if err != nil {
			return Evidence{}, err
		}
		direct, err := urls.reach(ctx, v, list)
		if err != nil {
			return Evidence{}, err
		}
		if f.AIAHostsFile && !direct {
			return Evidence{}, errNoProxy
		}
		needsHosts = needsHosts || f.AIAHostsFile
	}
	if e.Result, err = r.runClient(ctx, f, v, needsHosts); err != nil {
		return Evidence{}, err
	}
	settle(server)
	_ = server.Close() // the events of all connections are there after this
	for i := range watch.events {
		watch.tap.Complete(&watch.events[i])
	}
	e.Events, e.Resets = watch.events, watch.resets
	e.Served = creds.served(shown)
	if urls != nil && urls.server != nil {
		e.Fetches = urls.server.Fetches()
	}
	return e, nil
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

// start starts the cell's server.
func (r *run) start(ctx context.Context, f *Found, s Scenario, creds *credentials, nonce string, watch *watcher) (server, error) {
	page := "leafcam " + nonce + "\n"
	config := device.CameraConfig{Context: creds.context, Script: device.Hello(page), Tap: watch.tap.Conn, OnEvent: watch.event, OnReset: watch.reset, Connections: cellConnections}
	if f.Script != nil {
		config.Script = f.Script(nonce)
	}
	if s.Server == ServeGateway {
		if f.Protocol != "" {
			return nil, fmt.Errorf("%w: the gateway speaks HTTP, and the client %s", errNotApplicable, f.Protocol)
		}
		config.OnEvent = watch.behindGateway
		return r.startFront(ctx, creds, config)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(r.Listen, "0"))
	if err != nil {
		return nil, err
	}
	if s.Server == ServeFullChain {
		if f.Script != nil {
			_ = l.Close()
			return nil, fmt.Errorf("%w: the other server speaks nothing but HTTP pages", errNotApplicable)
		}
		return StartFullChain(l, FullChainConfig{TLS: creds.config, Page: page, OnEvent: watch.event}), nil
	}
	if s.Server == ServeOneByOne {
		config.Connections = 1
	}
	return serveCamera(l, config), nil
}

// camera is a camera on a listener of its own.
type camera struct {
	*device.Camera
	listener net.Listener
	done     chan struct{}
}

func serveCamera(l net.Listener, config device.CameraConfig) *camera {
	c := &camera{device.NewCamera(config), l, make(chan struct{})}
	go func() {
		_ = c.Serve(l)
		close(c.done)
	}()
	return c
}

func (c *camera) busy() bool {
	serving, waiting, _ := c.Connections()
	return serving+waiting > 0
}

func (c *camera) Addr() net.Addr { return c.listener.Addr() }

func (c *camera) Close() error {
	err := c.Camera.Close()
	_ = c.listener.Close() // when it was closed before it served
	<-c.done
	return err
}

// runClient prepares the client's trust and runs it.
func (r *run) runClient(ctx context.Context, f *Found, v *Visit, needsHosts bool) (sandbox.Result, error) {
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
	c := f.Command(v)
	spec := sandbox.Command{Args: c.Args, Env: c.Env, Home: v.Home, Stdin: []byte(c.Stdin), NotRoot: f.NotRoot}
	if needsHosts {
		spec.Hosts = v.Hosts()
	}
	for target, name := range f.Mounts {
		if spec.Mounts == nil {
			spec.Mounts = map[string]string{}
		}
		spec.Mounts[target] = v.File(name)
	}
	return r.sandbox.Run(ctx, spec)
}

// trustedFile is the name of Visit.CAFile in the cell's home.
const trustedFile = "trusted.pem"

// SystemBundle mounts Visit.CAFile in the place of the CA bundle of Debian's programs.
var SystemBundle = map[string]string{sandbox.SystemBundle: trustedFile}

// cellConnections is how many connections the camera of a cell serves at a time:
// browsers open spare ones and say nothing on them.
const cellConnections = 8

// watcher collects what a server reports.
type watcher struct {
	tap Tap

	mu     sync.Mutex
	events []device.Event
	resets int
}

func (w *watcher) event(e device.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// behindGateway keeps what the gateway asked for, and nothing of its handshake, which says nothing
// of the client.
func (w *watcher) behindGateway(e device.Event) {
	e.ClientHello, e.Chosen, e.Alerts = nil, nil, nil
	w.event(e)
}

func (w *watcher) reset(net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resets++
}
