package gateway_test

import (
	"context"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/internal/port"
	"github.com/leafcam/leafcam/internal/program"
)

// What all gateways are given alike.
const (
	peerAnswer = 3 * time.Second // for the camera to answer
	peerBody   = 1 << 20         // octets of a request's body
)

// A peer is a gateway that stands in front of a camera.
type peer struct {
	name    string
	ours    bool
	config  string   // a file of examples/gateway
	args    []string // behind the program's name
	changes []string // of the file: old, new, ...
	stop    os.Signal
}

var peers = []peer{
	{name: "leafcam", ours: true},
	{
		name: "nginx", config: "nginx.conf", stop: os.Interrupt,
		args: []string{"-p", ".", "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"},
		changes: []string{
			"worker_processes auto", "worker_processes 1", "proxy_read_timeout    60s", "proxy_read_timeout 1s",
			// In memory, so that nothing is written.
			"client_max_body_size 1m;", "client_max_body_size 1m; client_body_buffer_size 2m;",
		},
	},
	{
		name: "caddy", config: "Caddyfile", stop: os.Kill, // it waits for its viewers otherwise
		args: []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"},
		changes: []string{
			"\treverse_proxy", "\trequest_body {\n\t\tmax_size 1MiB\n\t}\n\treverse_proxy",
			"dial_timeout 10s", "dial_timeout 10s\n\t\t\tresponse_header_timeout 1s",
		},
	},
}

// A front is a peer that runs.
type front struct {
	address  string
	roots    *x509.CertPool
	camera   *recorder
	patience time.Duration
	ours     *site // nil for another program's
}

// start starts a camera, and the peer in front of it.
func (p peer) start(t *testing.T) *front {
	path := ""
	if !p.ours {
		path = program.Need(t, p.name, p.name)
	}
	s, c := prepare(t)
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	require.NoError(t, err)
	f := &front{roots: s.roots, camera: newRecorder(t, id), patience: peerLimit}
	if p.ours {
		c.Pin, c.Camera = gateway.NewPin(id.Certificate, false), f.camera.address
		c.Answer, c.Queue, c.Patience, c.MaxBody = peerAnswer, peerPatience, peerAnswer, peerBody
		s.serve(c)
		f.address, f.patience, f.ours = strings.TrimPrefix(s.url, "https://"), peerPatience, s
		return f
	}
	held := program.Port(t)
	f.address = held.Address()
	config, err := os.ReadFile(filepath.Join("..", "..", "examples", "gateway", p.config))
	require.NoError(t, err)
	text := string(config)
	for i := 0; i < len(p.changes); i += 2 {
		require.Contains(t, text, p.changes[i])
	}
	changes := append([]string{"8443", held.String(), "127.0.0.1:9443", f.camera.address}, p.changes...)
	text = strings.NewReplacer(changes...).Replace(text)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, p.config), []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "camera.pem"), certs.EncodePEM(id.Certificate), 0o600))
	p.run(t, path, s.dir, held.Number)
	return f
}

// run runs a program in a folder until the test ends.
func (p peer) run(t *testing.T, path, dir string, number int) {
	cmd := exec.Command(path, p.args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	said := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, said, peerPatience
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(p.stop)
		timer := time.AfterFunc(peerPatience, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, said)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), peerPatience)
	defer cancel()
	require.NoError(t, port.AwaitTLS(ctx, "127.0.0.1", number), "%s", said)
}
