package livepage

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/internal/printable"
)

// An Address is a URL by which a device can reach the camera.
type Address struct {
	URL       string
	Note      string // what has to be so for it to work
	Elsewhere bool   // other machines can reach it
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
	elsewhere, note := !ip.IsLoopback(), "the name that the certificate is for; the device has to resolve the name to this machine"
	if !elsewhere {
		note = "the name that the certificate is for; from this machine only, where the name has to lead to " + at
	}
	var list []Address
	// A name with characters that are not seen is no host's, and a browser would make another one of it.
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !strings.HasPrefix(host, "*.") && printable.Visible(host) == host {
		list = append(list, Address{url(host, port), note, elsewhere && !strings.EqualFold(host, "localhost")})
	}
	for _, a := range machine(ip) {
		place, note := len(list), "by address: most clients refuse, since the certificate is not for it"
		if host == a.String() {
			place, note = 0, "the address that the certificate is for"
		}
		if a.IsLoopback() {
			note += "; from this machine only"
		}
		list = slices.Insert(list, place, Address{url(a.String(), port), note, !a.IsLoopback()})
	}
	return list
}

func url(host, port string) string { return "https://" + net.JoinHostPort(host, port) + "/" }

// reachable reports whether other machines can reach one of the addresses.
func reachable(list []Address) bool {
	return slices.ContainsFunc(list, func(a Address) bool { return a.Elsewhere })
}

// port is the camera's, "" where it has none.
func (p *Page) port() string {
	_, port, _ := net.SplitHostPort(p.stage.Addr().String())
	return port
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
