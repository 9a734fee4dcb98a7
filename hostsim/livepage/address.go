package livepage

import (
	"net"
	"net/netip"
	"strings"

	"github.com/leafcam/leafcam/internal/printable"
)

// An Address is a URL by which a device can reach the camera.
type Address struct {
	URL  string
	Note string // what has to be so for it to work
}

// addresses are the URLs of a camera that listens on an address and has a certificate for a name,
// the best one for trying a certificate first.
func addresses(l net.Addr, host string) []Address {
	at, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return nil
	}
	ip, err := netip.ParseAddr(at)
	if err != nil {
		return nil
	}
	reach := "the device has to resolve the name to this machine"
	switch {
	case ip.IsLoopback():
		reach = "from this machine only, where the name has to lead to " + at + ": serve with --listen 0.0.0.0:" + port + " for other devices"
	}
	var list []Address
	// A name with characters that are not seen is no host's, and a browser would make another one of it.
	if host != "" && !strings.HasPrefix(host, "*.") && printable.Visible(host) == host {
		list = append(list, Address{"https://" + net.JoinHostPort(host, port) + "/", "the name that the certificate is for; " + reach})
	}
	for _, a := range machine(ip) {
		url := "https://" + net.JoinHostPort(a.String(), port) + "/"
		if host == a.String() {
			continue
		}
		list = append(list, Address{url, "by address: most clients refuse, since the certificate is not for it"})
	}
	return list
}

// machine returns the addresses that a listener is reached by.
func machine(ip netip.Addr) []netip.Addr {
	if !ip.IsUnspecified() {
		return []netip.Addr{ip.Unmap()}
	}
	var list []netip.Addr
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, i := range interfaces {
		prefix, err := netip.ParsePrefix(i.String())
		if err == nil && prefix.Addr().IsGlobalUnicast() {
			list = append(list, prefix.Addr().Unmap())
		}
	}
	return list
}
