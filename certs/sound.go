package certs

import (
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"time"
)

// soundPath reports whether nothing in the issuers of a leaf keeps clients in general from a path at a
// time: dates, being a CA, path lengths, usages, critical extensions and name constraints (RFC 5280
// section 6.1). The root is the last of them. What is wrong with the leaf itself is the same on each path.
func soundPath(leaf *x509.Certificate, issuers []*x509.Certificate, at time.Time) bool {
	for i, c := range issuers {
		root := i == len(issuers)-1
		switch {
		case !ValidAt(c, at), len(c.UnhandledCriticalExtensions) > 0, !allowsServers(c), !NamesAllowed(c, leaf):
			return false
		case c.BasicConstraintsValid && !c.IsCA, !c.BasicConstraintsValid && (!root || c.Version >= 3):
			return false
		case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
			return false
		case c.MaxPathLen >= 0 && (c.MaxPathLen > 0 || c.MaxPathLenZero) && PathLength(issuers[:i]) > c.MaxPathLen:
			return false
		}
	}
	return true
}

// ValidAt reports whether a certificate is valid at a time (RFC 5280 section 4.1.2.5).
func ValidAt(c *x509.Certificate, at time.Time) bool {
	return !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}

// PathLength counts the issuers that a path length limits: those that did not issue themselves (RFC 5280
// section 4.2.1.9).
func PathLength(issuers []*x509.Certificate) (n int) {
	for _, c := range issuers {
		if string(c.RawIssuer) != string(c.RawSubject) {
			n++
		}
	}
	return n
}

// allowsServers reports whether a CA's extended key usages, if it has any, are for servers, too.
func allowsServers(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// NamesAllowed reports whether a CA's name constraints allow the names of a leaf (RFC 5280 section 4.2.1.10):
// host names and addresses.
func NamesAllowed(ca, leaf *x509.Certificate) bool {
	for _, name := range leaf.DNSNames {
		within := func(domain string) bool { return withinDomain(name, domain) }
		if slices.ContainsFunc(ca.ExcludedDNSDomains, within) ||
			len(ca.PermittedDNSDomains) > 0 && !slices.ContainsFunc(ca.PermittedDNSDomains, within) {
			return false
		}
	}
	for _, ip := range leaf.IPAddresses {
		within := func(n *net.IPNet) bool { return n.Contains(ip) }
		if slices.ContainsFunc(ca.ExcludedIPRanges, within) ||
			len(ca.PermittedIPRanges) > 0 && !slices.ContainsFunc(ca.PermittedIPRanges, within) {
			return false
		}
	}
	return true
}

// withinDomain reports whether a name is a domain, or below it. A domain with a dot before it, which RFC 5280
// has for URIs only, is what most clients take for the names below it.
func withinDomain(name, domain string) bool {
	name, domain = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(domain)
	if domain == "" || name == domain {
		return true
	}
	return strings.HasSuffix(name, "."+strings.TrimPrefix(domain, "."))
}
