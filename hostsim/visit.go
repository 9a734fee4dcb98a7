package hostsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// errNoProxy is why a client's AIA downloads cannot be answered on this machine.
var errNoProxy = errors.New("this client takes no proxy, so AIA URLs on the ports of the user's leaf cannot be answered for it")

// visit sets one cell up, runs the client in it and returns what both ends tell.
func (r *run) visit(ctx context.Context, f *Found, s Scenario) (Evidence, error) {
	// Short, because some clients put Unix sockets there, whose paths are limited.
	home, err := os.MkdirTemp(r.home, "c")
	if err != nil {
		return Evidence{}, err
	}
	defer os.RemoveAll(home)
	e := Evidence{Scenario: s, Online: r.Online && r.Files != nil, Nonce: token(), Path: "/" + token()}

	var server *aia.Server
	if s.Leaf == LeafAIA && !e.Online {
		if server, err = aia.Start(); err != nil {
			return Evidence{}, err
		}
		defer server.Close()
	}
	creds, err := r.material.cell(s, server)
	if err != nil {
		return Evidence{}, err
	}
	watch := &watcher{}
	camera, err := device.Start(device.CameraConfig{
		Context: creds.context, Script: device.Hello("leafcam " + e.Nonce + "\n"), Connections: cellConnections,
		OnEvent: watch.event, OnReset: watch.reset,
	})
	if err != nil {
		return Evidence{}, err
	}
	defer camera.Close()

	v := &Visit{
		BuildDir: r.buildDir(f.Client), Home: home, Host: r.Host, Port: camera.Addr().(*net.TCPAddr).Port, Path: e.Path,
		CAFile: filepath.Join(home, "trusted.pem"), Roots: creds.roots, Pinned: creds.pinned, Store: creds.store,
		programs: f.programs, sandbox: r.sandbox,
	}
	needsHosts := f.HostsFile
	if s.Leaf == LeafAIA {
		direct, err := creds.reachAIA(ctx, v, server)
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
	camera.Close() // the events of all connections are there after this
	e.Events, e.Resets = watch.events, watch.resets
	if server != nil {
		e.Fetches = server.Fetches()
	}
	return e, nil
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
	c := f.Command(v)
	spec := sandbox.Command{Args: c.Args, Env: c.Env, Home: v.Home, Stdin: []byte(c.Stdin)}
	if needsHosts {
		spec.Hosts = v.Hosts()
	}
	return r.sandbox.Run(ctx, spec)
}

// cellConnections is how many connections the camera of a cell serves at a time:
// browsers open spare ones and say nothing on them.
const cellConnections = 8

// watcher collects what a camera reports.
type watcher struct {
	mu     sync.Mutex
	events []device.Event
	resets int
}

func (w *watcher) event(e device.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *watcher) reset(net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resets++
}
