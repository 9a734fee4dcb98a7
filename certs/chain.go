package certs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
)

// SelfSigned tells whether a certificate is signed with its own key. Unlike
// x509.Certificate.CheckSignatureFrom it does not ask for a CA.
func SelfSigned(c *x509.Certificate) bool { return SignedBy(c, c) }

// SignedBy tells whether the issuer's name and key fit a certificate: the only thing that makes
// one certificate the issuer of another. It asks neither for dates nor for a CA.
func SignedBy(c, issuer *x509.Certificate) bool {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
		return false
	}
	check := func() bool {
		return issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
	}
	if !c.IsCA {
		return check()
	}
	return checked.get(c, issuer, check)
}

// checked remembers which CAs have signed which: a chain is looked at from several sides, and
// thousands of devices share their CAs.
var checked signatures

// maxChecked bounds what is remembered.
const maxChecked = 4096

type signatures struct {
	mu    sync.Mutex
	known map[[2][sha256.Size]byte]bool
}

// get returns what is known of a pair, or what check finds out.
func (s *signatures) get(c, issuer *x509.Certificate, check func() bool) bool {
	key := [2][sha256.Size]byte{sha256.Sum256(c.Raw), sha256.Sum256(issuer.Raw)}
	s.mu.Lock()
	signed, known := s.known[key]
	s.mu.Unlock()
	if known {
		return signed
	}
	signed = check()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxChecked {
		s.known = map[[2][sha256.Size]byte]bool{}
	}
	s.known[key] = signed
	return signed
}

// maxPool bounds how many certificates a chain is built from, and maxSteps the search in them:
// cross-signed CAs make the number of paths grow without limit.
const (
	maxPool  = 1000
	maxSteps = 10000
)

// BuildChain puts issuers of a leaf in order by their signatures, the leaf's issuer first.
// Of several ways it takes one that ends at a known root: one of the pool, of the anchors, or a
// public one. Among those it takes the longest, so that the clients with the oldest roots are
// served, too, and among equals the one that stays valid longest. A self-signed issuer of the pool
// is returned as root and is not in the chain.
func BuildChain(leaf *x509.Certificate, pool []*x509.Certificate, anchors ...*x509.Certificate) (chain []*x509.Certificate, root *x509.Certificate) {
	b := chainBuilder{anchors: anchors}
	seen := map[string]bool{string(leaf.Raw): true}
	for _, c := range pool {
		if !seen[string(c.Raw)] && len(b.pool) < maxPool {
			seen[string(c.Raw)] = true
			b.pool = append(b.pool, c)
		}
	}
	// The result must not depend on the order in which the files were read.
	slices.SortFunc(b.pool, func(x, y *x509.Certificate) int {
		return cmp.Or(y.NotAfter.Compare(x.NotAfter), bytes.Compare(x.Raw, y.Raw))
	})
	if !SelfSigned(leaf) {
		b.extend(nil, leaf)
	}
	return b.best.chain, b.best.root
}

type chainBuilder struct {
	pool    []*x509.Certificate
	anchors []*x509.Certificate
	best    foundChain
	steps   int
}

// A foundChain is a way from the leaf, perhaps to a root.
type foundChain struct {
	chain []*x509.Certificate
	root  *x509.Certificate // of the pool
	known bool              // it ends at a root that somebody knows
}

// consider keeps a way when it is better than the best so far.
func (b *chainBuilder) consider(f foundChain) {
	switch {
	case f.known != b.best.known:
		if !f.known {
			return
		}
	case len(f.chain) < len(b.best.chain), len(f.chain) == len(b.best.chain) && (b.best.root != nil || f.root == nil):
		return
	}
	f.chain = slices.Clone(f.chain)
	b.best = f
}

// extend tries every issuer of the last certificate of a path.
func (b *chainBuilder) extend(path []*x509.Certificate, last *x509.Certificate) {
	b.consider(foundChain{chain: path, known: b.anchored(last)})
	for _, issuer := range b.pool {
		if b.steps >= maxSteps || !bytes.Equal(last.RawIssuer, issuer.RawSubject) {
			continue
		}
		b.steps++
		if !SignedBy(last, issuer) {
			continue
		}
		if SelfSigned(issuer) {
			b.consider(foundChain{path, issuer, true})
			continue
		}
		// A CA comes once in a path, whoever signed it.
		if !slices.ContainsFunc(path, func(c *x509.Certificate) bool { return sameCA(c, issuer) }) {
			b.extend(append(slices.Clip(path), issuer), issuer)
		}
	}
}

// anchored tells whether a root that is not in the pool has signed a certificate.
func (b *chainBuilder) anchored(c *x509.Certificate) bool {
	return slices.ContainsFunc(b.anchors, func(root *x509.Certificate) bool { return SignedBy(c, root) }) || FindRoot(c) != nil
}

// sameCA tells whether two certificates are for the same name and key.
func sameCA(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
}

// OrderChain is BuildChain for files that should hold one chain and nothing else: it is an error
// when a certificate belongs to another one. The leaf itself, duplicates, and further
// certificates for the CAs of the chain may be among them.
func OrderChain(leaf *x509.Certificate, list []*x509.Certificate) (chain []*x509.Certificate, root *x509.Certificate, err error) {
	chain, root = BuildChain(leaf, list)
	used := append(slices.Clone(chain), leaf)
	if root != nil {
		used = append(used, root)
	}
	for _, c := range list {
		if !slices.ContainsFunc(used, func(u *x509.Certificate) bool { return sameCA(u, c) }) {
			return nil, nil, fmt.Errorf("the certificate of %q does not belong to the chain of %q", c.Subject, leaf.Subject)
		}
	}
	return chain, root, nil
}
