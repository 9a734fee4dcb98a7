package certs

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// A NameKind is what a name is to a CA.
type NameKind string

// The kinds of names, by who certifies them.
const (
	NamePublic      NameKind = "public"       // below a public suffix: any public CA
	NameWildcard    NameKind = "wildcard"     // the same, proved by DNS only (ACME: DNS-01)
	NamePublicIP    NameKind = "public IP"    // public CAs with a profile for it (Let's Encrypt: shortlived, 160 hours)
	NamePrivateIP   NameKind = "private IP"   // no public CA (Baseline Requirements 7.1.2.7.12)
	NameSingleLabel NameKind = "single label" // no public CA (Baseline Requirements 7.1.2.7.12)
	NamePrivate     NameKind = "private name" // no public suffix above it: no public CA
	NameSuffix      NameKind = "suffix"       // a public suffix itself, or a wildcard right below one
)

// A HostName is a name or an address as a certificate would carry it.
type HostName struct {
	Name string // in ASCII, lower case; an address in its usual form
	Kind NameKind
}

// Public reports whether public CAs certify such a name.
func (h HostName) Public() bool {
	return h.Kind == NamePublic || h.Kind == NameWildcard || h.Kind == NamePublicIP
}

// IsIP reports whether it is an address.
func (h HostName) IsIP() bool { return h.Kind == NamePublicIP || h.Kind == NamePrivateIP }

// Why says what public CAs do with such a name, and why.
func (h HostName) Why() string {
	switch h.Kind {
	case NamePublic:
		return "public CAs certify it"
	case NameWildcard:
		return "public CAs certify it for who proves control by DNS (ACME: DNS-01)"
	case NamePublicIP:
		return "few public CAs certify an IP address; Let's Encrypt does with its profile shortlived (160 hours)"
	case NamePrivateIP:
		return "no public CA certifies an address that is not reachable from the Internet (Baseline Requirements 7.1.2.7.12)"
	case NameSingleLabel:
		return "no public CA certifies a name without a dot (Baseline Requirements 7.1.2.7.12)"
	case NameSuffix:
		return "no public CA certifies a public suffix or all names below one (Baseline Requirements 3.2.2.6)"
	}
	return "no public CA certifies a name that is below no public suffix, because it cannot be owned"
}

var errNotASCII = errors.New("not a name in ASCII")

// hostProfile turns names into ASCII as resolvers do, and keeps to the rules for host names.
var hostProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.StrictDomainName(true))

// ParseHostName reads a DNS name, a wildcard, or an IP address. International names become
// ASCII (RFC 5891). The error says what is wrong with the text.
func ParseHostName(text string) (HostName, error) {
	if strings.Contains(text, "://") || strings.Contains(text, "/") {
		return HostName{}, fmt.Errorf("%q is a URL: give the host name alone", text)
	}
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		ip = ip.Unmap().WithZone("")
		kind := NamePublicIP
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || reservedIP(ip) {
			kind = NamePrivateIP
		}
		return HostName{ip.String(), kind}, nil
	}
	if strings.Contains(text, ":") {
		return HostName{}, fmt.Errorf("%q has a port: give the host name alone", text)
	}
	base, wildcard := strings.CutPrefix(strings.TrimSuffix(text, "."), "*.")
	ascii, err := hostProfile.ToASCII(base)
	ascii = strings.TrimSuffix(ascii, ".") // other scripts have other dots
	if again, twice := hostProfile.ToASCII(ascii); err == nil && (twice != nil || again != ascii) {
		err = errNotASCII // made of what no name may hold, such as octets that are no text
	}
	switch {
	case base == "" || ascii == "":
		return HostName{}, fmt.Errorf("%q is no host name", text)
	case err != nil || strings.Contains(ascii, "*"):
		return HostName{},
			fmt.Errorf("%q is no host name: letters, digits and hyphens between dots, 63 octets each (an underscore is not allowed)", text)
	}
	if last := ascii[strings.LastIndexByte(ascii, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return HostName{}, fmt.Errorf("%q is neither an IP address nor a host name, which does not end in a number", text)
	}
	h := HostName{ascii, dnsKind(ascii, wildcard)}
	if wildcard {
		h.Name = "*." + ascii
	}
	return h, nil
}

// CheckClientHost tells what is wrong with a host that clients are to be told: nothing, for a name or an
// address that [ParseHostName] reads, and for one with underscores. Those are in no host name, and no
// public CA certifies them, but devices have them: clients decide what they do with one.
func CheckClientHost(text string) error {
	if _, err := ParseHostName(strings.ReplaceAll(text, "_", "a")); err != nil {
		_, err = ParseHostName(text)
		return err
	}
	return nil
}

// documentation and other blocks that nobody reaches (RFC 6890).
var reservedBlocks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
}

func reservedIP(ip netip.Addr) bool {
	return slices.ContainsFunc(reservedBlocks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func dnsKind(name string, wildcard bool) NameKind {
	if !strings.Contains(name, ".") {
		if wildcard {
			return NameSuffix
		}
		return NameSingleLabel
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	switch {
	case !icann && !strings.Contains(suffix, "."):
		return NamePrivate // the list has no such top level domain
	case suffix == name && icann:
		return NameSuffix
	case reservedTop(name):
		return NamePrivate
	case wildcard:
		return NameWildcard
	}
	return NamePublic
}

// reservedTop reports whether a name is of a domain that is set apart for use at home (RFC 8375),
// which the list of public suffixes carries nevertheless.
func reservedTop(name string) bool {
	return name == "home.arpa" || strings.HasSuffix(name, ".home.arpa")
}
