package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/port"
)

// A program is somebody else's gateway, with the file of this folder.
type program struct {
	name, pkg, config string
	args              []string // after -f's like
	// takes tells how the program wants the files called, by the names in the configuration.
	takes map[string]string
	// refused is what it answers when the camera has another certificate.
	refused int
}

var programs = []program{
	{"nginx", "nginx", "nginx.conf", []string{"-p", ".", "-c", "nginx.conf", "-g", "daemon off;"}, nil, http.StatusBadGateway},
	{
		"haproxy", "haproxy", "haproxy.cfg", []string{"-f", "haproxy.cfg"},
		map[string]string{"privkey.pem": "fullchain.pem.key"}, http.StatusServiceUnavailable,
	},
	{"caddy", "caddy", "Caddyfile", []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"}, nil, http.StatusBadGateway},
}

// path finds the program, or skips the test.
func (p program) path(t *testing.T) string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin") {
		if path := filepath.Join(dir, p.name); exec.Command("test", "-x", path).Run() == nil {
			return path
		}
	}
	t.Skipf("%s is not installed: apt-get install %s", p.name, p.pkg)
	return ""
}

// front starts the program with the file of this folder, in which only the two ports are others.
func (p program) front(t *testing.T, path string) hostsim.Front {
	config, err := os.ReadFile(p.config)
	require.NoError(t, err)
	return func(ctx context.Context, f hostsim.FrontConfig) (number int, stop func(), err error) {
		for path, name := range map[string]string{f.FullChain: "fullchain.pem", f.Key: "privkey.pem", f.CameraCert: "camera.pem"} {
			if renamed, ok := p.takes[name]; ok {
				name = renamed
			}
			data, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(filepath.Join(f.Dir, name), data, 0o644)
			}
			if err != nil {
				return 0, nil, err
			}
		}
		held, err := port.Hold()
		if err != nil {
			return 0, nil, err
		}
		t.Cleanup(func() { _ = held.Release() })
		number = held.Number
		text := strings.NewReplacer("8443", strconv.Itoa(number), "127.0.0.1:9443", f.Camera).Replace(string(config))
		if err := os.WriteFile(filepath.Join(f.Dir, p.config), []byte(text), 0o644); err != nil {
			return 0, nil, err
		}
		_ = os.Chmod(f.Dir, 0o755) // nginx's workers are somebody else's
		cmd := exec.Command(path, p.args...)
		cmd.Dir, cmd.Env = f.Dir, append(os.Environ(), "HOME="+f.Dir, "XDG_DATA_HOME="+f.Dir, "XDG_CONFIG_HOME="+f.Dir)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, 5*time.Second
		if err := cmd.Start(); err != nil {
			return 0, nil, err
		}
		stop = func() {
			_ = cmd.Process.Signal(os.Interrupt)
			timer := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
			_ = cmd.Wait()
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := port.AwaitTLS(ctx, "127.0.0.1", number); err != nil {
			stop()
			return 0, nil, fmt.Errorf("%s: %w\n%s", p.name, err, said.String())
		}
		return number, stop, nil
	}
}

// unable are clients that cannot complete at all, with the reason.
var unable = map[string]string{
	"telnet-ssl": "takes the session tickets of TLS 1.3 for the end of the connection",
}

// tries is how often a client is run that came to no verdict: a busy machine may have kept it from the camera.
const tries = 3

// requireAll requires that every client that verifies completes.
func requireAll(t *testing.T, front hostsim.Front, list []*hostsim.Client, builds string) {
	list = slices.DeleteFunc(slices.Clone(list), func(c *hostsim.Client) bool { return unable[c.Name] != "" })
	completed := 0
	for try := 1; len(list) > 0; try++ {
		m, err := hostsim.Runner{
			Clients:   list,
			Scenarios: []hostsim.Scenario{hostsim.ScenarioGateway()},
			Front:     front, NoControls: true, Builds: builds,
		}.Run(t.Context())
		require.NoError(t, err)
		again := map[string]bool{}
		for _, r := range m.Rows {
			c := r.Cell(hostsim.ScenarioGateway().Name)
			if !r.Installed || c.Verdict == verdict.VerdictNotApplicable {
				continue
			}
			if c.Verdict == verdict.VerdictHarnessError && try < tries {
				t.Logf("%s is run again: %s", r.Client, c.Reason())
				again[r.Client] = true
				continue
			}
			require.Equal(t, verdict.VerdictCompleted, c.Verdict, "%s: %s %s\n%s\n%s", r.Client, c.Reason(), c.Message, c.Stdout, c.Stderr)
			completed++
		}
		list = slices.DeleteFunc(list, func(c *hostsim.Client) bool { return !again[c.Name] })
	}
	t.Logf("%d clients completed", completed)
	require.Positive(t, completed)
}

// TestRealClients runs one client of each family through leafcam's own gateway, and through the
// others with the files of this folder; make forecasts has all clients. That every client takes a
// full chain is shown by the standard set.
func TestRealClients(t *testing.T) {
	list := clients.All()
	if os.Getenv("LEAFCAM_EVERY_CLIENT") == "" {
		list = clients.OnePerFamily(list)
	}
	builds := t.TempDir()
	t.Run("leafcam", func(t *testing.T) { requireAll(t, nil, list, builds) })
	_, list = clients.Browsers(list) // which take the longest
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) { requireAll(t, p.front(t, p.path(t)), list, builds) })
	}
}

// site is a camera with pictures behind a program.
type site struct {
	url   string
	roots *x509.CertPool
	self  *certs.Identity
}

// start starts a camera and the program; with a stranger, the program pins another certificate.
func start(t *testing.T, front hostsim.Front, stranger bool) *site {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	self, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	require.NoError(t, err)
	pinned := self
	if stranger {
		pinned, err = certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
		require.NoError(t, err)
	}
	context := device.NewSSLContext(device.OpenMV50)
	require.NoError(t, context.LoadCertChain(self.DER(), self.KeyDER()))
	camera, err := device.Start(device.CameraConfig{Context: context, Script: device.Snapshot()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = camera.Close() })
	dir := t.TempDir()
	c := hostsim.FrontConfig{
		Dir: dir, Listen: "127.0.0.1", FullChain: filepath.Join(dir, "f"), Key: filepath.Join(dir, "k"),
		CameraCert: filepath.Join(dir, "c"), Camera: camera.Addr().String(),
	}
	require.NoError(t, os.WriteFile(c.FullChain, append(certs.EncodePEM(leaf.Certificate), certs.EncodePEM(pki.Chain()...)...), 0o600))
	require.NoError(t, os.WriteFile(c.Key, leaf.EncodeKeyPEM(), 0o600))
	require.NoError(t, os.WriteFile(c.CameraCert, certs.EncodePEM(pinned.Certificate), 0o600))
	port, stop, err := front(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(stop)
	s := &site{fmt.Sprintf("https://127.0.0.1:%d", port), x509.NewCertPool(), self}
	s.roots.AddCert(pki.Root.Certificate)
	return s
}

func (s *site) get(t *testing.T, path string) *http.Response {
	client := &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots, ServerName: "cam.example.com"}, DisableKeepAlives: true},
	}
	response, err := client.Get(s.url + path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// TestRealGateways looks at what the clients of the matrix do not: who is seen, what a foreign
// camera leads to, and that streams flow.
func TestRealGateways(t *testing.T) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			front := p.front(t, p.path(t))
			s := start(t, front, false)
			response := s.get(t, "/")
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Len(t, response.TLS.PeerCertificates, 2, "the full chain")
			for _, c := range response.TLS.PeerCertificates {
				require.False(t, c.Equal(s.self.Certificate), "the camera's certificate is seen outside")
			}
			stream := s.get(t, "/stream.jpg")
			began := time.Now()
			frames := make([]byte, 100<<10)
			_, err := io.ReadFull(stream.Body, frames)
			require.NoError(t, err)
			require.Less(t, time.Since(began), 15*time.Second)
			require.Contains(t, string(frames), "Content-Type: image/jpeg")

			require.Equal(t, p.refused, start(t, front, true).get(t, "/").StatusCode, "another certificate than the pinned one")
		})
	}
}

func TestRealRun(t *testing.T) {
	list, err := hostsim.ClientsByName([]string{"curl", "python", "go"}, clients.All())
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, list), out.String())
	require.Contains(t, out.String(), "gateway")
}
