package asclient

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/leafcam/leafcam/internal/certname"
)

// answer says whether the camera accepts the server, and why not.
func (c *checker) answer() {
	r, v := c.report, c.subject.Visit
	anchors := c.loaded
	var judged error
	switch {
	case len(c.subject.Sent) == 0: // the visit ended before
	case len(c.options.Anchors) > 0:
		judged = c.judgeGiven()
	case len(r.Anchors) > 0:
		best := &r.Anchors[0]
		anchors = [][]byte{best.DER()}
		judged = c.judge.ask(c.options.At, c.subject.Sent, anchors...)
	case len(r.Unusable) > 0:
		judged = c.judge.ask(c.options.At, c.subject.Sent, c.upwards[0].Raw)
	}
	raised := judged
	if v != nil && v.Exception != nil {
		raised = v.Exception
	}
	if raised != nil {
		r.Verdict, r.Exception = VerdictRefused, raised.Error()
	}
	switch {
	case judged != nil && !c.loadRaised():
		c.explain(judged, anchors)
	case v != nil && v.Exception != nil && judged == nil:
		c.addFix(v.reason(c.connect()))
	}
	none := len(c.subject.Sent) > 0 && len(r.Anchors) == 0
	if none && len(c.options.Anchors) == 0 {
		r.Verdict = VerdictRefused
	}
	if r.Verdict == VerdictRefused {
		r.RefusedBy = SideCamera
		byServer := r.Finding(CodeClientCertificate) != nil || r.Finding(CodeServerEnds) != nil
		if byServer && judged == nil && len(anchors) > 0 && len(c.subject.Sent) > 0 {
			r.RefusedBy = SideServer
		}
		ended := c.selfIssued() && r.Finding(CodeServerExpired) != nil // it has no issuer to get
		if none && !ended {
			c.addFix(CodeNoAnchor, c.describeNone(), c.cureNone())
		}
		return
	}
	r.Verdict = VerdictAccepted
	if len(c.options.Anchors) == 0 {
		r.Verdict = VerdictAnchors
	}
	c.accepted(anchors)
}

// judgeGiven returns the exception that a script raises which loads the anchors that were given, and connects.
func (c *checker) judgeGiven() error {
	for _, file := range c.options.Anchors {
		if err := c.judge.loads(file.Data); err != nil {
			return err
		}
	}
	return c.judge.ask(c.options.At, c.subject.Sent, c.loaded...)
}

// loadRaised reports whether the script does not come as far as to connect.
func (c *checker) loadRaised() bool {
	return slices.ContainsFunc(c.report.Given, func(g Given) bool { return !g.Loads })
}

// describeNone says why there is no anchor.
func (c *checker) describeNone() string {
	if c.leaf == nil || len(c.report.Unusable) > 0 {
		return ""
	}
	top := c.leaf
	if n := len(c.upwards); n > 0 {
		top = c.upwards[n-1].Certificate
	}
	if c.namesake(top) != nil {
		return "no anchor is known here: " + c.describeNamesake(top)
	}
	said := fmt.Sprintf("no anchor is known here: the issuer \"%s\" is not at hand", certname.Short(top.Issuer))
	urls := top.IssuingCertificateURL
	switch {
	case c.options.Fetch == nil && len(urls) > 0:
		said += fmt.Sprintf("; --fetch downloads it from %s", urls[0])
	case c.options.Fetch != nil && len(urls) > 0:
		said += fmt.Sprintf("; --fetch got nothing from %s that signed it", urls[0])
	case c.options.Fetch != nil:
		said += fmt.Sprintf("; \"%s\" has no AIA URL, so --fetch has nothing to ask", certname.Title(top))
	}
	return said
}

// selfIssued reports whether the server's certificate names no other issuer than itself.
func (c *checker) selfIssued() bool {
	return c.leaf != nil && bytes.Equal(c.leaf.RawIssuer, c.leaf.RawSubject)
}

// cureNone is what to do where there is no anchor; "" for what the rule says.
func (c *checker) cureNone() string {
	if c.leaf == nil || len(c.upwards) > 0 || c.selfIssued() {
		return ""
	}
	return "let the server send its intermediate (fullchain.pem in the place of cert.pem), or flash the intermediate when you have it: " +
		"name its file with --root"
}

// accepted says for how long, and what is better.
func (c *checker) accepted(anchors [][]byte) {
	r := c.report
	s := c.judge.spanFrom(c.options.At, c.subject.Sent, anchors...)
	if s.never() {
		return
	}
	until := s.until.UTC()
	r.Until = &until
	if until.Sub(c.options.At) < c.options.WarnBefore {
		days := int(until.Sub(c.options.At).Hours() / 24)
		c.add(CodeAnchorEndsSoon, fmt.Sprintf("in %d days, on %s, the camera stops accepting the server", days, day(until)))
	}
	last := until // that a given anchor ends
	for _, g := range r.Given {
		switch g.Kind {
		case KindIntermediate:
			c.add(CodeIntermediateAnchor, fmt.Sprintf("the anchor %s is an intermediate, \"%s\"", g.File, g.Title))
		case KindOwn:
			c.add(CodeServersOwnAnchor, "")
		}
		if g.NotAfter.After(last) {
			last = g.NotAfter
		}
	}
	if len(r.Given) == 0 || len(r.Anchors) == 0 {
		return
	}
	best := &r.Anchors[0]
	given := slices.ContainsFunc(r.Given, func(g Given) bool { return g.SHA256 == best.SHA256 })
	if !given && best.Reached && best.Now == "" && (best.Until.After(until) || best.Until.Equal(until) && best.NotAfter.After(last)) {
		c.add(CodeLongerAnchor, fmt.Sprintf("the %s \"%s\" lives longer: it ends on %s", best.Kind, best.Title, day(best.NotAfter)))
	}
}
