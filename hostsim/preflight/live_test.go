package preflight_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

func TestParseServer(t *testing.T) {
	for text, address := range map[string]string{
		"https://cam.example.com": "cam.example.com:443", "https://cam.example.com:8443/live?x": "cam.example.com:8443",
		"HTTPS://user@cam.example.com/": "cam.example.com:443", "cam.example.com:8443": "cam.example.com:8443",
		"192.168.1.20": "192.168.1.20:443", "192.168.1.20:8443": "192.168.1.20:8443", "[fd00::1]:8443": "[fd00::1]:8443",
		"fd00::1": "[fd00::1]:443", "https://[fd00::1]/": "[fd00::1]:443", "camera:443": "camera:443",
	} {
		server, err := preflight.ParseServer(text)
		require.NoError(t, err, text)
		require.Equal(t, address, server.Address(), text)
	}
	for _, text := range []string{"cam.pem", "/etc/letsencrypt/live", "cam", "a:b", "cam:0", "cam:99999", ":443", "C:\\certs\\cam.pem", ""} {
		_, err := preflight.ParseServer(text)
		require.ErrorIs(t, err, preflight.ErrNotServer, text)
	}
	for _, text := range []string{"http://cam.example.com", "rtsp://cam.example.com", "https://", "https://cam:0/"} {
		_, err := preflight.ParseServer(text)
		require.Error(t, err, text)
		require.NotErrorIs(t, err, preflight.ErrNotServer, text)
	}
}

// TestServers: a camera with its leaf alone, one with a second load, and a server that says nothing.
func TestServers(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}})
	camera := func(loads ...*certs.Identity) preflight.Server {
		context := device.NewSSLContext(device.OpenMV50)
		for _, id := range loads {
			require.NoError(t, context.LoadCertChain(id.DER(), leaf.KeyDER()))
		}
		c, err := device.Start(device.CameraConfig{Context: context, Connections: 8})
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		host, port, err := net.SplitHostPort(c.Addr().String())
		require.NoError(t, err)
		return preflight.Server{Host: host, Port: port}
	}
	checked := func(server preflight.Server) *preflight.Report {
		s, err := preflight.FromServer(t.Context(), server, "cam.example.com")
		require.NoError(t, err)
		return preflight.Check(t.Context(), s, preflight.Options{
			Host: "cam.example.com", NoPublicRoots: true, Roots: []*x509.Certificate{p.Root.Certificate},
		})
	}
	alone := checked(camera(leaf))
	require.Equal(t, 1, alone.Presented)
	require.Equal(t, preflight.ReachNone, alone.Verdict.Now)
	require.NotNil(t, alone.Finding(preflight.CodeMissingLink))
	require.Nil(t, alone.Finding(preflight.CodeNoKey))

	whole := checked(camera(leaf, p.Intermediates[0]))
	require.Equal(t, 2, whole.Presented)
	require.Equal(t, preflight.ReachAll, whole.Verdict.Now)
	require.Zero(t, whole.Missing)
	require.Nil(t, whole.Finding(preflight.CodeIntermediateUnsent))
	require.Equal(t, preflight.OutcomeCompletes, reachOf(t, whole, "java").Under(preflight.CureLeafOnly).Outcome)

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	host, port, err := net.SplitHostPort(silent.Addr().String())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = preflight.FromServer(ctx, preflight.Server{Host: host, Port: port}, "")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// TestServerOfAnotherKey: what a server presents is named, where no handshake succeeds with it.
func TestServerOfAnotherKey(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}})
	other := issue(t, p, certs.LeafOptions{DNS: []string{"other.example.com"}})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.DER()}, PrivateKey: other.Key}},
	})
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	_, err = preflight.FromServer(t.Context(), preflight.Server{Host: host, Port: port}, "cam.example.com")
	require.ErrorContains(t, err, "presents 1 certificate(s), and the handshake fails all the same")
}

// TestServerWithItsIntermediate: a server that sends the whole chain below a root that nobody here knows lacks nothing
// but that root in each client.
func TestServerWithItsIntermediate(t *testing.T) {
	p := newPKI(t, 1)
	id := issue(t, p, certs.LeafOptions{})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{id.DER(), p.Intermediates[0].DER()}, PrivateKey: id.Key,
	}}})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	server, err := preflight.ParseServer(l.Addr().String())
	require.NoError(t, err)
	subject, err := preflight.FromServer(t.Context(), server, "cam.example.com")
	require.NoError(t, err)
	r := preflight.Check(t.Context(), subject, preflight.Options{Host: "cam.example.com"})
	require.Zero(t, r.Missing)
	require.Nil(t, r.Finding(preflight.CodeIntermediateUnsent))
	require.Nil(t, r.Finding(preflight.CodeSeveralCerts))
	require.NotNil(t, r.Finding(preflight.CodeUnknownRoot))
	require.Equal(t, preflight.ReachAll, r.Verdict.Now)
	for _, f := range r.Findings {
		require.Empty(t, f.Commands, f.Code)
	}
}
