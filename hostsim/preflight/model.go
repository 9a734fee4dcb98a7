package preflight

import (
	"crypto/x509"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/policy"
)

// modelled forecasts a cure by the models of a family's clients: what they refuse, and then how the chain
// is completed.
func (c *checker) modelled(p policy.Policy, cure Cure) CureOutcome {
	if cure != CureGateway {
		if outcome := c.curves(p); outcome.Outcome != OutcomeCompletes {
			return outcome
		}
	}
	if why := c.programme(p); why != "" {
		return refuses(why)
	}
	refused := ""
	completes := 0
	for _, v := range p.Verifiers() {
		found := c.faultFor(v, cure)
		if found.Fault == "" {
			completes++
		} else if refused == "" {
			refused = c.explain(v, found)
		}
	}
	switch {
	case refused == "" && certs.SelfSigned(c.leaf.Parsed):
		return c.pinned(p)
	case refused == "":
		return c.chainOutcome(p, cure)
	case completes > 0:
		return depends(OnClient, "some of them: "+refused)
	}
	return refuses(refused)
}

// question is what clients are asked about the leaf alone.
func (c *checker) question() policy.Question {
	return policy.Question{Sent: []*x509.Certificate{c.leaf.Parsed}, Host: c.options.Host, At: c.options.At}
}

// faultFor returns what a client refuses when nothing is missing any more; the zero value for nothing. An
// issuer that is missing is another matter.
func (c *checker) faultFor(v *policy.Verifier, cure Cure) policy.Found {
	q := c.question()
	if cure == CureLeafOnly && c.root != nil && c.served() && len(c.path) > 0 {
		q.Roots, q.Sent = []*x509.Certificate{c.root}, c.sent()
		return v.Verify(q).Found
	}
	if certs.SelfSigned(c.leaf.Parsed) {
		return v.Pinned(q)
	}
	if c.root == nil {
		return v.Leaf(q)
	}
	q.Roots = []*x509.Certificate{c.root}
	if cure == CureStore {
		q.Store = c.path
	} else {
		q.Sent = append(q.Sent, c.path...)
	}
	return v.Verify(q).Found
}

// codesOf are the findings that say the same as a fault, or more.
var codesOf = map[policy.Fault][]Code{
	"leaf: expired":                              {CodeExpired},
	"leaf: not yet valid":                        {CodeNotYetValid},
	"leaf: SHA-1":                                {CodeWeakSignature},
	"leaf: RSA with SHA-1":                       {CodeWeakSignature},
	"leaf: RSA-1024":                             {CodeWeakKey},
	"leaf: Must-Staple":                          {CodeMustStaple},
	"leaf: CA":                                   {CodeCALeaf},
	"leaf: P-384":                                {CodeOddCurve},
	"leaf: P-521":                                {CodeFewClientsCurve},
	"leaf: extKeyUsage of others":                {CodeExtKeyUsage},
	"name: another one":                          {CodeNameMismatch},
	"name: the common name alone":                {CodeNoSAN},
	"leaf: no authority key identifier":          {CodeStrictProfile},
	"intermediate: no authority key identifier":  {CodeStrictProfile},
	"intermediate: no subject key identifier":    {CodeStrictProfile},
	"intermediate: noncritical basicConstraints": {CodeStrictProfile},
	"intermediate: no keyUsage":                  {CodeStrictProfile},
	"root: no subject key identifier":            {CodeStrictProfile},
	"root: noncritical basicConstraints":         {CodeStrictProfile},
	"root: no keyUsage":                          {CodeStrictProfile},
	policy.FaultNoPath:                           {CodeChainInvalid},
}
