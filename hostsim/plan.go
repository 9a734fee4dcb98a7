package hostsim

import (
	"cmp"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A plan is a scenario taken apart: each station of a cell is handed its own part, and none asks
// what scenario it is in.
type plan struct {
	pki    pkiPlan    // for who makes the certificates
	leaf   leafKind   // for who issues the leaf
	server serverKind // for who serves
	trust  trustKind  // for who prepares the client
	aia    aiaKind    // for who answers AIA URLs
	// before, unless nil, is what served on an earlier visit with the same home.
	before *serverKind
	asks   demands // for who decides whether the scenario can be run
	given  *Given  // for who makes the certificates: there they are
}

// pkiPlan says what the test PKI is like.
type pkiPlan struct {
	key           certs.KeyType // of the leaf; "" is the run's
	intermediates int
	generationY   bool // shaped as Let's Encrypt's
}

// demands are what a scenario has to have to mean something.
type demands struct {
	question    bool // it asks; controls always can be run, with the test PKI
	selfSigned  bool
	selfCA      bool // the self-signed leaf is a CA
	otherChain  bool // it brings a chain of its own
	aia         bool // the leaf has AIA URLs
	ownAIA      bool // they are the test PKI's
	chain       bool // the intermediates are known
	rootAlone   bool // the client has the root and nothing else
	unknownRoot bool // the client does not know the root
}

// plan takes a scenario apart.
func (s Scenario) plan() plan {
	s = s.complete()
	p := plan{
		pki:  pkiPlan{key: s.Key, intermediates: s.Missing},
		leaf: leafKinds[s.Leaf], server: serverKinds[s.Server], trust: trustKinds[s.Trust], aia: aiaKinds[s.AIA],
	}
	// Two and three intermediates are those of Let's Encrypt's Generation Y, with its key types.
	switch s.Missing {
	case 2:
		p.pki.key, p.pki.generationY = certs.KeyRSA2048, true
	case 3:
		p.pki.key, p.pki.generationY = certs.KeyECDSAP256, true
	}
	if s.Given != nil {
		p.server, p.given = givenServer, s.Given
	}
	if s.Warm {
		sent := serverKinds[ServeSecondLoad]
		p.before = &sent
	}
	p.asks = demands{
		question: s.Role == RoleQuestion, selfSigned: p.leaf.selfSigned, selfCA: p.leaf.isCA,
		otherChain: s.Missing > 1 || s.Key != "", aia: p.aia.asked, ownAIA: p.aia.own,
		chain:       p.aia.asked || p.server.sendsChain || p.trust.store || s.Warm,
		rootAlone:   p.trust.root && !p.trust.store && !s.Warm,
		unknownRoot: p.trust.stranger,
	}
	return p
}

// explanation is what can have let a client complete in a scenario, and what a refusal without a
// particular cause means in it.
type explanation struct {
	how     verdict.How   // what did it for certain; "" when the chain had to be completed
	aia     bool          // the client could fetch what it lacked
	other   verdict.How   // what else could do it; "" when nothing could
	refused verdict.Cause // "" when nothing more is known
}

// explain says what outcomes of a scenario mean.
func (s Scenario) explain() explanation {
	p := s.plan()
	e := explanation{aia: p.aia.asked, refused: p.trust.refused}
	switch {
	case p.given != nil:
		return explanation{how: verdict.HowSent}
	case !p.trust.root && !p.trust.stranger && (p.trust.store || p.trust.leaf):
		e.how = verdict.HowAnchor
	case p.server.sendsChain:
		e.how = verdict.HowSent
	case p.trust.store:
		e.other = verdict.HowStore
	case p.before != nil:
		e.other = verdict.HowVisit
	}
	if p.trust.leaf && p.leaf.selfSigned {
		e.refused = verdict.CauseSelfSigned
	}
	if e.refused == "" && !p.server.sendsChain && !p.trust.stranger {
		e.refused = verdict.CauseMissing
	}
	return e
}

// refusal makes a cause precise that says no more than that the issuer is unknown, or that the
// certificate was rejected.
func (e explanation) refusal(cause verdict.Cause) verdict.Cause {
	if cause != verdict.CauseUnknown && cause != verdict.CauseRejected {
		return cause
	}
	return cmp.Or(e.refused, cause)
}

// tellsAnchors reports whether a client that completes takes an intermediate for an anchor.
func (s Scenario) tellsAnchors() bool { return s.Trust == TrustStore }

// testsFetches reports whether what the AIA URL leads to is not the issuer.
func (s Scenario) testsFetches() bool { return s.AIA == AIAStranger }

// testsNames reports whether the certificate is for another host.
func (s Scenario) testsNames() bool { return s.Leaf == LeafWrongName }

// provesVerifying reports whether a control shows that a client verifies at all: it connects where it should, and refuses a root
// that nobody knows.
func (s Scenario) provesVerifying() bool {
	return s.Role == RolePositive || s.Role == RoleNegative && s.plan().asks.unknownRoot
}
