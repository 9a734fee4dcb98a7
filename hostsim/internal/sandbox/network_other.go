//go:build !linux

package sandbox

import (
	"net"
	"net/netip"
)

// A Network is Linux's: there is none here.
type Network struct{}

// StartNetwork returns ErrNoNetwork: network namespaces are Linux's.
func StartNetwork(netip.Addr) (*Network, error) { return nil, ErrNoNetwork }

// Listen is never called.
func (n *Network) Listen(string, string) (net.Listener, error) { return nil, ErrNoNetwork }

// Close is never called.
func (n *Network) Close() error { return nil }

func (n *Network) enter() []string { return nil }
