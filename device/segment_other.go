//go:build !linux

package device

import "net"

// tuneListener does nothing: segment sizes and windows are emulated on Linux only.
func (n *Network) tuneListener(net.Listener) {}
