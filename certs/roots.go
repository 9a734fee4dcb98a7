package certs

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// MozillaRoots returns the roots of Mozilla's list as this program was built with it. Those
// with constraints of their own that crypto/x509 cannot express in a pool are left out.
var MozillaRoots = sync.OnceValue(func() []*x509.Certificate {
	var list []*x509.Certificate
	for root := range bundle.Roots() {
		if c, err := x509.ParseCertificate(root.Certificate); err == nil && root.Constraint == nil {
			list = append(list, c)
		}
	}
	return list
})

// mozillaBySubject finds the roots of a name.
var mozillaBySubject = sync.OnceValue(func() map[string][]*x509.Certificate {
	roots := map[string][]*x509.Certificate{}
	for root := range bundle.Roots() {
		if c, err := x509.ParseCertificate(root.Certificate); err == nil {
			roots[string(c.RawSubject)] = append(roots[string(c.RawSubject)], c)
		}
	}
	return roots
})

// FindRoot returns the publicly trusted root that signed a certificate: from the
// system's trust store or from Mozilla's list as this program was built with it. It
// returns nil when there is none.
func FindRoot(top *x509.Certificate) *x509.Certificate {
	for _, root := range mozillaBySubject()[string(top.RawIssuer)] {
		if SignedBy(top, root) {
			return root
		}
	}
	between := x509.NewCertPool()
	between.AddCert(top)
	chains, err := top.Verify(x509.VerifyOptions{Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil
	}
	return chains[0][len(chains[0])-1]
}
