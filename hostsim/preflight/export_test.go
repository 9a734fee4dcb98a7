package preflight

import (
	"context"
	"crypto/x509"
	"net"
	"syscall"
)

// WithPublicRoots returns options under which these roots are public ones.
func (o Options) WithPublicRoots(roots ...*x509.Certificate) Options {
	o.publicRoots = roots
	return o
}

// WithDialer returns options under which AIA URLs are asked by a dialer. It has to ask control about
// each address that it connects to.
func (f Fetch) WithDialer(
	dial func(control func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error),
) *Fetch {
	f.dialer = dial
	return &f
}

// Control decides on an address that is about to be connected to.
func (f *Fetch) Control(network, address string) error { return f.control(network, address, nil) }

// ParseAnswer reads what an AIA URL answered.
var ParseAnswer = parseAnswer

// StoresOf returns what is found of a public root, with certificates that the delivery has besides.
func StoresOf(root *x509.Certificate, besides ...*x509.Certificate) *Finding {
	c := &checker{subject: &Subject{}, report: &Report{}, public: true, root: root}
	c.nameStores(besides)
	return c.report.Finding(CodeOlderStores)
}

// Names returns every name of a client that is not one of hostsim's.
func Names() []string {
	names := ClientNames()
	for name := range aliases {
		names = append(names, name)
	}
	return names
}
