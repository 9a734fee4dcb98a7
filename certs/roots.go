package certs

import (
	"bytes"
	"crypto/x509"
	"slices"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// mozillaBySubject finds the roots of a name. They are parsed when they are asked for: few are.
var mozillaBySubject = sync.OnceValue(func() map[string][]*namedRoot {
	roots := map[string][]*namedRoot{}
	for root := range bundle.Roots() {
		name := string(RawSubject(root.Certificate))
		roots[name] = append(roots[name], &namedRoot{der: root.Certificate})
	}
	return roots
})

// A namedRoot is a root of Mozilla's list.
type namedRoot struct {
	der    []byte
	once   sync.Once
	parsed *x509.Certificate // nil for one that Go cannot parse
}

func (r *namedRoot) certificate() *x509.Certificate {
	r.once.Do(func() {
		if c, err := x509.ParseCertificate(r.der); err == nil {
			r.parsed = c
		}
	})
	return r.parsed
}

// PublicRoot returns the root of Mozilla's list, as this program was built with it, that signed
// a certificate; nil when there is none.
func PublicRoot(top *x509.Certificate) *x509.Certificate {
	for _, named := range mozillaBySubject()[string(top.RawIssuer)] {
		if root := named.certificate(); root != nil && SignedBy(top, root) {
			return root
		}
	}
	return nil
}

// LoadSystemRoots begins to read this system's trust store, which takes some milliseconds, beside what its caller
// does. Without it FindRoot waits for that.
func LoadSystemRoots() {
	go func() { _, _ = x509.SystemCertPool() }() // FindRoot finds out when there is none
}

// FindRoot returns the root that signed a certificate: from Mozilla's list or from the system's
// trust store, where somebody may have added some. It returns nil when there is none.
func FindRoot(top *x509.Certificate) *x509.Certificate {
	if root := PublicRoot(top); root != nil {
		return root
	}
	if chains := systemChains(top); len(chains) > 0 {
		return chains[0][len(chains[0])-1]
	}
	return nil
}

// RootsOf returns every root that signed a certificate, of Mozilla's list and of this system's trust store: a name and key may
// have more than one certificate. The bool tells which of them are in Mozilla's list.
func RootsOf(top *x509.Certificate) (roots []*x509.Certificate, public []bool) {
	for _, named := range mozillaBySubject()[string(top.RawIssuer)] {
		if root := named.certificate(); root != nil && SignedBy(top, root) {
			roots, public = append(roots, root), append(public, true)
		}
	}
	for _, chain := range systemChains(top) {
		root := chain[len(chain)-1]
		if SignedBy(top, root) && !slices.ContainsFunc(roots, root.Equal) {
			roots, public = append(roots, root), append(public, false)
		}
	}
	return roots, public
}

// systemChains are the ways from a certificate to the roots of this system's trust store.
func systemChains(top *x509.Certificate) [][]*x509.Certificate {
	between := x509.NewCertPool()
	between.AddCert(top)
	// A certificate that has expired has a root, too.
	at := top.NotBefore.Add(top.NotAfter.Sub(top.NotBefore) / 2)
	chains, err := top.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil
	}
	return chains
}

// PublicRootOf returns the root of Mozilla's list that has a certificate's name and key; nil when there is none.
func PublicRootOf(c *x509.Certificate) *x509.Certificate {
	for _, named := range mozillaBySubject()[string(c.RawSubject)] {
		if root := named.certificate(); root != nil && bytes.Equal(root.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo) {
			return root
		}
	}
	return nil
}
