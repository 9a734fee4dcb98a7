package certs

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

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

// PublicRoot returns the root of Mozilla's list, as this program was built with it, that signed
// a certificate; nil when there is none.
func PublicRoot(top *x509.Certificate) *x509.Certificate {
	for _, root := range mozillaBySubject()[string(top.RawIssuer)] {
		if SignedBy(top, root) {
			return root
		}
	}
	return nil
}

// FindRoot returns the root that signed a certificate: from Mozilla's list or from the system's
// trust store, where somebody may have added some. It returns nil when there is none.
func FindRoot(top *x509.Certificate) *x509.Certificate {
	if root := PublicRoot(top); root != nil {
		return root
	}
	between := x509.NewCertPool()
	between.AddCert(top)
	// A certificate that has expired has a root, too.
	at := top.NotBefore.Add(top.NotAfter.Sub(top.NotBefore) / 2)
	chains, err := top.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil
	}
	return chains[0][len(chains[0])-1]
}
