// Package pebble runs Pebble, the test CA of Let's Encrypt, with its challenge server, for the examples that get
// certificates from it.
package pebble

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/port"
)

// A CA is a running Pebble with its challenge server, all on 127.0.0.1.
type CA struct {
	tools string // folder of the programs
	// Dir is the folder that it keeps its files in.
	Dir   string
	links int
	// File is a file with the certificate of Pebble's API, in PEM: ACME clients have to trust it.
	File   string
	client *http.Client
	// Directory is the URL of the ACME directory.
	Directory  string
	management string // base URL of Pebble's management interface
	// Challenges is the base URL of the challenge server's management interface.
	Challenges string
	// HTTPPort is where Pebble looks for HTTP-01 answers.
	HTTPPort int
	ports    []*port.Held
	cancel   context.CancelFunc
	programs []*exec.Cmd
	log      *os.File
}

// Start starts Pebble, with so many intermediates between leaf and root, and its challenge server.
func Start(ctx context.Context, tools, dir string, links int) (*CA, error) {
	ports, err := holdPorts(5)
	if err != nil {
		return nil, err
	}
	api, management, dns, challenges := ports[0].Number, ports[1].Number, ports[2].Number, ports[3].Number
	a := &CA{
		tools: tools, Dir: dir, links: links, ports: ports,
		File:      filepath.Join(dir, "api.cert.pem"),
		Directory: fmt.Sprintf("https://127.0.0.1:%d/dir", api), management: fmt.Sprintf("https://127.0.0.1:%d", management),
		Challenges: fmt.Sprintf("http://127.0.0.1:%d", challenges),
		HTTPPort:   ports[4].Number,
	}
	if err := a.writeConfig(api, management); err != nil {
		return nil, err
	}
	if a.log, err = os.Create(filepath.Join(dir, "pebble.log")); err != nil {
		return nil, err
	}
	ctx, a.cancel = context.WithCancel(ctx)
	address := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	err = a.start(ctx, "pebble-challtestsrv", "-dnsserver", address(dns), "-management", address(challenges),
		"-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "")
	if err == nil {
		err = a.start(ctx, "pebble", "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", address(dns))
	}
	if err == nil {
		err = a.await(ctx)
	}
	if err != nil {
		a.Stop()
		return nil, err
	}
	return a, nil
}

// Build builds Pebble and its challenge server, as the nested module of examples/letsencrypt pins them, in a folder.
func Build(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator),
		"github.com/letsencrypt/pebble/v2/cmd/pebble", "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv")
	source, err := toolsModule()
	if err != nil {
		return err
	}
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building Pebble in %s: %w\n%s", source, err, out)
	}
	return nil
}

// toolsModule finds the nested module, wherever in the project this runs.
func toolsModule() (string, error) {
	dir := "."
	for range 4 {
		module := filepath.Join(dir, "examples", "letsencrypt", "tools")
		if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
			return module, nil
		}
		dir = filepath.Join(dir, "..")
	}
	return "", errors.New("run this in the project's folder: go run ./examples/letsencrypt")
}

// Said returns what Pebble has logged.
func (a *CA) Said() string {
	said, err := os.ReadFile(a.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(said)
}

// holdPorts holds so many ports for programs.
func holdPorts(n int) ([]*port.Held, error) {
	var list []*port.Held
	for range n {
		held, err := port.Hold()
		if err != nil {
			return nil, err
		}
		list = append(list, held)
	}
	return list, nil
}

// writeConfig writes Pebble's configuration and the certificate of its API.
func (a *CA) writeConfig(api, management int) error {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}})
	if err != nil {
		return err
	}
	if err := delivery.WriteIdentity(id, a.Dir, "api", false); err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AddCert(id.Certificate)
	a.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
	}}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", api), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate": filepath.Join(a.Dir, "api.cert.pem"), "privateKey": filepath.Join(a.Dir, "api.key.pem"),
		"httpPort": a.HTTPPort, "tlsPort": a.HTTPPort, "keyAlgorithm": "ecdsa",
		"retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles":   map[string]any{"default": map[string]any{"description": "test", "validityPeriod": 7776000}},
	}})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.Dir, "pebble.json"), config, 0o600)
}

func (a *CA) start(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(a.tools, program), args...)
	cmd.Stdout, cmd.Stderr = a.log, a.log
	// None of the faults that Pebble otherwise plays in.
	cmd.Env = append(os.Environ(), fmt.Sprintf("PEBBLE_CHAIN_LENGTH=%d", a.links), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	if err := cmd.Start(); err != nil {
		return err
	}
	a.programs = append(a.programs, cmd)
	return nil
}

// await waits until Pebble answers.
func (a *CA) await(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		response, err := a.get(ctx, a.Directory)
		if err == nil {
			response.Body.Close()
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("no answer from Pebble: %w\n%s", err, a.Said())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (a *CA) get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return a.client.Do(request)
}

// Stop ends both.
func (a *CA) Stop() {
	a.cancel()
	for _, p := range a.programs {
		_ = p.Wait() // killed just now
	}
	a.log.Close()
	for _, held := range a.ports {
		_ = held.Release()
	}
}

// Root returns the root that Pebble made when it started.
func (a *CA) Root(ctx context.Context) (*x509.Certificate, error) {
	response, err := a.get(ctx, a.management+"/roots/0")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	list, err := certs.ParseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("the root of Pebble: %w", err)
	}
	return list[0], nil
}
