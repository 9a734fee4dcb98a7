package certs

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"slices"
	"time"
)

// MaxLinks is how many issuers a path has at most between a leaf and a root.
const MaxLinks = 16

// Bounds of the search for a chain: cross-signed CAs make the number of paths grow without limit,
// and CAs of one name the number of signatures that have to be checked.
const (
	maxPool  = 4000 // certificates
	maxSteps = 2000 // of the search for a better path than the shortest
	maxWork  = 6000 // see checkCost: less than a second
)

// BuildChain is the [Search.Longest] for now among a pool. A root of the pool is returned and is not in
// the chain; one of the anchors, or a public one, is where the chain ends and is not returned.
func BuildChain(
	leaf *x509.Certificate, pool []*x509.Certificate, anchors ...*x509.Certificate,
) (chain []*x509.Certificate, root *x509.Certificate) {
	p := Search{At: time.Now(), Pool: pool, Anchors: anchors}.Longest(leaf)
	if p.Root == nil || !p.inPool {
		return p.Issuers, nil
	}
	return p.Issuers, p.Root
}

// A Search looks for the ways from a leaf to roots. Of several it prefers one that ends at a known root:
// one of the pool, of the anchors, or what Anchor returns; and among those one on which no certificate is
// in the way at that time: none has expired, all may issue for servers, and for the leaf's names.
//
// The work is bounded, to less than a second. Where the bound is reached, the path is the best that was
// found.
type Search struct {
	At      time.Time
	Pool    []*x509.Certificate
	Anchors []*x509.Certificate
	// Anchor returns a root from elsewhere that has signed a certificate, or nil; FindRoot when nil.
	Anchor func(*x509.Certificate) *x509.Certificate
}

// A Path is a way from a leaf.
type Path struct {
	Issuers []*x509.Certificate // the leaf's first, without the root
	Root    *x509.Certificate   // nil when the path ends nowhere
	Sound   bool                // no certificate of it is in the way

	inPool bool // the root is one of the pool
}

// Longest returns the longest path, so that the clients with the oldest roots are served, too, and among
// equals the one that stays valid longest. A leaf that is its own issuer has none.
func (s Search) Longest(leaf *x509.Certificate) Path {
	b := newChainBuilder(s, leaf)
	if !b.signed(leaf, leaf) {
		b.shortest(leaf)
		b.extend(nil, leaf)
	}
	return b.best
}

// Shortest returns the shortest path to a root, on which the fewest certificates are missing when a leaf
// comes alone. Without a root to be found it is the longest that there is.
func (s Search) Shortest(leaf *x509.Certificate) Path {
	b := newChainBuilder(s, leaf)
	if b.signed(leaf, leaf) {
		return Path{}
	}
	b.short = true
	b.shortest(leaf)
	if b.best.Root == nil {
		b.short = false
		b.extend(nil, leaf)
	}
	return b.best
}

type chainBuilder struct {
	Search
	leaf  *x509.Certificate
	named map[string][]*authority // by subject
	short bool                    // shorter paths are better
	best  Path
	steps int
	work  int // that is left

	signers map[*x509.Certificate][]*authority
	known   map[*x509.Certificate]*x509.Certificate // roots that are not in the pool, nil for none
}

// An authority is a CA of the pool: a name with a key, and the certificates for it. What one of them
// has signed, all have signed.
type authority struct {
	certificates []*x509.Certificate
	sorted       bool
	root         *x509.Certificate   // the self-signed one that is valid, and stays it longest, or nil
	links        []*x509.Certificate // those that others have signed
}

// newChainBuilder puts the certificates of a pool in an order that does not depend on the one in
// which the files were read.
func newChainBuilder(s Search, leaf *x509.Certificate) *chainBuilder {
	b := &chainBuilder{
		Search: s, leaf: leaf, named: map[string][]*authority{}, work: maxWork,
		signers: map[*x509.Certificate][]*authority{}, known: map[*x509.Certificate]*x509.Certificate{},
	}
	pool := slices.Clone(s.Pool)
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
		case a.root == nil, !ValidAt(a.root, b.At) && ValidAt(c, b.At):
			a.root = c
		}
	}
}

// consider keeps a path when it is better than the best so far.
func (b *chainBuilder) consider(p Path) {
	p.Sound = p.Root != nil && soundPath(b.leaf, append(slices.Clip(p.Issuers), p.Root), b.At)
	if b.better(p, b.best) {
		p.Issuers = slices.Clone(p.Issuers)
		b.best = p
	}
}

// better reports whether a path is better than another one.
func (b *chainBuilder) better(p, than Path) bool {
	longer := len(p.Issuers) - len(than.Issuers)
	switch {
	case (p.Root != nil) != (than.Root != nil):
		return p.Root != nil
	case p.Sound != than.Sound:
		return p.Sound
	case longer == 0:
		return p.inPool && !than.inPool
	}
	return (longer < 0) == b.short
}

// shortest finds a shortest way to a known root, and goes on until one is sound. It looks at each
// certificate once, and finds one however many ways there are.
func (b *chainBuilder) shortest(leaf *x509.Certificate) {
	seen := map[*x509.Certificate]bool{}
	for paths := [][]*x509.Certificate{{leaf}}; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		last := path[len(path)-1]
		if end := b.anchor(last); end != nil {
			b.consider(Path{Issuers: path[1:], Root: end})
		}
		for _, a := range b.signersOf(last) {
			if a.root != nil {
				b.consider(Path{Issuers: path[1:], Root: a.root, inPool: true})
			}
			if b.best.Sound {
				return
			}
			if len(path) > MaxLinks {
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
	b.consider(Path{Issuers: path, Root: b.anchor(last)})
	for _, a := range b.signersOf(last) {
		if a.root != nil {
			b.consider(Path{Issuers: path, Root: a.root, inPool: true})
		}
		// A CA comes once in a path, whoever signed it.
		if len(path) == MaxLinks || slices.ContainsFunc(path, func(c *x509.Certificate) bool { return sameCA(c, a.certificates[0]) }) {
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

// anchor returns the root that has signed a certificate and is not in the pool, or nil.
func (b *chainBuilder) anchor(c *x509.Certificate) *x509.Certificate {
	root, asked := b.known[c]
	if asked {
		return root
	}
	if b.work--; b.work < 0 { // the system's roots are not asked for nothing
		return nil
	}
	if i := slices.IndexFunc(b.Anchors, func(root *x509.Certificate) bool { return b.signed(c, root) }); i >= 0 {
		root = b.Anchors[i]
	} else if b.Anchor != nil {
		root = b.Anchor(c)
	} else {
		root = FindRoot(c)
	}
	b.known[c] = root
	return root
}

// sameCA reports whether two certificates are for the same name and key.
func sameCA(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
}
