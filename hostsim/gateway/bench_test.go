package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/gateway"
)

// asking is how many viewers ask for pages at a time. The camera takes twice as many connections: it is done with one
// a moment later than who asked.
const asking = 8

// thinking is a camera that takes its time for each page.
func thinking(pause time.Duration) device.Script {
	pages := device.Snapshot()
	return device.Script{Name: "thinking", Connections: 2 * asking, Serve: func(s *device.Session) error {
		time.Sleep(pause)
		return pages.Serve(s)
	}}
}

// BenchmarkPage is a small page over connections that are kept, through the gateway and through the bare
// httputil.ReverseProxy in its place: what the gateway takes is the difference. Both ask a camera that is quick, and
// one that takes 20 ms, as a microcontroller takes its time.
func BenchmarkPage(b *testing.B) {
	for _, camera := range []struct {
		name  string
		pause time.Duration
	}{{"quick", 0}, {"slow", 20 * time.Millisecond}} {
		s := newSite(b, thinking(camera.pause), func(_ *site, c *gateway.Config) {
			c.Connections, c.Log = asking, slog.New(slog.NewTextHandler(io.Discard, nil))
		})
		anchor := s.bareProxy(b)
		b.Run("camera="+camera.name+"/through=gateway", func(b *testing.B) { s.askForPages(b, s.url) })
		b.Run("camera="+camera.name+"/through=httputil", func(b *testing.B) { s.askForPages(b, anchor) })
	}
}

// bareProxy is a server with httputil.ReverseProxy, the site's certificate, and the same way to the camera. It returns
// its URL.
func (s *site) bareProxy(b *testing.B) string {
	leaf, err := s.pki.Issue(certs.LeafOptions{DNS: []string{host}})
	require.NoError(b, err)
	presented := tls.Certificate{Certificate: [][]byte{leaf.Certificate.Raw}, PrivateKey: leaf.Key}
	for _, issuer := range s.pki.Chain() {
		presented.Certificate = append(presented.Certificate, issuer.Raw)
	}
	camera := x509.NewCertPool()
	camera.AddCert(s.id.Certificate)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: s.address})
	proxy.Transport = &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: camera, ServerName: "camera.local"},
		DisableKeepAlives: true,
	}
	server := httptest.NewUnstartedServer(proxy)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{presented}}
	server.StartTLS()
	b.Cleanup(server.Close)
	return server.URL
}

// askForPages lets viewers ask, each over a connection of its own.
func (s *site) askForPages(b *testing.B, from string) {
	b.ReportAllocs()
	b.SetParallelism(asking / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		client := s.client(nil)
		transport := client.Transport.(*http.Transport)
		transport.DisableKeepAlives, transport.ForceAttemptHTTP2 = false, false
		defer transport.CloseIdleConnections()
		for pb.Next() {
			response, err := client.Get(from + "/")
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if err != nil || response.StatusCode != http.StatusOK {
				b.Errorf("%s: %v", response.Status, err)
				return
			}
		}
	})
}
