package preflight

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/certname"
)

// A Refusal is an issuer that the camera does not load.
type Refusal struct {
	Issuer string // its title
	Err    error  // that load_cert_chain raises
	Cause  string // what about the issuer it is, as far as that can be told; "" otherwise

	issuer issuer
}

// AskIssuers lets an emulated camera load a pair and then the issuers with the same key, as the second
// load does, and returns those that it refuses. The error is what the pair, or a key that is loaded
// again, raises.
func AskIssuers(firmware *device.Firmware, cert, key []byte, issuers []*x509.Certificate) ([]Refusal, error) {
	var list []issuer
	for _, c := range issuers {
		list = append(list, issuer{certname.Title(c), c.Raw, c})
	}
	a := asker{firmware, key}
	if err := a.load(cert); err != nil {
		return nil, err
	}
	return a.ask(cert, list)
}

// An asker lets cameras load certificates with one key.
type asker struct {
	firmware *device.Firmware
	key      []byte
}

// load lets a camera that was just switched on load a certificate.
func (a asker) load(cert []byte) error {
	return device.NewSSLContext(a.firmware).LoadCertChain(cert, a.key)
}

// ask returns the issuers that a camera which loads the certificate refuses. The error is what the key raises
// when it is loaded again. Where one camera loads them all, none has to be asked about by itself.
func (a asker) ask(cert []byte, issuers []issuer) ([]Refusal, error) {
	err := a.secondLoad(cert, issuers)
	if err == nil {
		return nil, nil
	}
	if refused := a.refusals(issuers); len(refused) > 0 {
		return refused, nil
	}
	return nil, err
}

// secondLoad lets one camera load a certificate and then each issuer.
func (a asker) secondLoad(cert []byte, issuers []issuer) error {
	context := device.NewSSLContext(a.firmware)
	err := context.LoadCertChain(cert, a.key)
	for _, i := range issuers {
		if err != nil {
			break
		}
		err = context.LoadCertChain(i.raw, a.key)
	}
	return err
}

// refusals returns those of the issuers that the camera does not load.
func (a asker) refusals(issuers []issuer) (list []Refusal) {
	for _, i := range issuers {
		err := a.load(i.raw)
		if !errors.Is(err, micropython.ErrInvalidCert) {
			continue
		}
		r := Refusal{Issuer: i.title, Err: err, issuer: i}
		if len(list) < few { // each cause takes several loads to find
			r.Cause = a.certificateCause(i.raw, i.parsed)
		}
		list = append(list, r)
	}
	return list
}

// An issuer is one that the camera is asked about.
type issuer struct {
	title  string
	raw    []byte            // DER
	parsed *x509.Certificate // nil when Go cannot parse it
}

// askAboutIssuers lets the camera load each certificate that a cure would give it beside the leaf.
func (c *checker) askAboutIssuers() {
	list := c.neededIssuers()
	if len(list) == 0 {
		return
	}
	c.faults = map[Cure]string{}
	a := asker{c.options.Firmware, c.goodKey()}
	var refused []Refusal
	var err error
	if c.report.Loads {
		refused, err = a.ask(c.subject.Cert, list)
	} else {
		refused = a.refusals(list)
	}
	for _, r := range refused {
		c.add(CodeIssuerNotLoaded, c.holderOf(r.issuer.raw), r.title(), Symptom{camera, r.Err.Error()})
	}
	if len(refused) > 0 {
		c.faults[CureSecondLoad] = reasonOf(refused)
	} else if err != nil {
		c.faults[CureSecondLoad] = "the camera does not load the key a second time: " + err.Error()
	}
	if c.options.Depth == DepthFull {
		c.askAboutPEM(list, refused)
	}
	c.mendWithoutSecondLoad()
}

// askAboutPEM lets a firmware that reads PEM load the whole chain at once.
func (c *checker) askAboutPEM(list []issuer, refused []Refusal) {
	a := asker{c.options.Firmware, c.subject.Key}
	if !a.firmware.PEM {
		a.firmware = device.MicroPython129
	}
	if a.key == nil {
		a.key = c.goodKey()
	}
	if a.load(c.leaf.Raw) != nil && !c.report.Loads {
		return // what is said of the pair is said of this cure, too
	}
	chain := encodePEM(c.leaf.Raw)
	for _, i := range list {
		chain = append(chain, encodePEM(i.raw)...)
	}
	switch err := a.load(chain); {
	case err == nil:
	case len(refused) > 0:
		c.faults[CurePEMFirmware] = reasonOf(refused)
	default:
		c.faults[CurePEMFirmware] = fmt.Sprintf("%s does not load the chain: %s", a.firmware.Name, err)
	}
}

// goodKey is the key that would be flashed, where it loads, or one that stands in for it.
func (c *checker) goodKey() []byte {
	if c.report.Loads && c.subject.Key != nil {
		return c.subject.Key
	}
	return throwAwayKey()
}

// cureFault says why the camera cannot be given what a cure needs; "" when it can.
func (c *checker) cureFault(cure Cure) string { return c.faults[cure] }

// title says what is so.
func (r Refusal) title() string {
	title := fmt.Sprintf("the camera does not load the issuer %q", r.Issuer)
	if r.Cause != "" {
		title += ": " + r.Cause
	}
	return title
}

// reasonOf says which issuers keep a cure from working.
func reasonOf(refused []Refusal) string {
	var names []string
	for _, r := range refused {
		names = append(names, fmt.Sprintf("%q", r.Issuer))
	}
	return fmt.Sprintf("the camera does not load %s: %s", strings.Join(names, ", "), refused[0].Err)
}

// mendWithoutSecondLoad takes the cures that do not work out of what is said elsewhere.
func (c *checker) mendWithoutSecondLoad() {
	if c.faults[CureSecondLoad] == "" {
		return
	}
	mend := "a gateway with fullchain.pem"
	if c.faults[CurePEMFirmware] == "" && c.options.Depth == DepthFull {
		mend += "; or firmware that reads PEM"
	}
	mend += ": not the second load, because " + c.faults[CureSecondLoad]
	for i := range c.report.Findings {
		f := &c.report.Findings[i]
		if slices.Contains([]Code{CodeIntermediateUnsent, CodeNoAIA, CodeAIAUnusable, CodeAIAFails}, f.Code) {
			f.Fix = mend
		}
	}
}

// neededIssuers are those between leaf and root, and those above that cannot be linked here because
// their keys, or they themselves, cannot be read.
func (c *checker) neededIssuers() (list []issuer) {
	for _, p := range c.path {
		list = append(list, issuer{certname.Title(p), p.Raw, p})
	}
	if c.root != nil || c.subject.Delivery == nil || c.leaf.Parsed == nil || certs.SelfSigned(c.leaf.Parsed) {
		return list
	}
	top := c.leaf.Parsed
	if len(c.path) > 0 {
		top = c.path[len(c.path)-1]
	}
	unlinked := 0
	for _, item := range c.subject.Delivery.Items {
		certificate := item.Certificate()
		if certificate != nil && item.Use != delivery.UseDuplicate && unlinked < few && unlinkedIssuer(certificate, top) {
			unlinked++
			list = append(list, issuer{certname.Whole(top.Issuer), certificate.Raw, certificate.Parsed})
		}
	}
	return list
}

// unlinkedIssuer reports whether a certificate is by its name the issuer of another one, with a key that
// no signature can be checked with here.
func unlinkedIssuer(candidate *delivery.Certificate, below *x509.Certificate) bool {
	p := candidate.Parsed
	if p == nil {
		name := certs.RawSubject(candidate.Raw)
		return name != nil && bytes.Equal(name, below.RawIssuer)
	}
	if !bytes.Equal(p.RawSubject, below.RawIssuer) || bytes.Equal(p.RawSubject, p.RawIssuer) || p.PublicKey != nil && !candidate.KeyTooLong() {
		return false
	}
	return len(p.SubjectKeyId) == 0 || len(below.AuthorityKeyId) == 0 || bytes.Equal(p.SubjectKeyId, below.AuthorityKeyId)
}

// holderOf returns the file of the delivery that a certificate is from; "" when it was downloaded.
func (c *checker) holderOf(raw []byte) string {
	if c.subject.Delivery == nil {
		return ""
	}
	for _, item := range c.subject.Delivery.Items {
		if item.Certificate() != nil && bytes.Equal(item.Certificate().Raw, raw) {
			return item.File
		}
	}
	return ""
}
