package policy

import (
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// nameFaults are those of a leaf's names for a host; none without a host.
func nameFaults(leaf *x509.Certificate, host string) []Fault {
	if host == "" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil {
		return addressFaults(leaf, ip)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	underscore := Fault("")
	if strings.Contains(host, "_") {
		underscore = "name: an underscore"
	}
	fault := bestName(leaf, host)
	if strings.HasPrefix(host, "_") || underscore != "" && fault == "name: a wildcard" {
		fault = "name: an underscore under a wildcard"
	}
	var faults []Fault
	for _, f := range []Fault{underscore, fault} {
		if f != "" && f != "name: a wildcard" {
			faults = append(faults, f)
		}
	}
	return faults
}

// bestName returns what is special about the name of a leaf that fits a host best; "" for nothing.
func bestName(leaf *x509.Certificate, host string) Fault {
	best := Fault("name: another one")
	rank := map[Fault]int{
		"": 6, "name: a wildcard": 5, "name: a dot at the end": 4, "name: a wildcard of two labels": 3, "name: a wildcard in a label": 2,
		"name: a wildcard before the end of a label": 2, "name: a wildcard inside": 1, "name: a wildcard for the domain itself": 1,
	}
	for _, name := range leaf.DNSNames {
		if f, fits := fit(strings.ToLower(name), host); fits && rank[f] > rank[best] {
			best = f
		}
	}
	if best != "name: another one" || commonName(leaf) != host {
		return best
	}
	switch {
	case certs.Extension(leaf, certs.OIDSubjectAltName) == nil:
		return "name: the common name alone"
	case len(leaf.DNSNames) > 0:
		return "name: the common name, and others"
	case len(leaf.IPAddresses) > 0:
		return "name: the common name, and an address"
	}
	return "name: the common name, and a URI"
}

func commonName(leaf *x509.Certificate) string { return strings.ToLower(leaf.Subject.CommonName) }

// fit reports whether a name of a certificate stands for a host with some client, and how.
func fit(name, host string) (how Fault, fits bool) {
	if name == host {
		return "", true
	}
	if trimmed, ok := strings.CutSuffix(name, "."); ok && trimmed == host {
		return "name: a dot at the end", true
	}
	labels, hosts := strings.Split(name, "."), strings.Split(host, ".")
	if labels[0] == "*" && strings.Join(labels[1:], ".") == host {
		return "name: a wildcard for the domain itself", true
	}
	if len(labels) != len(hosts) {
		return "", false
	}
	for i, label := range labels {
		switch before, after, wild := strings.Cut(label, "*"); {
		case !wild && label == hosts[i]:
		case !wild:
			return "", false
		case !strings.HasPrefix(hosts[i], before) || !strings.HasSuffix(hosts[i], after) || len(hosts[i]) < len(before)+len(after):
			return "", false
		case i > 0:
			how = "name: a wildcard inside"
		case len(labels) == 2:
			how = "name: a wildcard of two labels"
		case before != "":
			how = "name: a wildcard in a label"
		case after != "":
			how = "name: a wildcard before the end of a label"
		default:
			how = "name: a wildcard"
		}
	}
	return how, true
}

// addressFaults are those of a leaf's names for an address. Clients look for it in one place or another: any
// place in which it stands may do.
func addressFaults(leaf *x509.Certificate, ip net.IP) []Fault {
	address := slices.ContainsFunc(leaf.IPAddresses, ip.Equal)
	host := slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return net.ParseIP(name).Equal(ip) })
	common := net.ParseIP(leaf.Subject.CommonName).Equal(ip)
	switch {
	case address && host:
		return []Fault{"name: an address, and among the host names"}
	case address && common:
		return []Fault{"name: an address, and the common name"}
	case address:
		return []Fault{"name: an address"}
	case host:
		return []Fault{"name: an address among the host names"}
	case common:
		return []Fault{"name: an address as the common name"}
	}
	return []Fault{"name: another one"}
}
