package sandbox_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/program"
)

// network is a network with an address, or the test is skipped where there is none to be had.
func network(t *testing.T, address string) *sandbox.Network {
	t.Helper()
	n, err := sandbox.StartNetwork(netip.MustParseAddr(address))
	if errors.Is(err, sandbox.ErrNoNetwork) {
		t.Skip(err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// TestRealNetwork: a program in a network reaches what listens there under the address, whoever has it
// elsewhere, and nothing else; its names are isolated as ever.
func TestRealNetwork(t *testing.T) {
	python := program.Need(t, "python3", "python3")
	const ask = `import os, socket, sys
def say(*address):
    try:
        with socket.create_connection(address, timeout=20) as c: print(address[0], c.makefile().read())
    except OSError as e: print(address[0], type(e).__name__, e.errno)
for host in sys.argv[2:]: say(host, int(sys.argv[1]))
print("interfaces", sorted(i for _, i in socket.if_nameindex()), "uid", os.geteuid())`
	sb := sandbox.Detect(t.Context())
	for _, address := range []string{"192.0.2.20", "2001:db8::20", "::1", "127.0.0.9", ownAddress(t)} {
		for _, tc := range []struct {
			name    string
			command sandbox.Command
		}{
			{"alone", sandbox.Command{}},
			{"with a hosts file", sandbox.Command{Hosts: map[string]string{"cam.example.com": "127.0.0.1"}}},
			{"as an ordinary user", sandbox.Command{NotRoot: true}},
		} {
			t.Run(address+" "+tc.name, func(t *testing.T) {
				n := network(t, address)
				l, err := n.Listen("tcp", ":0")
				require.NoError(t, err)
				defer l.Close()
				done := make(chan struct{})
				go func() {
					defer close(done)
					for {
						c, err := l.Accept()
						if err != nil {
							return
						}
						_, _ = io.WriteString(c, "hello")
						_ = c.Close()
					}
				}()
				_, port, err := net.SplitHostPort(l.Addr().String())
				require.NoError(t, err)
				c := tc.command
				c.Args = []string{python, "-I", "-c", ask, port, address, "127.0.0.1", "198.51.100.1"}
				if c.Hosts != nil {
					c.Args = append(c.Args, "cam.example.com")
				}
				c.Home, c.Network = t.TempDir(), n
				r, err := sb.Run(t.Context(), c)
				if errors.Is(err, sandbox.ErrCannotIsolate) {
					t.Skip(err.Error())
				}
				require.NoError(t, err)
				out := string(r.Stdout)
				require.Contains(t, out, address+" hello", string(r.Stderr))
				require.Contains(t, out, "127.0.0.1 hello")
				require.Contains(t, out, "198.51.100.1 OSError 101", "no other network is there")
				require.Contains(t, out, "interfaces ['lo']")
				if c.Hosts != nil {
					require.Contains(t, out, "cam.example.com hello")
				}
				require.NoError(t, l.Close())
				<-done
			})
		}
	}
}

// ownAddress is one that this machine has to the outside, if it has any.
func ownAddress(t *testing.T) string {
	t.Helper()
	list, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			return p.Addr().String()
		}
	}
	return "192.0.2.21"
}

// TestNoSuchAddress: what cannot be a machine's address is no network.
func TestNoSuchAddress(t *testing.T) {
	_ = network(t, "192.0.2.20") // or networks are not permitted at all
	for _, address := range []string{"0.0.0.0", "224.0.0.1", "ff02::1", "::", "fe80::1", "255.255.255.255"} {
		_, err := sandbox.StartNetwork(netip.MustParseAddr(address))
		require.ErrorIs(t, err, sandbox.ErrNoNetwork, address)
	}
}

// TestNetworkEndsWithItsKeeper: nothing can be opened in a network that was closed.
func TestNetworkEndsWithItsKeeper(t *testing.T) {
	n, err := sandbox.StartNetwork(netip.MustParseAddr("192.0.2.21"))
	if errors.Is(err, sandbox.ErrNoNetwork) {
		t.Skip(err.Error())
	}
	require.NoError(t, err)
	require.Contains(t, program.Processes(t), "leafcam-network\x00192.0.2.21")
	require.NoError(t, n.Close())
	_, err = n.Listen("tcp", ":0")
	require.ErrorIs(t, err, os.ErrClosed)
	require.NotContains(t, program.Processes(t), "leafcam-network\x00192.0.2.21")
}
