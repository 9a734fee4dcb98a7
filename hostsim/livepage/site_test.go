package livepage_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/livepage"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a camera with its page, and what clients need to visit it.
type site struct {
	t       *testing.T
	stage   *stage.Stage
	journal *livepage.Journal
	page    *livepage.Page
	url     string // of the page, without the slash at its end
	port    int    // of the camera
	root    string // PEM file
	key     []byte

	mu    sync.Mutex
	ended map[string]time.Time // when a sentence was first known
}

// newSite starts a camera with a leaf whose AIA URL answers.
func newSite(t *testing.T, script device.Script) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return newSiteOn(t, l, script)
}

func newSiteOn(t *testing.T, l net.Listener, script device.Script) *site {
	t.Helper()
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	issuers, err := aia.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, issuers.Close()) })
	issuer := "http://" + issuers.Addr() + "/issuer"
	require.NoError(t, issuers.Publish(issuer, aia.Answer{Body: pki.Chain()[0].Raw}))
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{hostsim.DefaultHost}, AIA: issuer})
	require.NoError(t, err)
	s := newSiteWith(t, l, script, leaf.DER(), leaf.KeyDER(), append(pki.Chain(), pki.Root.Certificate))
	modes, first := s.stage.Modes()
	require.Zero(t, first)
	for _, m := range modes {
		require.Empty(t, m.Without, m.Title)
	}
	return s
}

// newSiteWith starts a camera with any leaf, and the rest of its chain, the root last.
func newSiteWith(t *testing.T, l net.Listener, script device.Script, leaf, key []byte, known []*x509.Certificate) *site {
	t.Helper()
	s := &site{t: t, journal: livepage.NewJournal(), root: filepath.Join(t.TempDir(), "root.pem"), key: key, ended: map[string]time.Time{}}
	require.NoError(t, os.WriteFile(s.root, certs.EncodePEM(known[len(known)-1]), 0o644))
	material := stage.Material{
		NewContext: func() (*device.SSLContext, error) { return device.NewSSLContext(device.OpenMV50), nil },
		Key:        key, Known: known,
	}
	material.Given, _ = material.NewContext()
	require.NoError(t, material.Given.LoadCertChain(leaf, key))
	modes, first, err := material.Modes()
	require.NoError(t, err)
	host := ""
	if names := modes[0].Served.Leaf().DNSNames; len(names) > 0 {
		host = names[0]
	}
	if address, ok := l.Addr().(*net.TCPAddr); ok {
		s.port = address.Port
	}
	s.stage = stage.New(l, stage.Config{
		Modes: modes, First: first, Camera: device.CameraConfig{Script: script},
		Page: "full chain\n", Observers: []stage.Observer{s.journal, s},
	})
	pageListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + pageListener.Addr().String()
	s.page = livepage.NewPage(s.stage, s.journal, pageListener.Addr(), livepage.Options{
		Host: host, Firmware: "openmv-5.0",
		Versions: "MicroPython 1.28.0, Mbed TLS 3.6.2", Script: script.Name, Key: "EC secp256r1",
	})
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.stage.Serve() }) // until it is closed
	serving.Go(func() { _ = s.page.Serve(ctx, pageListener) })
	t.Cleanup(func() {
		cancel()
		require.NoError(t, s.stage.Close())
		serving.Wait()
	})
	return s
}

// The site is an observer, too: it remembers when something was known.
func (s *site) Progress(_ int, _ trace.Event, v verdict.Sighting) { s.know(v) }
func (s *site) Ended(_ int, _ trace.Event, v verdict.Sighting)    { s.know(v) }
func (s *site) Reset(int, net.Addr)                               {}
func (s *site) Stalled(int, net.Addr)                             {}

func (s *site) know(v verdict.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.ended[v.Sentence]; !known {
		s.ended[v.Sentence] = time.Now()
	}
}

// known returns when a sentence was first known.
func (s *site) known(sentence string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended[sentence]
}

// client is a real client that visits the camera.
type client struct {
	tool, packages string
	args           func(s *site) []string
	stdin          string
}

var (
	strict = client{"curl", "curl", func(s *site) []string {
		return []string{
			"-sS", "--cacert", s.root, "--resolve", fmt.Sprintf("cam.example.com:%d:127.0.0.1", s.port),
			fmt.Sprintf("https://cam.example.com:%d/snapshot.jpg", s.port),
		}
	}, ""}
	fetching = client{"gnutls-cli", "gnutls-bin", func(s *site) []string {
		return []string{
			"--ca-auto-retrieve", "--x509cafile", s.root, "--sni-hostname", "cam.example.com",
			"--verify-hostname", "cam.example.com", "-p", fmt.Sprint(s.port), "127.0.0.1",
		}
	}, "GET /snapshot.jpg HTTP/1.0\r\nUser-Agent: gnutls-cli\r\n\r\n"}
	// aborting closes in the middle of the handshake, without an alert.
	aborting = client{"/usr/bin/python3", "python3-aiohttp", func(s *site) []string {
		return []string{"-c", fmt.Sprintf(`import asyncio, aiohttp, ssl
async def main():
    async with aiohttp.ClientSession() as session:
        await session.get("https://127.0.0.1:%d/", ssl=ssl.create_default_context(cafile=%q), headers={"Host": "cam.example.com"})
asyncio.run(main())`, s.port, s.root)}
	}, ""}
	plain = client{"curl", "curl", func(s *site) []string {
		return []string{"-sS", "--max-time", "5", fmt.Sprintf("http://127.0.0.1:%d/", s.port)}
	}, ""}
	blind = client{"curl", "curl", func(s *site) []string { return append([]string{"-k"}, strict.args(s)...) }, ""}
)

// need skips a test whose client is not here.
func (s *site) need(t *testing.T, c client) {
	t.Helper()
	program.Need(t, c.tool, c.packages)
}

// run lets a client visit the camera and returns what it says.
func (s *site) run(t *testing.T, c client) string {
	cmd := exec.CommandContext(t.Context(), c.tool, c.args(s)...)
	cmd.Stdin = strings.NewReader(c.stdin)
	out, err := cmd.CombinedOutput()
	return fmt.Sprintf("%s: %v: %.300q", filepath.Base(c.tool), err, out)
}

// visit is run with a note of what the client says.
func (s *site) visit(t *testing.T, c client) {
	t.Helper()
	s.need(t, c)
	t.Log(s.run(t, c))
}
