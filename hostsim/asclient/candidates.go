package asclient

import (
	"bytes"
	"crypto/x509"
	"slices"

	"github.com/leafcam/leafcam/certs"
)

// A Source is where a certificate is known from.
type Source string

// The sources.
const (
	SourceGiven   Source = "your file"
	SourceRoot    Source = "--root"
	SourceServer  Source = "the server"
	SourceFiles   Source = "the files"
	SourceFetched Source = "the AIA URL"
	SourceMozilla Source = "Mozilla's list of public roots"
	SourceSystem  Source = "this system's roots"
)

// Bounds of the search: certificates of one name make the number of signatures that have to be checked grow.
const (
	maxCandidates = 24
	maxPool       = 256  // certificates that are looked at
	maxChecks     = 2000 // signatures
)

// A candidate is a certificate that may be an anchor for a server.
type candidate struct {
	*x509.Certificate
	source Source
}

// A gatherer finds the certificates on all ways from a server's certificate upwards.
type gatherer struct {
	leaf   *x509.Certificate // nil for one that crypto/x509 does not parse
	pool   []candidate
	public bool // Mozilla's and this system's roots are looked at
	checks int
}

// add puts certificates into the pool; those that are there keep their source.
func (g *gatherer) add(source Source, list ...*x509.Certificate) {
	for _, c := range list {
		if len(g.pool) < maxPool && !slices.ContainsFunc(g.pool, func(p candidate) bool { return p.Equal(c) }) {
			g.pool = append(g.pool, candidate{c, source})
		}
	}
}

// signed is [certs.SignedBy] as long as not too many signatures were checked.
func (g *gatherer) signed(c, issuer *x509.Certificate) bool {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
		return false
	}
	g.checks++
	return g.checks <= maxChecks && certs.SignedBy(c, issuer)
}

// gather returns every certificate on a way from the leaf upwards, those nearest to it first, and the leaf itself when it is
// its own issuer.
func (g *gatherer) gather() (list []candidate) {
	var open []*x509.Certificate
	found := func(c candidate) {
		if len(list) < maxCandidates && !slices.ContainsFunc(list, func(p candidate) bool { return p.Equal(c.Certificate) }) {
			list, open = append(list, c), append(open, c.Certificate)
		}
	}
	if g.leaf == nil {
		for _, p := range g.pool {
			if p.IsCA {
				found(p)
			}
		}
	} else {
		open = append(open, g.leaf)
	}
	for ; len(open) > 0; open = open[1:] {
		below := open[0]
		for _, p := range g.pool {
			if g.signed(below, p.Certificate) {
				found(p)
			}
		}
		if !g.public || bytes.Equal(below.RawIssuer, below.RawSubject) {
			continue
		}
		roots, mozilla := certs.RootsOf(below)
		for i, root := range roots {
			source := SourceSystem
			if mozilla[i] {
				source = SourceMozilla
			}
			found(candidate{root, source})
		}
	}
	return list
}

// issuers returns the shortest list of issuers between the leaf and an anchor that are at hand, the leaf's first; ok is false
// where there is no way.
func (g *gatherer) issuers(anchor *x509.Certificate) (list []*x509.Certificate, ok bool) {
	if g.leaf == nil {
		return nil, false
	}
	seen := map[*x509.Certificate]bool{}
	for ways := [][]*x509.Certificate{{g.leaf}}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		top := way[len(way)-1]
		if g.signed(top, anchor) {
			return way[1:], true
		}
		for _, p := range g.pool {
			if !seen[p.Certificate] && g.signed(top, p.Certificate) && !bytes.Equal(p.RawIssuer, p.RawSubject) {
				seen[p.Certificate] = true
				ways = append(ways, append(slices.Clip(way), p.Certificate))
			}
		}
	}
	return nil, false
}
