package preflight

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"
	"slices"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/policy"
)

// A Cure is a way to serve, the usual one included.
type Cure string

// The cures, in the order of a report.
const (
	CureLeafOnly    Cure = "leaf-only"    // the camera as documented: no cure
	CureSecondLoad  Cure = "second-load"  // further load_cert_chain calls send the issuers
	CurePEMFirmware Cure = "pem-firmware" // a firmware that reads a PEM chain in one call
	CureGateway     Cure = "gateway"      // another server in front sends the whole chain
	CureStore       Cure = "store"        // each client is given the issuers
	CurePinned      Cure = "self-signed"  // a self-signed certificate in the place of this one, that each client pins
)

// Cures returns all cures.
func Cures() []Cure {
	return []Cure{CureLeafOnly, CureSecondLoad, CurePEMFirmware, CureGateway, CureStore, CurePinned}
}

// An Outcome is what a client will do.
type Outcome string

// The outcomes. Depends is for what cannot be known from the certificates; its reason says on
// what. NotApplicable is for a cure of something that the delivery does not suffer from.
const (
	OutcomeCompletes     Outcome = "completes"
	OutcomeRefuses       Outcome = "refuses"
	OutcomeDepends       Outcome = "depends"
	OutcomeNotApplicable Outcome = "not applicable"
)

// A FamilyForecast is the forecast for one family of clients.
type FamilyForecast struct {
	Family  string   `json:"family"` // of hostsim/policy, as clients and rows of a matrix name theirs
	Title   string   `json:"title"`
	Basis   Basis    `json:"basis"`   // whether the family was measured
	Clients []string `json:"clients"` // by which the family was measured; empty for one that was not
	// NeverVerifies says that its clients accept any certificate.
	NeverVerifies bool          `json:"never_verifies"`
	Outcomes      []CureOutcome `json:"outcomes"`
}

// A CureOutcome is what clients will do under one cure.
type CureOutcome struct {
	Cure    Cure    `json:"cure"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	// On is what it depends on, where Outcome is OutcomeDepends; "" otherwise.
	On Condition `json:"on"`
}

// A Condition is what decides where the certificates do not.
type Condition string

// The conditions.
const (
	OnNetwork       Condition = "network"     // whether the client reaches the leaf's AIA URL
	OnPreloaded     Condition = "preloaded"   // whether Mozilla's list of intermediates has the issuer
	OnDeveloper     Condition = "developer"   // whether the app's developer allows roots of the user
	OnClient        Condition = "client"      // which client of the family it is
	OnRoot          Condition = "root"        // whether the client has the root, which is not known here
	OnMissingIssuer Condition = "issuer"      // whether the issuer that the delivery lacks is had
	OnCertificate   Condition = "certificate" // what Go cannot read in the certificate
)

// What a client does, without the cure that it does it under.
func completes(reason string) CureOutcome {
	return CureOutcome{Outcome: OutcomeCompletes, Reason: reason}
}
func refuses(reason string) CureOutcome { return CureOutcome{Outcome: OutcomeRefuses, Reason: reason} }
func notApplicable(reason string) CureOutcome {
	return CureOutcome{Outcome: OutcomeNotApplicable, Reason: reason}
}
func depends(on Condition, reason string) CureOutcome {
	return CureOutcome{Outcome: OutcomeDepends, Reason: reason, On: on}
}

// Under returns the outcome under a cure; its zero value when there is none.
func (f *FamilyForecast) Under(cure Cure) CureOutcome {
	for _, o := range f.Outcomes {
		if o.Cure == cure {
			return o
		}
	}
	return CureOutcome{}
}

// forecast applies the policies of all families to what was found.
func (c *checker) forecast() []FamilyForecast {
	list := []FamilyForecast{}
	for _, p := range policy.Everyone() {
		f := FamilyForecast{Family: p.Name, Title: p.Title, Basis: BasisDocumented, Clients: p.Clients(), NeverVerifies: p.NeverVerifies}
		if p.Measured() {
			f.Basis = BasisMeasured
		}
		for _, cure := range Cures() {
			outcome := c.judge(p, cure)
			outcome.Cure = cure
			f.Outcomes = append(f.Outcomes, outcome)
		}
		list = append(list, f)
	}
	return list
}

// judge says what a family does under a cure. Where its clients would complete the chain, whether they know a
// private root is up to those who made them.
func (c *checker) judge(p policy.Policy, cure Cure) CureOutcome {
	outcome := c.outcome(p, cure)
	if outcome.Outcome == OutcomeCompletes && p.IgnoresUserCAs && !c.public {
		return depends(OnDeveloper, "completes in apps whose developers allow roots that the user has installed (network security configuration)")
	}
	return outcome
}

// outcome goes from what keeps everybody out to what is special about a family.
func (c *checker) outcome(p policy.Policy, cure Cure) CureOutcome {
	selfSigned := c.leaf != nil && c.leaf.Parsed != nil && certs.SelfSigned(c.leaf.Parsed)
	if cure == CurePinned && !selfSigned {
		return pinning(p)
	}
	if selfSigned && cure != CureLeafOnly && cure != CureGateway {
		return notApplicable("the certificate is self-signed: there is no chain")
	}
	if why := c.cureFault(cure); why != "" {
		return notApplicable(why)
	}
	if fault := c.servingFault(cure); fault != nil {
		return refuses(fault.Title)
	}
	if p.NeverVerifies {
		return completes("verifies nothing")
	}
	if c.distrusted() {
		return refuses("no client has the root, and none should be given it")
	}
	if c.leaf == nil {
		return depends(OnCertificate, "the certificate cannot be read here")
	}
	if c.leaf.Parsed == nil {
		if p.GoParser {
			return refuses("Go's crypto/x509 cannot parse the certificate")
		}
		return depends(OnCertificate, "the certificate is one that Go cannot parse: try it with leafcam matrix")
	}
	return c.modelled(p, cure)
}

// pinning forecasts a self-signed certificate that somebody makes instead.
func pinning(p policy.Policy) CureOutcome {
	switch {
	case p.NeverVerifies:
		return completes("verifies nothing")
	case p.PinsSelfSigned && p.PinsSelfSignedCA:
		return completes("takes either form of self-signed certificate")
	case p.PinsSelfSigned:
		return completes("takes a self-signed certificate with CA:FALSE only")
	case p.PinsSelfSignedCA:
		return completes("takes a self-signed certificate with CA:TRUE only")
	}
	return refuses("takes no self-signed certificate for an anchor")
}

// pinned forecasts the self-signed certificate that is there.
func (c *checker) pinned(p policy.Policy) CureOutcome {
	takes, form := p.PinsSelfSigned, "CA:FALSE"
	if c.leaf.Parsed.IsCA {
		takes, form = p.PinsSelfSignedCA, "CA:TRUE"
	}
	if takes {
		return completes("once it is given the certificate")
	}
	return refuses("takes no self-signed certificate with " + form)
}

// loadingCodes are the findings that say why a camera does not load a pair.
var loadingCodes = []Code{CodePEMKey, CodePEMCertificate, CodeEncryptedKey, CodeFilesSwapped, CodeKeyUnsupported, CodeCertUnsupported,
	CodeNoKey, CodeNoCertificate}

// servingFault returns the finding that ends every handshake, if there is one.
func (c *checker) servingFault(cure Cure) *Finding {
	codes := []Code{CodeKeyMismatch, CodeNoKey, CodeNoCertificate}
	if cure != CureGateway {
		codes = slices.Concat(codes, loadingCodes)
		codes = append(codes, CodeMessageTooLong, CodeExtKeyUsage, CodeKeyUsage, CodePairUnusable)
	}
	if cure == CureSecondLoad || cure == CurePEMFirmware {
		codes = append(codes, CodeChainTooLong)
	}
	for _, code := range codes {
		if cure == CurePEMFirmware && (code == CodePEMKey || code == CodePEMCertificate) {
			continue
		}
		if f := c.report.Finding(code); f != nil {
			return f
		}
	}
	return nil
}

// onP384 reports whether the leaf's key is on P-384.
func (c *checker) onP384() bool {
	if c.leaf == nil || c.leaf.Parsed == nil {
		return false
	}
	key, ok := c.leaf.Parsed.PublicKey.(*ecdsa.PublicKey)
	return ok && key.Curve == elliptic.P384()
}

// programme says what a family demands of certificates beyond RFC 5280, because those who make it say so.
func (c *checker) programme(p policy.Policy) (why string) {
	switch {
	case c.report.Finding(CodeNoSCTs) != nil && p.WantsSCTs:
		return "the leaf has no signed certificate timestamps"
	case c.report.Finding(CodeValidityTooLong) != nil && (p.LimitsPrivateCAs || c.public && p.LimitsPublicCAs):
		return "the certificate is valid for too long"
	}
	return ""
}

// A trait is something that clients of a family may differ in.
type trait struct {
	there bool
	has   policy.Trait
	lacks string
}

// curves are those of handshakes with the camera, which signs on a curve that the client offers.
func (c *checker) curves(p policy.Policy) CureOutcome {
	return judged([]trait{
		{c.report.Finding(CodeOddCurve) != nil, p.OddCurves, "does not offer the key's curve"},
		{c.report.Finding(CodeFewClientsCurve) != nil, opposite(p.NoP521), "does not offer P-521"},
		{c.onP384() && p.OnlyP256, policy.TraitNo, "offers P-256 alone"},
	})
}

func judged(traits []trait) CureOutcome {
	for _, t := range traits {
		switch {
		case t.there && t.has == policy.TraitNo:
			return refuses(t.lacks)
		case t.there && t.has == policy.TraitVaries:
			return depends(OnClient, "some of them: "+t.lacks)
		}
	}
	return completes("")
}

func opposite(t policy.Trait) policy.Trait {
	return map[policy.Trait]policy.Trait{
		policy.TraitYes: policy.TraitNo, policy.TraitNo: policy.TraitYes, policy.TraitVaries: policy.TraitVaries,
	}[t]
}

// chainOutcome says whether a family gets from the leaf to the root.
func (c *checker) chainOutcome(p policy.Policy, cure Cure) CureOutcome {
	known := c.root != nil
	if cure == CureLeafOnly {
		if known && len(c.path) == 0 {
			return completes("the root itself has signed the leaf")
		}
		if c.served() && !known {
			return dependsOnRoot()
		}
		if c.served() {
			return completes("all links are sent")
		}
		return c.leafAlone(p)
	}
	if !known && c.report.Finding(CodeUnknownRoot) != nil {
		return dependsOnRoot()
	}
	if !known {
		return depends(OnMissingIssuer, "once you have the missing intermediate, which the delivery lacks")
	}
	if len(c.path) == 0 {
		return notApplicable("no link is missing")
	}
	switch {
	case cure == CureStore && p.StoreIsAnchor:
		return completes("accepts the intermediate as an anchor, also without the root")
	case cure == CureStore:
		return completes("with the intermediates in its store, beside the root")
	}
	return completes("all links are sent")
}

func dependsOnRoot() CureOutcome {
	return depends(OnRoot, "completes when it has the root, which is not known here")
}

// leafAlone says whether a family finds the missing links itself.
func (c *checker) leafAlone(p policy.Policy) CureOutcome {
	if p.AIA {
		switch {
		case c.aia.url == "":
			return refuses("would download the issuer, and the leaf has no URL")
		case c.aia.https && !p.HTTPS:
			return refuses("downloads over http only")
		case p.MaxFetches > 0 && c.root != nil && len(c.path) > p.MaxFetches:
			return refuses(fmt.Sprintf("downloads %d issuers at most, and %d are missing", p.MaxFetches, len(c.path)))
		case !c.aia.tried:
			return depends(OnNetwork, "completes when it reaches "+c.aia.url)
		case c.aia.form == "", c.aia.form == delivery.FormPKCS7 && !p.PKCS7, c.aia.form == delivery.FormPEM && !p.PEM:
			return refuses("gets no issuer it can read from " + c.aia.url)
		}
		return completes("downloads the issuer")
	}
	if p.Preloaded && c.public {
		return depends(OnPreloaded, "completes when Mozilla's list of intermediates has the issuer, as it should for a public CA")
	}
	if p.Preloaded {
		return refuses("knows the intermediates of public CAs only")
	}
	return refuses("does not find the missing issuer itself")
}
