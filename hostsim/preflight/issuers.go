package preflight

import (
	"fmt"

	"github.com/leafcam/leafcam/certs/knowncas"
)

// codeOfKind are the findings about well-known issuers.
var codeOfKind = map[knowncas.Kind]Code{
	knowncas.Test: CodeTestCA, knowncas.Closed: CodeClosedCA, knowncas.Interception: CodeInterceptionCA,
	knowncas.Development: CodeDevelopmentCA, knowncas.Placeholder: CodePlaceholder,
}

// distrusted reports whether the issuer is one that no client should trust, and nobody has said that they do.
func (c *checker) distrusted() bool {
	return c.report.Trust != trustOwn && (c.report.Finding(CodeTestCA) != nil || c.report.Finding(CodeInterceptionCA) != nil)
}

// knownIssuer says what is known of an issuer that no public client trusts, and never to trust its root
// where nobody should.
func (c *checker) knownIssuer() {
	p := c.leaf.Parsed
	if p == nil || c.public {
		return
	}
	issuers := c.path
	if c.root != nil {
		issuers = append(issuers[:len(issuers):len(issuers)], c.root)
	}
	ca := knowncas.Of(p, issuers)
	if ca == nil {
		return
	}
	code := codeOfKind[ca.Kind]
	titles := map[knowncas.Kind]string{
		knowncas.Test:         "a test CA has issued the certificate: %s",
		knowncas.Closed:       "a CA of one service alone has issued the certificate: %s",
		knowncas.Interception: "a product that reads along has issued the certificate: %s",
		knowncas.Development:  "a tool for developers has issued the certificate: %s",
		knowncas.Placeholder:  "the certificate is one that %s makes for want of a real one",
	}
	f := c.add(code, c.subject.CertFile, fmt.Sprintf(titles[ca.Kind], ca.Name)+" (by the names in it; "+ca.Source+")")
	if c.report.Trust == trustOwn { // who names the root knows what it is
		f.Severity = SeverityNote
		return
	}
	for _, of := range []Code{CodeUnknownRoot, CodePrivateRoot, CodeMissingLink, CodeSelfSigned} {
		if f := c.report.Finding(of); f != nil && ca.Kind != knowncas.Development {
			f.Fix = ruleOf(code).Fix
		}
	}
}
