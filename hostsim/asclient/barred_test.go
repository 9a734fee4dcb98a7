package asclient_test

import (
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestChainThatMayNotBe: the anchor has the issuer's name, and something on the way may not issue, or another key did.
func TestChainThatMayNotBe(t *testing.T) {
	change := func(c func(*x509.Certificate)) request { return request{name: "Middle", change: c} }
	noCA := change(func(c *x509.Certificate) { c.IsCA = false })
	noSign := change(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	root := issue(t, nil, request{name: "Root"})
	short := issue(t, nil, request{name: "Root", change: func(c *x509.Certificate) { c.MaxPathLenZero = true }})
	for _, tc := range []struct {
		name   string
		root   *authority
		middle request
		anchor *authority
		says   string
	}{
		{"an intermediate that is no CA", root, noCA, root, `"Middle" is not a CA's certificate`},
		{"an intermediate that may not sign", root, noSign, root, `"Middle" may not sign certificates (keyUsage)`},
		{"a root for leaves alone", short, change(nil), short, `"Root" allows 0 intermediates below it, and there are 1`},
		{"another key under the root's name", root, change(nil), issue(t, nil, request{name: "Root"}), "and another key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			middle := issue(t, tc.root, tc.middle)
			leaf := issue(t, middle, request{name: host, leaf: true})
			r := asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(leaf, middle), LeafPlace: 1}, asclient.Options{
				At: now, Hostname: host, Anchors: []asclient.File{{Name: "anchor.der", Data: tc.anchor.Raw}}, NoPublicRoots: true,
			})
			require.Equal(t, asclient.VerdictRefused, r.Verdict)
			require.NotNil(t, r.Finding(asclient.CodeOtherCA))
			require.Contains(t, r.Finding(asclient.CodeOtherCA).Title, tc.says)
		})
	}
}

// TestAlertsWithoutEnd: a server that sends warnings without end is given up, and little of them is kept.
func TestAlertsWithoutEnd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for err == nil {
			_, err = conn.Write([]byte{21, 3, 3, 0, 2, 1, 90})
		}
		_, _ = io.Copy(io.Discard, conn)
	}()
	defer func() { listener.Close(); <-ended }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	visit, err := asclient.Connect(t.Context(), preflight.Server{Host: "127.0.0.1", Port: port}, asclient.VisitOptions{
		Context: device.NewClientContext(device.OpenMV50), Timeout: 300 * time.Millisecond,
	})
	require.NoError(t, err)
	require.EqualError(t, visit.Exception, "OSError: [Errno 110] ETIMEDOUT")
	require.Len(t, visit.Alerts, 100)
	require.Positive(t, visit.LeftOut)
}
