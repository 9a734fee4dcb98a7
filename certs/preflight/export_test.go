package preflight

import "crypto/x509"

// WithPublicRoots returns options under which these roots are public ones.
func (o Options) WithPublicRoots(roots ...*x509.Certificate) Options {
	o.publicRoots = roots
	return o
}
