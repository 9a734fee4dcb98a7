package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/policy"
)

// A Cure is a way to serve, the usual one included.
type Cure string

// The cures, in the order of a report.
const (
	LeafOnly    Cure = "leaf-only"    // the camera as documented: no cure
	SecondLoad  Cure = "second-load"  // further load_cert_chain calls send the issuers
	PEMFirmware Cure = "pem-firmware" // a firmware that reads a PEM chain in one call
	Gateway     Cure = "gateway"      // another server in front sends the whole chain
	Store       Cure = "store"        // each client is given the issuers
	Pinned      Cure = "self-signed"  // a self-signed certificate in the place of this one, that each client pins
)

// Cures returns all cures.
func Cures() []Cure { return []Cure{LeafOnly, SecondLoad, PEMFirmware, Gateway, Store, Pinned} }

// An Outcome is what a client will do.
type Outcome string

// The outcomes. Depends is for what cannot be known from the certificates; its reason says on
// what. NotApplicable is for a cure of something that the delivery does not suffer from.
const (
	Completes     Outcome = "completes"
	Refuses       Outcome = "refuses"
	Depends       Outcome = "depends"
	NotApplicable Outcome = "not applicable"
)

// A Reach is the forecast for one family of clients.
type Reach struct {
	Family    string     `json:"family"` // of certs/policy
	Title     string     `json:"title"`
	Basis     Basis      `json:"basis"`   // whether the family was measured
	Clients   []string   `json:"clients"` // that were, by their names in leafcam clients
	Forecasts []Forecast `json:"forecasts"`
}

// Has tells whether a client belongs to the family.
func (r *Reach) Has(client string) bool { return slices.Contains(r.Clients, client) }

// A Forecast is what clients will do under one cure.
type Forecast struct {
	Cure    Cure    `json:"cure"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why"`
}

// Forecast returns the forecast for a cure; its zero value when there is none.
func (r *Reach) Forecast(cure Cure) Forecast {
	for _, f := range r.Forecasts {
		if f.Cure == cure {
			return f
		}
	}
	return Forecast{}
}

// forecast applies the policies of all families to what was found.
func (c *checker) forecast() []Reach {
	list := []Reach{}
	for _, p := range policy.Everyone() {
		r := Reach{Family: p.Name, Title: p.Title, Basis: Documented, Clients: append([]string{}, p.Clients...)}
		if p.Measured() {
			r.Basis = Measured
		}
		for _, cure := range Cures() {
			outcome, why := c.judge(p, cure)
			r.Forecasts = append(r.Forecasts, Forecast{cure, outcome, why})
		}
		list = append(list, r)
	}
	return list
}

// judge goes from what keeps everybody out to what is special about a family.
func (c *checker) judge(p policy.Policy, cure Cure) (Outcome, string) {
	selfSigned := c.leaf != nil && c.leaf.Parsed != nil && certs.SelfSigned(c.leaf.Parsed)
	if cure == Pinned && !selfSigned {
		return pinning(p)
	}
	if selfSigned && cure != LeafOnly && cure != Gateway {
		return NotApplicable, "the certificate is self-signed: there is no chain"
	}
	if fault := c.servingFault(cure); fault != nil {
		return Refuses, fault.Title
	}
	if p.NeverVerifies {
		return Completes, "verifies nothing"
	}
	if c.leaf == nil {
		return Depends, "the certificate cannot be read here"
	}
	if c.leaf.Parsed == nil {
		if p.GoParser {
			return Refuses, "Go's crypto/x509 cannot parse the certificate"
		}
		return Depends, "the certificate is one that Go cannot parse: try it with leafcam matrix"
	}
	if outcome, why := c.leafFault(p, selfSigned); outcome != Completes {
		return outcome, why
	}
	if selfSigned {
		return c.pinned(p)
	}
	return c.chainOutcome(p, cure)
}

// pinning forecasts a self-signed certificate that somebody makes instead.
func pinning(p policy.Policy) (Outcome, string) {
	switch {
	case p.NeverVerifies:
		return Completes, "verifies nothing"
	case p.PinsSelfSigned && p.PinsSelfSignedCA:
		return Completes, "takes either form of self-signed certificate"
	case p.PinsSelfSigned:
		return Completes, "takes a self-signed certificate with CA:FALSE only"
	case p.PinsSelfSignedCA:
		return Completes, "takes a self-signed certificate with CA:TRUE only"
	}
	return Refuses, "takes no self-signed certificate for an anchor"
}

// pinned forecasts the self-signed certificate that is there.
func (c *checker) pinned(p policy.Policy) (Outcome, string) {
	takes, form := p.PinsSelfSigned, "CA:FALSE"
	if c.leaf.Parsed.IsCA {
		takes, form = p.PinsSelfSignedCA, "CA:TRUE"
	}
	if takes {
		return Completes, "once it is given the certificate"
	}
	return Refuses, "takes no self-signed certificate with " + form
}

// servingFault returns the finding that ends every handshake, if there is one.
func (c *checker) servingFault(cure Cure) *Finding {
	codes := []Code{KeyMismatch, NoKey}
	if cure != Gateway {
		codes = append(codes, PEMKey, PEMCertificate, EncryptedKey, FilesSwapped, KeyUnsupported, CertUnsupported, MessageTooLong, ExtKeyUsage, KeyUsage, PairUnusable)
	}
	if cure == SecondLoad || cure == PEMFirmware {
		codes = append(codes, ChainTooLong)
	}
	for _, code := range codes {
		if cure == PEMFirmware && (code == PEMKey || code == PEMCertificate) {
			continue
		}
		if f := c.report.Finding(code); f != nil {
			return f
		}
	}
	return nil
}

// leafFault says what a family has against the leaf, whatever the chain.
func (c *checker) leafFault(p policy.Policy, selfSigned bool) (Outcome, string) {
	for _, code := range []Code{Expired, NotYetValid, WeakSignature, ChainInvalid, ExtKeyUsage, KeyUsage} {
		if f := c.report.Finding(code); f != nil {
			return Refuses, f.Title
		}
	}
	if f := c.report.Finding(NameMismatch); f != nil && !p.IgnoresNames {
		return Refuses, f.Title
	}
	if outcome, why := c.traits(p); outcome != Completes {
		return outcome, why
	}
	switch {
	case c.report.Finding(MustStaple) != nil && p.EnforcesMustStaple:
		return Refuses, "the camera staples no OCSP answer"
	case c.report.Finding(NoSCTs) != nil && p.WantsSCTs:
		return Refuses, "the leaf has no signed certificate timestamps"
	case c.report.Finding(ValidityTooLong) != nil && (p.Name == "sectrust" || c.public && p.WantsSCTs):
		return Refuses, "the certificate is valid for too long"
	case c.report.Finding(StrictProfile) != nil && p.Strict:
		return Refuses, c.report.Finding(StrictProfile).Title
	case c.report.Finding(CALeaf) != nil && !selfSigned && !p.PinsSelfSignedCA:
		return Refuses, "takes no CA's certificate for a server's"
	}
	return Completes, ""
}

// traits are what the clients of a family may differ in.
func (c *checker) traits(p policy.Policy) (Outcome, string) {
	for _, t := range []struct {
		there bool
		has   policy.Trait
		lacks string
	}{
		{c.report.Finding(WeakKey) != nil, p.ShortRSA, "takes no RSA key as short as that"},
		{c.report.Finding(NoSAN) != nil && !p.IgnoresNames, p.CommonName, "does not look at the common name"},
		{c.report.Finding(OddCurve) != nil, p.OddCurves, "does not offer the key's curve"},
		{c.report.Finding(FewClientsCurve) != nil, opposite(p.NoP521), "does not offer P-521"},
		{strings.HasPrefix(c.report.Certificate.Key, "ECDSA P-384") && p.OnlyP256, policy.No, "offers P-256 alone"},
	} {
		switch {
		case t.there && t.has == policy.No:
			return Refuses, t.lacks
		case t.there && t.has == policy.Varies:
			return Depends, "some of them: " + t.lacks
		}
	}
	return Completes, ""
}

func opposite(t policy.Trait) policy.Trait {
	return map[policy.Trait]policy.Trait{policy.Yes: policy.No, policy.No: policy.Yes, policy.Varies: policy.Varies}[t]
}

// chainOutcome says whether a family gets from the leaf to the root.
func (c *checker) chainOutcome(p policy.Policy, cure Cure) (Outcome, string) {
	known := c.root != nil
	if cure == LeafOnly {
		if known && len(c.path) == 0 {
			return Completes, "the root itself has signed the leaf"
		}
		return c.leafAlone(p)
	}
	if !known {
		return Depends, "when the missing issuer is had: the delivery lacks it"
	}
	if len(c.path) == 0 {
		return NotApplicable, "no link is missing"
	}
	if p.MaxIntermediates > 0 && len(c.path) > p.MaxIntermediates {
		return Refuses, fmt.Sprintf("takes %d intermediates at most", p.MaxIntermediates)
	}
	switch {
	case cure == Store && p.StoreIsAnchor:
		return Completes, "takes the intermediate for an anchor, without the root, too"
	case cure == Store:
		return Completes, "with the intermediates in its store, beside the root"
	}
	return Completes, "all links are sent"
}

// leafAlone says whether a family finds the missing links itself.
func (c *checker) leafAlone(p policy.Policy) (Outcome, string) {
	if p.AIA {
		switch {
		case c.aia.url == "":
			return Refuses, "would download the issuer, and the leaf has no URL"
		case c.aia.https && !p.HTTPS:
			return Refuses, "downloads over http only"
		case !c.aia.tried:
			return Depends, "completes when it reaches " + c.aia.url
		case c.aia.form == "", c.aia.form == formPKCS7 && !p.PKCS7, c.aia.form == formPEM && !p.PEM:
			return Refuses, "gets no issuer it can read from " + c.aia.url
		}
		return Completes, "downloads the issuer"
	}
	if p.Preloaded && c.public {
		return Depends, "completes when Mozilla's list of intermediates has the issuer, as it should for a public CA"
	}
	if p.Preloaded {
		return Refuses, "knows the intermediates of public CAs only"
	}
	return Refuses, "does not find the missing issuer itself"
}
