package certs

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
)

// Bounds of the search for a chain: cross-signed CAs make the number of paths grow without limit,
// and CAs of one name the number of signatures that have to be checked.
const (
	maxPool  = 4000 // certificates
	maxSteps = 2000 // of the search for a better path than the shortest
	maxLinks = 16   // between the leaf and a root
	maxWork  = 6000 // see checkCost: less than a second
)

// BuildChain puts issuers of a leaf in order by their signatures, the leaf's issuer first.
// Of several ways it takes one that ends at a known root: one of the pool, of the anchors, or a
// public one. Among those it takes the longest, so that the clients with the oldest roots are
// served, too, and among equals the one that stays valid longest. A self-signed issuer of the pool
// is returned as root and is not in the chain.
//
// The work is bounded, to less than a second. Where the bound is reached, the chain is the best
// that was found.
func BuildChain(
	leaf *x509.Certificate, pool []*x509.Certificate, anchors ...*x509.Certificate,
) (chain []*x509.Certificate, root *x509.Certificate) {
	b := newChainBuilder(leaf, pool, anchors)
	if !b.signed(leaf, leaf) {
		b.shortest(leaf)
		b.extend(nil, leaf)
	}
	return b.best.chain, b.best.root
}

type chainBuilder struct {
	named   map[string][]*authority // by subject
	anchors []*x509.Certificate
	best    foundChain
	steps   int
	work    int // that is left

	signers map[*x509.Certificate][]*authority
	known   map[*x509.Certificate]bool
}

// An authority is a CA of the pool: a name with a key, and the certificates for it. What one of them
// has signed, all have signed.
type authority struct {
	certificates []*x509.Certificate
	sorted       bool
	root         *x509.Certificate   // the self-signed one that stays valid longest, or nil
	links        []*x509.Certificate // those that others have signed
}

// newChainBuilder puts the certificates of a pool in an order that does not depend on the one in
// which the files were read.
func newChainBuilder(leaf *x509.Certificate, pool, anchors []*x509.Certificate) *chainBuilder {
	b := &chainBuilder{
		named: map[string][]*authority{}, anchors: anchors, work: maxWork,
		signers: map[*x509.Certificate][]*authority{}, known: map[*x509.Certificate]bool{},
	}
	pool = slices.Clone(pool)
	slices.SortFunc(pool, func(x, y *x509.Certificate) int {
		return cmp.Or(y.NotAfter.Compare(x.NotAfter), bytes.Compare(x.Raw, y.Raw))
	})
	pool = slices.CompactFunc(pool, (*x509.Certificate).Equal)
	authorities := map[[2]string]*authority{}
	for _, c := range pool[:min(len(pool), maxPool)] {
		if c.Equal(leaf) {
			continue
		}
		id := [2]string{string(c.RawSubject), string(c.RawSubjectPublicKeyInfo)}
		a := authorities[id]
		if a == nil {
			a = &authority{}
			authorities[id], b.named[id[0]] = a, append(b.named[id[0]], a)
		}
		a.certificates = append(a.certificates, c)
	}
	return b
}

// signed is SignedBy within what work is left.
func (b *chainBuilder) signed(c, issuer *x509.Certificate) bool {
	cost := checkCost(c, issuer)
	if cost > b.work {
		return false
	}
	b.work -= cost
	return SignedBy(c, issuer)
}

// signersOf returns the authorities that have signed a certificate. Those that it names by their key
// identifier (RFC 5280 section 4.2.1.1) are asked first, and the others only if it was none of them.
func (b *chainBuilder) signersOf(c *x509.Certificate) []*authority {
	if signers, asked := b.signers[c]; asked {
		return signers
	}
	candidates := slices.Clone(b.named[string(c.RawIssuer)])
	slices.SortStableFunc(candidates, func(x, y *authority) int {
		return cmp.Compare(y.matches(c), x.matches(c))
	})
	var signers []*authority
	for _, a := range candidates {
		if len(signers) > 0 && a.matches(c) == 0 {
			break
		}
		if b.signed(c, a.certificates[0]) {
			b.sort(a)
			signers = append(signers, a)
		}
	}
	b.signers[c] = signers
	return signers
}

// matches tells how well an authority fits the key identifier that a certificate has of its issuer.
func (a *authority) matches(c *x509.Certificate) int {
	if len(c.AuthorityKeyId) > 0 && bytes.Equal(c.AuthorityKeyId, a.certificates[0].SubjectKeyId) {
		return 1
	}
	return 0
}

// sort tells the self-signed certificates of an authority from the others.
func (b *chainBuilder) sort(a *authority) {
	if a.sorted {
		return
	}
	a.sorted = true
	for _, c := range a.certificates {
		switch {
		case !b.signed(c, c):
			a.links = append(a.links, c)
		case a.root == nil:
			a.root = c
		}
	}
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

// shortest finds a shortest way to a known root. It looks at each certificate once, and finds one
// however many ways there are.
func (b *chainBuilder) shortest(leaf *x509.Certificate) {
	seen := map[*x509.Certificate]bool{}
	for paths := [][]*x509.Certificate{{leaf}}; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		last := path[len(path)-1]
		if b.anchored(last) {
			b.consider(foundChain{chain: path[1:], known: true})
			return
		}
		for _, a := range b.signersOf(last) {
			if a.root != nil {
				b.consider(foundChain{path[1:], a.root, true})
				return
			}
			if len(path) > maxLinks {
				continue
			}
			for _, issuer := range a.links {
				if !seen[issuer] {
					seen[issuer] = true
					paths = append(paths, append(slices.Clip(path), issuer))
				}
			}
		}
	}
}

// extend tries every issuer of the last certificate of a path.
func (b *chainBuilder) extend(path []*x509.Certificate, last *x509.Certificate) {
	b.consider(foundChain{chain: path, known: b.anchored(last)})
	for _, a := range b.signersOf(last) {
		if a.root != nil {
			b.consider(foundChain{path, a.root, true})
		}
		// A CA comes once in a path, whoever signed it.
		if len(path) == maxLinks || slices.ContainsFunc(path, func(c *x509.Certificate) bool { return sameCA(c, a.certificates[0]) }) {
			continue
		}
		for _, issuer := range a.links {
			if b.steps++; b.steps > maxSteps {
				return
			}
			b.extend(append(slices.Clip(path), issuer), issuer)
		}
	}
}

// anchored tells whether a root that is not in the pool has signed a certificate.
func (b *chainBuilder) anchored(c *x509.Certificate) bool {
	known, asked := b.known[c]
	if asked {
		return known
	}
	if b.work--; b.work < 0 { // the system's roots are not asked for nothing
		return false
	}
	known = slices.ContainsFunc(b.anchors, func(root *x509.Certificate) bool { return b.signed(c, root) }) || FindRoot(c) != nil
	b.known[c] = known
	return known
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
