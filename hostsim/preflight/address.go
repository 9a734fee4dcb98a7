package preflight

import (
	"errors"
	"net/netip"
	"slices"
)

// Why a download was not tried.
var (
	// ErrPrivateAddress is of addresses that are asked only when that is allowed.
	ErrPrivateAddress = errors.New("leads to a private address, which is asked only when that is allowed")
	// ErrClosedAddress is of addresses that are never asked: who can make a certificate could read with
	// them what a cloud tells its machines, keys among it.
	ErrClosedAddress = errors.New("leads to a link-local address or to a cloud's metadata, which are never asked")
)

// closedBlocks are link-local, or a cloud's metadata services.
var closedBlocks = prefixes(
	"169.254.0.0/16", "fe80::/10",
	"fd00:ec2::254/128", "fd20:ce::254/128", // Amazon's and Google's in IPv6
	"100.100.100.200/32", "192.0.0.192/32", // Alibaba's and Oracle's
)

// privateBlocks lead to this machine, to networks around it, or nowhere (RFC 6890 and IANA's special
// purpose registries). Those that translate to IPv4 are among them as a whole.
var privateBlocks = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10", "ff00::/8",
)

func prefixes(list ...string) (parsed []netip.Prefix) {
	for _, p := range list {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// allowed returns why an address is not asked, or nil.
func allowed(a netip.Addr, private bool) error {
	a = a.WithZone("")
	addresses := append(embedded(a), a)
	switch {
	case slices.ContainsFunc(addresses, func(a netip.Addr) bool { return within(closedBlocks, a) }):
		return ErrClosedAddress
	case !private && slices.ContainsFunc(addresses, func(a netip.Addr) bool { return within(privateBlocks, a) }):
		return ErrPrivateAddress
	}
	return nil
}

// embedded returns the IPv4 addresses that an IPv6 address may be translated to.
func embedded(a netip.Addr) (list []netip.Addr) {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	last := netip.AddrFrom4([4]byte(b[12:]))
	in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(a) }
	switch {
	case a.Is4In6():
		return []netip.Addr{a.Unmap()}
	case in("2002::/16"): // 6to4, RFC 3056 section 2
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:6]))}
	case in("2001::/32"): // Teredo, RFC 4380 section 4: the server, and the client with its bits turned
		return []netip.Addr{netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}
	case in("64:ff9b:1::/48"): // RFC 8215, in the forms of RFC 6052 section 2.2
		return []netip.Addr{last, netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]})}
	case in("::/96"), in("64:ff9b::/96"), in("::ffff:0:0:0/96"):
		return []netip.Addr{last}
	}
	isatap := [4]byte{b[8] &^ 2, b[9], b[10], b[11]} == [4]byte{0, 0, 0x5e, 0xfe} // RFC 5214 section 6.1
	// A network's own prefix for RFC 6052. Small numbers are what people call their servers.
	own := [4]byte(b[8:12]) == [4]byte{} && b[12] != 0
	if isatap || own {
		return []netip.Addr{last}
	}
	return nil
}
