package preflight

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// names compares the host with the certificate, and looks at what CAs think of its names.
func (c *checker) names() {
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	names := c.leaf.Names()
	if len(names) == 0 {
		c.add(CodeNoSAN, c.subject.CertFile,
			fmt.Sprintf("the certificate has no subject alternative name, only the common name \"%s\"", p.Subject.CommonName),
			Symptom{"Go", "x509: certificate relies on legacy Common Name field, use SANs instead"},
			Symptom{"Chromium", "ERR_CERT_COMMON_NAME_INVALID"})
	} else if c.options.Host != "" {
		c.compareHost(names)
	}
	for _, name := range names {
		c.nameKind(name)
	}
}

func (c *checker) compareHost(names []string) {
	host, err := certs.ParseHostName(c.options.Host)
	asked := strings.TrimSuffix(strings.ToLower(c.options.Host), ".")
	if err == nil {
		asked = host.Name
	}
	if c.leaf.Parsed.VerifyHostname(asked) == nil {
		return
	}
	title := fmt.Sprintf("the certificate is for %s, not for %s", list(names), asked)
	switch {
	case host.IsIP():
		title = fmt.Sprintf("the certificate is for %s, and not for the address %s", list(names), asked)
	case wildcardTooDeep(names, asked):
		title += " (a wildcard stands for one label)"
	}
	c.add(CodeNameMismatch, c.subject.CertFile, title,
		Symptom{"curl", "no alternative certificate subject name matches target host name"},
		Symptom{"openssl", "hostname mismatch"},
		Symptom{"Chromium", "ERR_CERT_COMMON_NAME_INVALID"})
}

// wildcardTooDeep reports whether a wildcard would match if it stood for more labels than one
// (RFC 6125 section 6.4.3), or for none.
func wildcardTooDeep(names []string, host string) bool {
	for _, n := range names {
		base, ok := strings.CutPrefix(n, "*.")
		if ok && (host == base || strings.HasSuffix(host, "."+base)) {
			return true
		}
	}
	return false
}

func (c *checker) nameKind(name string) {
	host, err := certs.ParseHostName(name)
	if err != nil || host.Kind == certs.NamePublic || host.Kind == certs.NameWildcard {
		return
	}
	f := c.add(CodeNameNotPublic, c.subject.CertFile, fmt.Sprintf("%s: %s", host.Name, host.Why()))
	if host.Public() {
		f.Fix = "renew every few days, or use a DNS name"
	}
}

// list names at most three of a list.
func list(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
