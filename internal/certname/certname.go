// Package certname names certificates for people. Whoever makes a certificate chooses its names: what
// would act on a terminal, or hide in a line, is made visible.
package certname

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"

	"github.com/leafcam/leafcam/internal/printable"
)

// Title returns the shortest name that a person knows a certificate by.
func Title(c *x509.Certificate) string {
	switch {
	case !c.IsCA && len(c.DNSNames) > 0:
		return printable.Visible(c.DNSNames[0])
	case !c.IsCA && len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	case len(c.Subject.Names) > 0:
		return Short(c.Subject)
	}
	return "a certificate without a name"
}

// Short returns the common name of a distinguished name, or all of it where it has none.
func Short(n pkix.Name) string {
	if n.CommonName != "" {
		return printable.Visible(n.CommonName)
	}
	return Whole(n)
}

// Whole returns a distinguished name (RFC 4514).
func Whole(n pkix.Name) string { return printable.Visible(n.String()) }

// Names returns what a certificate is for, as [Alternative] does.
func Names(c *x509.Certificate) []string {
	names := Alternative(c.DNSNames, c.IPAddresses)
	for i := range names {
		names[i] = printable.Visible(names[i])
	}
	return names
}

// Alternative returns the DNS names and then the addresses of a subject alternative name (RFC 5280
// section 4.2.1.6) as they are, to be compared.
func Alternative(dns []string, ips []net.IP) []string {
	names := append(make([]string, 0, len(dns)+len(ips)), dns...)
	for _, ip := range ips {
		names = append(names, ip.String())
	}
	return names
}
