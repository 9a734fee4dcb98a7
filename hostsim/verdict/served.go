package verdict

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

// Served is what a server presents, with what is known of the rest of its chain.
type Served struct {
	Sent    []*x509.Certificate // the leaf first; empty when nothing that Go can parse is sent
	Missing []*x509.Certificate // intermediates that are not sent, as far as they are known, the leaf's issuer first
	Root    *x509.Certificate   // where the chain ends; nil when that is not known
	// WrongKey says that the private key is not the leaf's, which the camera never asks.
	WrongKey bool
	// Untrusted says that nobody trusts the root: every client has to refuse.
	Untrusted bool
	// Elsewhere says that another server than a camera presents it.
	Elsewhere bool

	selfSigned bool
}

// NewServed finds the chain of what is sent, the leaf first, among further certificates that are
// known: intermediates, and perhaps a root. Public roots are known anyway.
func NewServed(sent, known []*x509.Certificate) *Served {
	s := &Served{Sent: sent}
	if len(sent) == 0 {
		return s
	}
	if s.selfSigned = certs.SelfSigned(sent[0]); s.selfSigned {
		return s
	}
	chain, root := certs.BuildChain(sent[0], append(slices.Clone(sent[1:]), known...))
	top := sent[0]
	for _, c := range chain {
		if top = c; !slices.ContainsFunc(sent, c.Equal) {
			s.Missing = append(s.Missing, c)
		}
	}
	if s.Root = root; root == nil {
		s.Root = certs.FindRoot(top)
	}
	return s
}

// Leaf returns the leaf, nil when nothing is sent.
func (s *Served) Leaf() *x509.Certificate {
	if len(s.Sent) == 0 {
		return nil
	}
	return s.Sent[0]
}

// SelfSigned reports whether the leaf is its own issuer.
func (s *Served) SelfSigned() bool { return s.selfSigned }

// Gap reports whether a client that trusts the root lacks something between it and what is sent.
// Where nothing is known above the leaf there is one; above intermediates that are sent it is the
// root that is not known.
func (s *Served) Gap() bool {
	return len(s.Sent) > 0 && !s.SelfSigned() && (len(s.Missing) > 0 || s.Root == nil && len(s.Sent) == 1)
}

// RootName is the name of the root as far as it is known.
func (s *Served) RootName() string {
	if s.Root != nil {
		return certname.Title(s.Root)
	}
	top := s.Sent[len(s.Sent)-1]
	if len(s.Missing) > 0 {
		top = s.Missing[len(s.Missing)-1]
	}
	return certname.Short(top.Issuer)
}

// issuerName is the name of the lowest issuer that a client lacks.
func (s *Served) issuerName() string {
	if len(s.Missing) > 0 {
		return certname.Title(s.Missing[0])
	}
	return certname.Short(s.Sent[len(s.Sent)-1].Issuer)
}

// Lacks says what a client needs besides what is sent, such as `the intermediate "R10"`; "" when
// there is no gap.
func (s *Served) Lacks() string {
	switch {
	case !s.Gap():
		return ""
	case len(s.Missing) == 0 && !publiclyIssued(s.Sent[0]):
		return `the issuer "` + s.issuerName() + `"` // perhaps a root
	case len(s.Missing) < 2:
		return `the intermediate "` + s.issuerName() + `"`
	}
	var names []string
	for _, c := range s.Missing {
		names = append(names, `"`+certname.Title(c)+`"`)
	}
	return "the intermediates " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// publiclyIssued reports whether a leaf says that it comes from a public CA (CA/Browser Forum
// Baseline Requirements 7.1.6.1): there is always an intermediate then.
func publiclyIssued(leaf *x509.Certificate) bool {
	const validated = "2.23.140.1."
	return slices.ContainsFunc(leaf.Policies, func(id x509.OID) bool { return strings.HasPrefix(id.String(), validated) })
}

// namesOf returns the names that a leaf is for, as text.
func namesOf(leaf *x509.Certificate) string {
	names := certname.Names(leaf)
	if len(names) == 0 {
		return "no name"
	}
	return strings.Join(names, ", ")
}

// outOfDate says why a leaf is not valid at a time; "" when it is.
func outOfDate(leaf *x509.Certificate, at time.Time) string {
	switch {
	case at.After(leaf.NotAfter):
		return "it has expired on " + leaf.NotAfter.UTC().Format(time.DateOnly)
	case at.Before(leaf.NotBefore):
		return "it is not valid before " + leaf.NotBefore.UTC().Format(time.DateOnly)
	}
	return ""
}
