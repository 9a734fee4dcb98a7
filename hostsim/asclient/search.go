package asclient

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/certname"
)

// search finds the anchors that are possible, and ranks them.
func (c *checker) search() {
	if len(c.subject.Sent) == 0 {
		return
	}
	sender := SourceFiles
	if c.report.Visited {
		sender = SourceServer
	}
	c.ways = gatherer{leaf: c.leaf, public: !c.options.NoPublicRoots}
	c.ways.add(sender, c.sent...)
	c.ways.add(SourceFiles, c.subject.Known...)
	c.ways.add(SourceGiven, c.anchors...)
	c.ways.add(SourceRoot, c.options.Roots...)
	if c.options.Fetch != nil && c.leaf != nil {
		c.ways.add(SourceFetched, preflight.FetchIssuers(c.ctx, c.options.Fetch, c.leaf, c.sent)...)
	}
	c.upwards = c.ways.gather()
	j := c.judge
	otherName := func(p candidate) bool { return saysName(j.ask(c.options.At, c.subject.Sent, p.Raw)) }
	if c.leaf != nil && slices.ContainsFunc(c.upwards, otherName) {
		c.report.ScriptHostname = c.fitting()
		j.hostname = c.report.ScriptHostname // the anchors are the same for another name
	}
	for _, p := range c.upwards {
		if c.ctx.Err() != nil || j.spent() {
			break
		}
		c.consider(j, p)
	}
	slices.SortStableFunc(c.report.Anchors, better)
}

// better puts an anchor first with which the camera accepts what the server sends, now, and for the longest time; among
// equals the one that ends last itself, since it goes on with the server's next intermediate.
func better(a, b Anchor) int {
	return cmp.Or(
		-compareBool(a.Reached, b.Reached), -compareBool(a.holds, b.holds), -a.Until.Compare(b.Until), -a.NotAfter.Compare(b.NotAfter),
		cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Octets, b.Octets),
		strings.Compare(a.SHA256, b.SHA256),
	)
}

var kinds = []Kind{KindRoot, KindCrossSign, KindIntermediate, KindOwn}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// consider asks the camera about an anchor: with what the server sends, and if it never accepts that, with the whole way.
func (c *checker) consider(j judge, p candidate) {
	a := Anchor{
		Kind: c.kindOf(p.Certificate), Source: p.source, Shown: show(p.Raw), Reached: true, Missing: []string{}, certificate: p.Certificate,
	}
	chain := c.subject.Sent
	s := j.spanFrom(c.options.At, chain, p.Raw)
	if s.never() {
		issuers, way := c.ways.issuers(p.Certificate)
		if way {
			a.Reached, chain = false, [][]byte{c.leaf.Raw}
			for _, issuer := range issuers {
				chain = append(chain, issuer.Raw)
			}
			a.Missing = append(a.Missing, c.unsent(issuers)...)
			s = j.spanFrom(c.options.At, chain, p.Raw)
		}
	}
	err := j.ask(c.options.At, c.subject.Sent, p.Raw)
	if s.never() && (err == nil || j.spent()) {
		return // the camera was not asked on every day
	}
	if s.never() {
		c.report.Unusable = append(c.report.Unusable, Unusable{a.Kind, a.Source, a.Shown, err.Error()})
		return
	}
	a.From, a.Until, a.holds = s.from.UTC(), s.until.UTC(), !s.from.After(c.options.At)
	a.Ends = endsFirst(chain, p.Certificate, s)
	if now := c.judge.ask(c.options.At, c.subject.Sent, p.Raw); now != nil { // with the name that was given
		a.Now = now.Error()
	}
	a.Warnings = c.warnings(&a)
	a.Unproven = (p.source == SourceServer || p.source == SourceFetched) && !c.proven(p.Certificate)
	c.report.Anchors = append(c.report.Anchors, a)
}

// proven reports whether a certificate was given, or is below one that was given or below a root that is known.
func (c *checker) proven(certificate *x509.Certificate) bool {
	given := slices.Concat(c.options.Roots, c.anchors)
	seen := []*x509.Certificate{certificate}
	for i := 0; i < len(seen); i++ {
		if slices.ContainsFunc(given, seen[i].Equal) {
			return true
		}
		if c.ways.public {
			if roots, _ := certs.RootsOf(seen[i]); len(roots) > 0 {
				return true
			}
		}
		for _, p := range c.ways.pool {
			if !slices.ContainsFunc(seen, p.Equal) && c.ways.signed(seen[i], p.Certificate) {
				seen = append(seen, p.Certificate)
			}
		}
	}
	return false
}

// unsent are the titles of issuers that the server does not send.
func (c *checker) unsent(issuers []*x509.Certificate) (titles []string) {
	for _, issuer := range issuers {
		if !slices.ContainsFunc(c.subject.Sent, func(der []byte) bool { return bytes.Equal(der, issuer.Raw) }) {
			titles = append(titles, certname.Title(issuer))
		}
	}
	return titles
}

// endsFirst is the title of the certificate on the way that ends with a span: the anchor, unless it lives longer.
func endsFirst(chain [][]byte, anchor *x509.Certificate, s span) string {
	if anchor.NotAfter.Equal(s.until) {
		return certname.Title(anchor)
	}
	for _, der := range chain[1:] {
		if c, err := x509.ParseCertificate(der); err == nil && c.NotAfter.Equal(s.until) {
			return certname.Title(c)
		}
	}
	return ""
}

// warnings are what speaks against an anchor.
func (c *checker) warnings(a *Anchor) []string {
	list := []string{}
	switch {
	case a.Reached:
	case c.tooLong():
		list = append(list, "only when the server sends fewer certificates")
	case len(a.Missing) > 0:
		list = append(list, fmt.Sprintf("only when the server sends %s as well", quoted(a.Missing)))
	default:
		list = append(list, "only when the server sends its chain in order")
	}
	switch a.Kind {
	case KindIntermediate:
		list = append(list, "an intermediate: the server's next certificate may be signed by another one")
	case KindCrossSign:
		if root := c.rootOf(a.certificate); root != nil && root.NotAfter.After(a.NotAfter) {
			list = append(list, "a cross-sign: it ends before the root with the same name and key")
		}
	case KindOwn:
		list = append(list, "the server's next certificate is another anchor")
	}
	if a.From.After(c.options.At) {
		list = append(list, fmt.Sprintf("from %s on", day(a.From)))
	}
	if c.leaf != nil && a.Kind != KindOwn && a.Until.Before(c.leaf.NotAfter) {
		list = append(list, "it ends before the server's own certificate")
	}
	return list
}

func quoted(titles []string) string {
	var list []string
	for _, t := range titles {
		list = append(list, fmt.Sprintf("\"%s\"", t))
	}
	return strings.Join(list, ", ")
}
