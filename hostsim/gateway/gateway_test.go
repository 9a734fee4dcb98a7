package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "cam.example.com"

// site is a camera with its self-signed certificate, and a gateway in front of it.
type site struct {
	t       testing.TB
	camera  *device.Camera
	address string // of the camera
	id      *certs.Identity
	script  device.Script
	ca      []byte // of client certificates; nil asks for none

	dir     string
	pki     *certs.PKI
	roots   *x509.CertPool
	url     string
	gateway *gateway.Gateway
	log     *lockedBuffer
	stop    func() error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newSite starts both; change may change the gateway's configuration.
func newSite(t testing.TB, script device.Script, change func(*site, *gateway.Config)) *site {
	s, c := prepare(t)
	s.script = script
	var err error
	s.id, err = certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
	require.NoError(t, err)
	c.Pin, s.address = gateway.NewPin(s.id.Certificate, false), "127.0.0.1:0"
	if change != nil {
		change(s, &c)
	}
	s.startCamera()
	t.Cleanup(func() { _ = s.camera.Close() })
	c.Camera = s.address
	s.serve(c)
	return s
}

// prepare makes what a gateway serves, and its configuration without a camera.
func prepare(t testing.TB) (*site, gateway.Config) {
	s := &site{t: t, dir: t.TempDir(), roots: x509.NewCertPool(), log: &lockedBuffer{}}
	var err error
	s.pki, err = certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	s.roots.AddCert(s.pki.Root.Certificate)
	s.certify()
	return s, gateway.Config{
		FullChain: filepath.Join(s.dir, "fullchain.pem"), Key: filepath.Join(s.dir, "privkey.pem"), Reload: 50 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
}

// serve starts the gateway.
func (s *site) serve(c gateway.Config) {
	var err error
	s.gateway, err = gateway.New(c)
	require.NoError(s.t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	s.url = "https://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.Serve(ctx, l) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	s.t.Cleanup(func() { require.NoError(s.t, s.stop()) })
}

// certify writes a new certificate for the outside.
func (s *site) certify() {
	leaf, err := s.pki.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(s.t, err)
	require.NoError(s.t, atomicfile.Replace(filepath.Join(s.dir, "fullchain.pem"),
		certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, s.pki.Chain()...)...), atomicfile.Public))
	require.NoError(s.t, atomicfile.Replace(filepath.Join(s.dir, "privkey.pem"), leaf.EncodeKeyPEM(), atomicfile.Private))
}

// startCamera starts the camera at its address.
func (s *site) startCamera() {
	c := device.NewSSLContext(device.OpenMV50)
	require.NoError(s.t, c.LoadCertChain(s.id.DER(), s.id.KeyDER()))
	if s.ca != nil {
		require.NoError(s.t, c.LoadVerifyLocations(s.ca))
		c.SetVerifyMode(device.CertRequired)
	}
	l, err := net.Listen("tcp", s.address)
	require.NoError(s.t, err)
	s.address = l.Addr().String()
	s.camera = device.NewCamera(device.CameraConfig{Context: c, Script: s.script})
	camera := s.camera
	go func() { _ = camera.Serve(l) }()
}

func (s *site) client(change func(*tls.Config)) *http.Client {
	config := &tls.Config{RootCAs: s.roots, ServerName: host}
	if change != nil {
		change(config)
	}
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		Timeout:   20 * time.Second,
	}
}

func (s *site) get(client *http.Client, path string) (*http.Response, string) {
	response, err := client.Get(s.url + path)
	require.NoError(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response, string(body)
}

func TestPages(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	for name, c := range map[string]struct {
		change func(*tls.Config)
		proto  string
		tls    uint16
	}{
		"HTTP/2 over TLS 1.3": {nil, "HTTP/2.0", tls.VersionTLS13},
		"HTTP/2 over TLS 1.2": {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, "HTTP/2.0", tls.VersionTLS12},
		"HTTP/1.1 over TLS 1.2": {
			func(c *tls.Config) { c.MaxVersion, c.NextProtos = tls.VersionTLS12, []string{"http/1.1"} },
			"HTTP/1.1", tls.VersionTLS12,
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := s.client(c.change)
			if c.proto == "HTTP/1.1" {
				client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
			}
			response, body := s.get(client, "/")
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, c.proto, response.Proto)
			require.Equal(t, c.tls, response.TLS.Version)
			require.Len(t, response.TLS.PeerCertificates, 2, "the full chain")
			require.Contains(t, body, "OpenMV camera")
		})
	}
	response, _ := s.get(s.client(nil), "/snapshot.jpg")
	require.Equal(t, "image/jpeg", response.Header.Get("Content-Type"))
	response, _ = s.get(s.client(nil), "/none")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 5*time.Second, 10*time.Millisecond)
	require.Contains(t, s.log.String(), "msg=request")
}

// viewing reads frames of the stream until it ends.
type viewing struct {
	frames chan []byte
	ended  chan error
	cancel context.CancelFunc
}

func (s *site) view(client *http.Client) *viewing {
	ctx, cancel := context.WithCancel(context.Background())
	v := &viewing{make(chan []byte, 1000), make(chan error, 1), cancel}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/stream.jpg", nil)
	require.NoError(s.t, err)
	client.Timeout = 0
	go func() {
		v.ended <- func() error {
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return errors.New(response.Status)
			}
			_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
			if err != nil {
				return err
			}
			parts := multipart.NewReader(response.Body, parameters["boundary"])
			for {
				part, err := parts.NextPart()
				if err != nil {
					return err
				}
				frame, err := io.ReadAll(part)
				if err != nil {
					return err
				}
				v.frames <- frame
			}
		}()
	}()
	s.t.Cleanup(func() { cancel() })
	return v
}

func (v *viewing) frame(t testing.TB, within time.Duration) []byte {
	t.Helper()
	select {
	case f := <-v.frames:
		return f
	case err := <-v.ended:
		require.Fail(t, "the stream ended", "%v", err)
	case <-time.After(within):
		require.Fail(t, "no frame", "within %s", within)
	}
	return nil
}

// TestManyViewers shares one connection to the camera.
func TestManyViewers(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	var viewers []*viewing
	for i := range 40 {
		client := s.client(nil)
		if i%2 == 0 {
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
		}
		viewers = append(viewers, s.view(client))
	}
	for _, v := range viewers {
		f := v.frame(t, 10*time.Second)
		require.True(t, bytes.HasPrefix(f, []byte{0xff, 0xd8}), "a JPEG")
	}
	require.Equal(t, 40, s.gateway.Viewers())
	require.Equal(t, 1, s.gateway.Connections())
	// A page goes beside it.
	response, _ := s.get(s.client(nil), "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	for _, v := range viewers {
		v.cancel()
		<-v.ended
	}
	require.Eventually(t, func() bool { return s.gateway.Viewers() == 0 && s.gateway.Connections() == 0 }, 10*time.Second, 20*time.Millisecond)
	require.Contains(t, s.log.String(), "it has no viewer any more")
}

// TestCameraRestarts keeps the viewers while the camera is away.
func TestCameraRestarts(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	v := s.view(s.client(nil))
	v.frame(t, 10*time.Second)
	require.NoError(t, s.camera.Close())
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "stream broke off") }, 10*time.Second, 10*time.Millisecond)
	for len(v.frames) > 0 {
		<-v.frames
	}
	s.startCamera()
	v.frame(t, 2*time.Second)
	require.Contains(t, s.log.String(), "stream goes on")
}

// TestCameraStaysAway ends the stream at last.
func TestCameraStaysAway(t *testing.T) {
	s := newSite(t, device.Snapshot(), func(_ *site, c *gateway.Config) { c.Patience = 500 * time.Millisecond })
	v := s.view(s.client(nil))
	v.frame(t, 10*time.Second)
	require.NoError(t, s.camera.Close())
	require.Eventually(t, func() bool { return s.gateway.Viewers() == 0 }, 10*time.Second, 20*time.Millisecond)
	require.Contains(t, s.log.String(), "the camera was away")
}

// TestCertificateRotation serves the new certificate to new viewers and keeps the old ones.
func TestCertificateRotation(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	v := s.view(s.client(nil))
	v.frame(t, 10*time.Second)
	response, _ := s.get(s.client(nil), "/")
	before := response.TLS.PeerCertificates[0]
	s.certify()
	require.Eventually(t, func() bool {
		response, _ := s.get(s.client(nil), "/")
		return !response.TLS.PeerCertificates[0].Equal(before)
	}, 10*time.Second, 50*time.Millisecond)
	for len(v.frames) > 0 {
		<-v.frames
	}
	v.frame(t, 5*time.Second)
	require.Equal(t, 1, s.gateway.Viewers())
}

// TestSlowViewerIsDropped, and nobody else.
func TestSlowViewerIsDropped(t *testing.T) {
	s := newSite(t, bigFrames(), func(_ *site, c *gateway.Config) { c.SlowViewer = time.Second })
	quick := s.view(s.client(nil))
	quick.frame(t, 10*time.Second)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), &tls.Config{RootCAs: s.roots, ServerName: host})
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /stream.jpg HTTP/1.1\r\nHost: cam.example.com\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.gateway.Viewers() == 2 }, 5*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "the viewer takes too slowly") },
		20*time.Second, 50*time.Millisecond)
	for len(quick.frames) > 0 {
		<-quick.frames
	}
	quick.frame(t, 5*time.Second)
}

// bigFrames is a stream of frames of 1 MiB, without the CRLF before a boundary that some cameras
// leave out at first.
func bigFrames() device.Script {
	return device.Script{Name: "big", Connections: 4, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		if _, err := s.ReadRequest(); err != nil {
			return err
		}
		if _, err := s.Write([]byte("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=openmv\r\n\r\n")); err != nil {
			return err
		}
		content := make([]byte, 1<<20)
		for {
			if _, err := fmt.Fprintf(s, "\r\n--openmv\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(content)); err != nil {
				return err
			}
			if _, err := s.Write(content); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond)
		}
	}}
}

// TestFailures has a clear page and a log line for each.
func TestFailures(t *testing.T) {
	silent := func(s *site, _ *gateway.Config) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(s.t, err)
		s.t.Cleanup(func() { _ = l.Close() })
	}
	for _, c := range []struct {
		name   string
		script device.Script
		change func(*site, *gateway.Config)
		before func(*site)
		status int
		page   string
		log    string
	}{
		{
			"the camera is gone", device.Snapshot(), nil, func(s *site) { _ = s.camera.Close() },
			http.StatusBadGateway, "does not accept connections", "refused",
		},
		{"another certificate", device.Snapshot(), func(s *site, c *gateway.Config) {
			other, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"camera.local"}})
			require.NoError(t, err)
			c.Pin = gateway.NewPin(other.Certificate, false)
		}, nil, http.StatusBadGateway, "not the camera that this gateway was set up for", "SHA-256"},
		{
			"a camera that never answers", never(),
			func(s *site, c *gateway.Config) { silent(s, c); c.Answer = 500 * time.Millisecond },
			nil, http.StatusGatewayTimeout, "does not answer in time", "timeout",
		},
		{"all connections taken", never(), func(_ *site, c *gateway.Config) {
			c.Connections, c.Queue, c.Answer = 1, 300*time.Millisecond, 5*time.Second
		}, func(s *site) {
			go func() {
				client := s.client(nil)
				client.Timeout = 2 * time.Second
				if response, err := client.Get(s.url + "/first"); err == nil {
					_ = response.Body.Close()
				}
			}()
			require.Eventually(t, func() bool { return s.gateway.Connections() == 1 }, 5*time.Second, 10*time.Millisecond)
		}, http.StatusGatewayTimeout, "All connections to the camera are taken", "taken"},
		{"a camera that hangs up", hangsUp(), nil, nil, http.StatusBadGateway, "broke the connection off", "EOF"},
		{"a client certificate is wanted", device.Snapshot(), func(s *site, _ *gateway.Config) {
			ca, err := certs.NewSelfSignedCA(certs.LeafOptions{DNS: []string{"gateways"}})
			require.NoError(t, err)
			s.ca = ca.DER()
		}, nil, http.StatusBadGateway, "client certificate", "TLS handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, c.script, c.change)
			if c.before != nil {
				c.before(s)
			}
			response, page := s.get(s.client(nil), "/")
			require.Equal(t, c.status, response.StatusCode, page)
			require.Contains(t, page, c.page)
			require.Contains(t, s.log.String(), c.log)
		})
	}
}

// TestCameraStallsInAnAnswer gives the connection back when the camera is gone in the middle, even
// when the viewer has gone before.
func TestCameraStallsInAnAnswer(t *testing.T) {
	stalls := device.Script{Name: "stalls", Connections: 4, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		if _, err := s.ReadRequest(); err != nil {
			return err
		}
		if _, err := s.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nten octets")); err != nil {
			return err
		}
		_, err := s.Readline()
		return err
	}}
	s := newSite(t, stalls, func(_ *site, c *gateway.Config) { c.Answer = 500 * time.Millisecond })
	client := s.client(nil)
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	response, err := client.Get(s.url + "/")
	require.NoError(t, err)
	_ = response.Body.Close()
	require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 5*time.Second, 20*time.Millisecond)
}

// never reads the request and says nothing.
func never() device.Script {
	return device.Script{Name: "never", Connections: 4, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		if _, err := s.ReadRequest(); err != nil {
			return err
		}
		_, err := s.Readline()
		return err
	}}
}

func hangsUp() device.Script {
	return device.Script{Name: "hangs-up", Connections: 4, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		_, err := s.ReadRequest()
		return err
	}}
}

// TestMutualTLS: the camera refuses everyone but the gateway.
func TestMutualTLS(t *testing.T) {
	mine, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"gateway"}, Client: true})
	require.NoError(t, err)
	s := newSite(t, device.Snapshot(), func(s *site, c *gateway.Config) {
		s.ca = mine.DER()
		c.ClientCertificate = &tls.Certificate{Certificate: [][]byte{mine.DER()}, PrivateKey: mine.Key}
	})
	response, _ := s.get(s.client(nil), "/")
	require.Equal(t, http.StatusOK, response.StatusCode, s.log.String())
	_, err = tls.Dial("tcp", s.address,
		&tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }})
	require.Error(t, err)
}

// TestScriptsUnderAsyncio: their answers pass, and a handshake that the gateway itself refuses holds nobody up, though the
// camera leaves the connection open.
func TestScriptsUnderAsyncio(t *testing.T) {
	for _, script := range []device.Script{device.Asyncio("a page\n"), device.Microdot("a page\n")} {
		t.Run(script.Name, func(t *testing.T) {
			s := newSite(t, script, nil)
			response, body := s.get(s.client(nil), "/")
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, "a page\n", body)

			stranger, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
			require.NoError(t, err)
			s = newSite(t, script, func(_ *site, c *gateway.Config) { c.Pin = gateway.NewPin(stranger.Certificate, false) })
			response, _ = s.get(s.client(nil), "/")
			require.Equal(t, http.StatusBadGateway, response.StatusCode)
			require.Eventually(t, func() bool { return s.gateway.Connections() == 0 }, 5*time.Second, 10*time.Millisecond)
		})
	}
}

func TestPinOfTheKey(t *testing.T) {
	s := newSite(t, device.Snapshot(), func(s *site, c *gateway.Config) { c.Pin = gateway.NewPin(s.id.Certificate, true) })
	response, _ := s.get(s.client(nil), "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	// The camera's certificate is renewed with the same key.
	renewed, err := certs.Recertify(s.id, s.id, certs.RecertifyOptions{})
	require.NoError(t, err)
	require.NoError(t, s.camera.Close())
	s.id = renewed
	s.startCamera()
	response, _ = s.get(s.client(nil), "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestLimits(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	response, err := s.client(nil).Post(s.url+"/", "text/plain", bytes.NewReader(make([]byte, 2<<20)))
	require.NoError(t, err)
	defer response.Body.Close()
	require.GreaterOrEqual(t, response.StatusCode, 400)
	request, err := http.NewRequest(http.MethodGet, s.url+"/", nil)
	require.NoError(t, err)
	request.Header.Set("X-Long", strings.Repeat("a", 40<<10))
	client := s.client(nil)
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	long, err := client.Do(request)
	if err == nil {
		defer long.Body.Close()
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, long.StatusCode)
	}
}

// TestHostileBytes: a server survives any bytes.
func TestHostileBytes(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	address := strings.TrimPrefix(s.url, "https://")
	for _, garbage := range []string{"", "GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\xff\xff", strings.Repeat("\x00", 1<<16)} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		_, _ = io.WriteString(conn, garbage)
		_ = conn.Close()
	}
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: s.roots, ServerName: host})
	require.NoError(t, err)
	_, _ = io.WriteString(conn, "\x00\x01 HTTP\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "400")
	_ = conn.Close()
	response, _ := s.get(s.client(nil), "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// TestGracefulStop ends streams at once and lets a page end.
func TestGracefulStop(t *testing.T) {
	s := newSite(t, device.Snapshot(), nil)
	v := s.view(s.client(nil))
	v.frame(t, 10*time.Second)
	started := time.Now()
	require.NoError(t, s.stop())
	require.Less(t, time.Since(started), 4*time.Second)
	require.ErrorIs(t, <-v.ended, io.EOF)
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	a, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	b, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	require.NoError(t, delivery.WriteIdentity(a, dir, "a", false))
	require.NoError(t, delivery.WriteIdentity(b, dir, "b", false))
	file := func(name string) string { return filepath.Join(dir, name) }
	pin := gateway.NewPin(a.Certificate, false)
	for name, c := range map[string]struct {
		config gateway.Config
		says   string
	}{
		"no pin": {gateway.Config{FullChain: file("a.cert.pem"), Key: file("a.key.pem"), Camera: "127.0.0.1:1"}, "pinned"},
		"another key": {
			gateway.Config{FullChain: file("a.cert.pem"), Key: file("b.key.pem"), Camera: "127.0.0.1:1", Pin: pin},
			"is not the private key",
		},
		"no key": {
			gateway.Config{FullChain: file("a.cert.pem"), Key: file("a.cert.pem"), Camera: "127.0.0.1:1", Pin: pin},
			"no private key",
		},
		"no certificate": {gateway.Config{FullChain: file("a.key.pem"), Key: file("a.key.pem"), Camera: "127.0.0.1:1", Pin: pin}, "a.key.pem"},
		"no port":        {gateway.Config{FullChain: file("a.cert.pem"), Key: file("a.key.pem"), Camera: "camera", Pin: pin}, "missing port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gateway.New(c.config)
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err = gateway.New(gateway.Config{FullChain: file("a.cert.der"), Key: file("a.key.der"), Camera: "127.0.0.1:1", Pin: pin})
	require.NoError(t, err, "DER will do")
}
