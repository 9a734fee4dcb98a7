package policy

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"github.com/leafcam/leafcam/certs"
)

// A Question is what a client is asked: does it accept these certificates?
type Question struct {
	Sent  []*x509.Certificate // by the server, the leaf first
	Roots []*x509.Certificate // trust anchors
	Store []*x509.Certificate // intermediates that the client has besides
	Host  string              // "" compares no name
	At    time.Time
}

// An Answer is what a client does.
type Answer struct {
	Completes bool
	Found     // why it does not
}

// Faults of a path that there is not.
const (
	FaultNoPath Fault = "no path to a root" // an issuer is missing, or no anchor is known
	FaultLinks  Fault = "too many intermediates"
	FaultForged Fault = "a signature that is not the issuer's"
	FaultSent   Fault = "a certificate that was sent, and is not needed" // it is not valid
)

// maxPaths bounds the paths that a client is said to try.
const maxPaths = 64

// path is a way from the leaf to an anchor, which is the last of the issuers.
type path struct {
	issuers    []*x509.Certificate
	unanchored bool // it ends before an anchor
}

// anchor reports whether an issuer is the anchor.
func (p path) anchor(i int) bool { return !p.unanchored && i == len(p.issuers)-1 }

// Leaf returns what the client refuses in a leaf whose issuers are not known; the zero value for nothing.
func (v *Verifier) Leaf(q Question) Found { return v.refuses(faultsOf(&q, path{})) }

// Pinned returns what the client refuses in a self-signed certificate that it is told to trust; the zero value
// for nothing. Nobody asks who has signed an anchor, how, and whether it is a CA.
func (v *Verifier) Pinned(q Question) Found {
	faults := slices.DeleteFunc(faultsOf(&q, path{}), func(f Found) bool { return slices.Contains(unaskedOfAnchors, f.Fault) })
	return v.refuses(faults)
}

var unaskedOfAnchors = []Fault{
	"leaf: CA", "leaf: SHA-1", "leaf: RSA with SHA-1", "leaf: SHA-512", "leaf: RSASSA-PSS",
	"leaf: keyUsage of a CA as well", "leaf: pathlen without CA",
}

// signed reports whether each certificate is signed by the next one.
func (p path) signed(leaf *x509.Certificate) bool {
	for _, issuer := range p.issuers {
		if !certs.SignedBy(leaf, issuer) {
			return false
		}
		leaf = issuer
	}
	return true
}

// anchored reports whether one of the roots has signed a certificate.
func (q *Question) anchored(c *x509.Certificate) bool {
	return slices.ContainsFunc(q.Roots, func(root *x509.Certificate) bool { return certs.SignedBy(c, root) })
}

// Verify answers for one client: it builds the paths as the client does, and takes the first on which there
// is nothing that the client refuses. A client without a way back has one path.
func (v *Verifier) Verify(q Question) Answer {
	invalid := func(c *x509.Certificate) bool { return !certs.ValidAt(c, q.At) && q.anchored(c) }
	if v.everySentValid && slices.ContainsFunc(q.Sent[1:], invalid) {
		return Answer{Found: Found{Fault: FaultSent}}
	}
	b := builder{Verifier: v, q: &q}
	b.extend(nil, q.Sent[0])
	answer := Answer{Found: Found{Fault: FaultNoPath}}
	for i, p := range b.paths {
		found := v.refuses(faultsOf(&q, p))
		if v.byName && !p.signed(q.Sent[0]) {
			found = Found{Fault: FaultForged}
		}
		if found.Fault == "" && len(p.issuers)-1 > v.links {
			found = Found{Fault: FaultLinks}
		}
		if found.Fault == "" {
			return Answer{Completes: true}
		}
		if i == 0 {
			answer.Found = found
		}
	}
	return answer
}

// refuses returns the first of the faults that the client refuses, or the zero value.
func (v *Verifier) refuses(faults []Found) Found {
	for _, f := range faults {
		if v.refused[f.Fault] {
			return f
		}
	}
	return Found{}
}

// builder builds paths as a client does.
type builder struct {
	*Verifier
	q     *Question
	paths []path
}

// extend goes on from the last certificate of a path. It reports whether the client stops looking.
func (b *builder) extend(issuers []*x509.Certificate, last *x509.Certificate) (done bool) {
	if len(b.paths) == maxPaths || len(issuers) > certs.MaxLinks {
		return true
	}
	anchors := b.valid(b.issuersAmong(b.anchors(), last, false))
	if len(anchors) > 0 && !(b.untrustedFirst && len(b.among(last)) > 0) {
		for _, anchor := range anchors {
			b.paths = append(b.paths, path{issuers: append(slices.Clip(issuers), anchor)})
			if !b.wayBack {
				return true
			}
		}
	}
	for _, issuer := range b.among(last) {
		if slices.ContainsFunc(issuers, issuer.Equal) {
			continue
		}
		if b.extend(append(slices.Clip(issuers), issuer), issuer) || !b.wayBack {
			return !b.wayBack
		}
	}
	return false
}

// anchors are the certificates at which a path may end.
func (b *builder) anchors() (list []*x509.Certificate) {
	for _, c := range b.q.Roots {
		if b.partial || bytes.Equal(c.RawIssuer, c.RawSubject) {
			list = append(list, c)
		}
	}
	if b.partial && b.storeAnchors {
		list = append(list, b.q.Store...)
	}
	return list
}

// among returns the issuers of a certificate that are no anchors, in the order in which the client tries them.
func (b *builder) among(c *x509.Certificate) []*x509.Certificate {
	sent := b.q.Sent[1:]
	if i := slices.IndexFunc(b.q.Sent, c.Equal); i >= 0 && b.inOrder {
		sent = b.q.Sent[i+1:]
	}
	if b.consecutive {
		sent = sent[:min(1, len(sent))]
	}
	list := slices.Clone(sent)
	if b.lastFirst {
		slices.Reverse(list)
	}
	list = append(list, b.q.Store...)
	if !b.partial {
		list = append(list, b.q.Roots...)
	}
	list = slices.DeleteFunc(b.issuersAmong(list, c, b.byName), func(issuer *x509.Certificate) bool {
		return bytes.Equal(issuer.RawIssuer, issuer.RawSubject) && certs.SelfSigned(issuer)
	})
	if b.firstMatch {
		return list
	}
	return b.valid(list)
}

// valid puts those that are valid first.
func (b *builder) valid(list []*x509.Certificate) []*x509.Certificate {
	slices.SortStableFunc(list, func(x, y *x509.Certificate) int {
		switch vx, vy := certs.ValidAt(x, b.q.At), certs.ValidAt(y, b.q.At); {
		case vx == vy:
			return 0
		case vx:
			return -1
		}
		return 1
	})
	return list
}

// issuersAmong returns the certificates that the client takes for issuers of another one.
func (b *builder) issuersAmong(list []*x509.Certificate, c *x509.Certificate, byName bool) (issuers []*x509.Certificate) {
	for _, issuer := range list {
		if bytes.Equal(issuer.RawSubject, c.RawIssuer) && (byName || certs.SignedBy(c, issuer)) && !(b.keyIDs && otherKeyID(c, issuer)) {
			issuers = append(issuers, issuer)
		}
	}
	return issuers
}
