package preflight_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestAddresses decides on addresses in every notation that leads somewhere.
func TestAddresses(t *testing.T) {
	open, private, closed := error(nil), preflight.ErrPrivateAddress, preflight.ErrClosedAddress
	for address, want := range map[string]error{
		"8.8.8.8": open, "1.1.1.1": open, "100.128.0.1": open, "192.0.1.1": open, "172.32.0.1": open, "198.20.0.1": open,
		"2606:4700::1111": open, "2a00:1450:4001:81b::200e": open, "2620:1ec:c11::200": open, "2001:503:ba3e::2:30": open,

		"0.0.0.0": private, "0.1.2.3": private, "10.0.0.1": private, "100.64.0.1": private, "127.0.0.1": private, "172.16.0.1": private,
		"192.0.0.1": private, "192.0.2.1": private, "192.168.1.1": private, "198.18.0.1": private, "198.19.255.255": private,
		"224.0.0.1": private, "239.1.1.1": private, "255.255.255.255": private,
		"::": private, "::1": private, "::7f00:1": private, "::ffff:10.0.0.1": private, "::ffff:8.8.8.8": private,
		"::ffff:0:7f00:1": private, "64:ff9b::7f00:1": private, "64:ff9b::808:808": private, "64:ff9b:1::1": private,
		"64:ff9b:1:a00:0:100::": private, "2002:7f00:1::": private, "2002:c0a8:101::1": private, "2002:808:808::1": private,
		"2001:0:808:808::1": private, "2001:db8::1": private, "fc00::1": private, "fd12:3456::1": private, "fec0::1": private,
		"feff::1": private, "ff02::1": private, "ff0e::1": private, "2a00:1450::5efe:a00:1": private, "2a00:1450::200:5efe:c0a8:1": private,
		"2a00:1450:1:2::a00:1": private,

		"169.254.1.1": closed, "169.254.169.254": closed, "fe80::1": closed, "fe80::1%eth0": closed, "febf::1": closed, "fd00:ec2::254": closed,
		"fd20:ce::254": closed, "100.100.100.200": closed, "192.0.0.192": closed,
		"::ffff:169.254.169.254": closed, "::169.254.169.254": closed, "64:ff9b::a9fe:a9fe": closed, "64:ff9b:1::a9fe:a9fe": closed,
		"64:ff9b:1:a9fe:a9:fe00::": closed, "2002:a9fe:a9fe::1": closed, "2001:0:a9fe:a9fe::1": closed, "2001:0:808:808::5601:5601": closed,
		"2a00:1450::5efe:a9fe:a9fe": closed, "2a00:1450::a9fe:a9fe": closed, "::ffff:0:a9fe:a9fe": closed,
	} {
		t.Run(address, func(t *testing.T) {
			to := net.JoinHostPort(address, "80")
			require.ErrorIs(t, (&preflight.Fetch{}).Control("tcp", to), want)
			if errors.Is(want, private) {
				want = open
			}
			require.ErrorIs(t, (&preflight.Fetch{AllowPrivate: true}).Control("tcp", to), want)
		})
	}
}

// resolving is a dialer that knows addresses for names, and connects to a server on this machine
// whatever the address is. It counts connections.
func resolving(server *httptest.Server, addresses map[string]string, connected *atomic.Int32) func(
	func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
	return func(control func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if err := control(network, net.JoinHostPort(addresses[host], port), nil); err != nil {
				return nil, err
			}
			connected.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		}
	}
}

// TestNamesThatLeadInwards: it is the address that counts, of redirections, too.
func TestNamesThatLeadInwards(t *testing.T) {
	p := newPKI(t, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/der", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(p.Intermediates[0].DER()) })
	mux.HandleFunc("/to/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.URL.Path[len("/to/"):]+"/der", http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	addresses := map[string]string{
		"public.example": "8.8.8.8", "inside.example": "10.1.2.3", "translated.example": "64:ff9b::a00:1",
		"metadata.example": "169.254.169.254", "translated-metadata.example": "2002:a9fe:a9fe::1",
	}
	for _, c := range []struct {
		name, url string
		private   bool // --fetch-private
		want      error
		connected int32
	}{
		{"a public address", "http://public.example/der", false, nil, 1},
		{"a private one", "http://inside.example/der", false, preflight.ErrPrivateAddress, 0},
		{"a private one, allowed", "http://inside.example/der", true, nil, 1},
		{"one that is translated", "http://translated.example/der", false, preflight.ErrPrivateAddress, 0},
		{"a redirection to a private one", "http://public.example/to/inside.example", false, preflight.ErrPrivateAddress, 1},
		{"the metadata", "http://metadata.example/der", true, preflight.ErrClosedAddress, 0},
		{"a redirection to the metadata", "http://public.example/to/metadata.example", true, preflight.ErrClosedAddress, 1},
		{"the metadata, translated", "http://translated-metadata.example/der", true, preflight.ErrClosedAddress, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var connected atomic.Int32
			fetch := preflight.Fetch{AllowPrivate: c.private}.WithDialer(resolving(server, addresses, &connected))
			r := check(t, delivered(t, p, issue(t, p, certs.LeafOptions{AIA: c.url})), preflight.Options{Fetch: fetch})
			if c.want == nil {
				require.NotNil(t, r.Finding(preflight.CodeAIAWorks), "%+v", r.Findings)
			} else {
				require.Contains(t, r.Finding(preflight.CodeAIAFails).Title, c.want.Error())
			}
			require.Equal(t, c.connected, connected.Load())
		})
	}
}

// manyURLs is a delivery whose leaf names so many URLs at a host.
func manyURLs(t *testing.T, host string, n int) string {
	root, leaf := newAuthority(t, "root"), newAuthority(t, "leaf")
	template := root.template("leaf", "cam.example.com")
	for i := range n {
		template.IssuingCertificateURL = append(template.IssuingCertificateURL, fmt.Sprintf("%s/%d", host, i))
	}
	c := root.issue(t, template, &leaf.key.PublicKey)
	return written(t, map[string][]byte{"leaf.der": c.Raw, "key.der": (&certs.Identity{Key: leaf.key}).KeyDER()})
}

// TestManyURLs asks a server on this machine no more often than a check may, and says so.
func TestManyURLs(t *testing.T) {
	var requests atomic.Int32
	asked := make(chan string, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		asked <- r.URL.Path
		if r.URL.Path == "/1" {
			http.Redirect(w, r, "/other", http.StatusFound)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	r := checkInTime(t, manyURLs(t, server.URL, 200), preflight.Options{Fetch: &preflight.Fetch{AllowPrivate: true}})
	require.Equal(t, int32(preflight.MaxFetches), requests.Load())
	require.Contains(t, r.Finding(preflight.CodeAIANotAsked).Title, "181 AIA URL(s) were not asked")
	seen := map[string]bool{}
	for range preflight.MaxFetches {
		path := <-asked
		require.False(t, seen[path], "%s is asked twice", path)
		seen[path] = true
	}
}

// TestFetchTime ends downloads after thirty seconds in all.
func TestFetchTime(t *testing.T) {
	dir := manyURLs(t, "http://public.example", 200)
	s := subjectOf(t, dir)
	synctest.Test(t, func(t *testing.T) {
		silent := func(func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
			return func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}
		began := time.Now()
		r := preflight.Check(t.Context(), s, preflight.Options{
			Fetch: preflight.Fetch{}.WithDialer(silent), Depth: preflight.DepthChain, NoPublicRoots: true,
		})
		require.Equal(t, preflight.MaxFetchTime, time.Since(began))
		require.Contains(t, r.Finding(preflight.CodeAIANotAsked).Title, "198 AIA URL(s)")
	})
}

// TestFleetAsksOnce: the devices of a fleet share the answers.
func TestFleetAsksOnce(t *testing.T) {
	p := newPKI(t, 1)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(p.Intermediates[0].DER())
	}))
	defer server.Close()
	list := ""
	for range 20 {
		leaf := issue(t, p, certs.LeafOptions{AIA: server.URL + "/i.der"})
		list += written(t, map[string][]byte{"leaf.der": leaf.DER(), "key.der": leaf.KeyDER()}) + "\n"
	}
	summary := fleetOf(t, list, preflight.Options{Fetch: &preflight.Fetch{AllowPrivate: true}})
	require.Equal(t, 20, summary.Findings[preflight.CodeAIAWorks])
	require.Equal(t, int32(1), asked.Load())
}
