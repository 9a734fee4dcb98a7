package hostsim

import (
	"net"
	"net/netip"
	"strings"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// A host that is an address cannot be mapped to another one, as a name can: clients that are programs
// are put into a network where it is this machine's own, and never reach whoever has it elsewhere.

// hostAddress returns the address that a host is, in its usual form; a name is none.
func hostAddress(host string) (address netip.Addr, ok bool) {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return address.Unmap().WithZone(""), err == nil
}

// neighbour is another address, beside one.
func neighbour(ip net.IP) net.IP {
	address, _ := netip.AddrFromSlice(ip)
	if next := address.Next(); next.IsValid() {
		return next.AsSlice()
	}
	return address.Prev().AsSlice()
}

// startNetwork makes the network of the run, where the host needs one: servers listen on 127.0.0.1 otherwise.
func (r *run) startNetwork() {
	address, ok := hostAddress(r.Host)
	if !ok || address == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return
	}
	r.network, r.isolated = sandbox.StartNetwork(address)
}

func (r *run) closeNetwork() {
	if r.network != nil {
		_ = r.network.Close()
	}
}

// networkOf returns the network that a client is put into; nil is this machine's. A client that is a
// function of this process connects where it is told to, whatever the host.
func (r *run) networkOf(c *Client) (*ownNetwork, error) {
	switch {
	case c.Dial != nil:
		return nil, nil
	case r.isolated != nil && c.Isolation.ToldAddress:
		return nil, nil
	case r.isolated != nil:
		return nil, r.isolated
	case r.network == nil:
		return nil, nil
	}
	return &ownNetwork{r.network}, nil
}

// ownNetwork is the network that a cell's client is put into. Without one, which nil is, it has this
// machine's.
type ownNetwork struct{ in *sandbox.Network }

// listen opens a listener for a cell's server, on an address of this machine's network, or on all of its
// own: clients that connect to 127.0.0.1 are served there, too.
func (n *ownNetwork) listen(address string) (net.Listener, error) {
	if n == nil {
		return net.Listen("tcp", net.JoinHostPort(address, "0"))
	}
	return n.in.Listen("tcp", ":0")
}

// listenAIA opens a listener for an AIA server, whose names lead to 127.0.0.1.
func (n *ownNetwork) listenAIA() (net.Listener, error) {
	if n == nil {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return n.in.Listen("tcp", "127.0.0.1:0")
}

// sandboxed is the network for the sandbox.
func (n *ownNetwork) sandboxed() *sandbox.Network {
	if n == nil {
		return nil
	}
	return n.in
}
