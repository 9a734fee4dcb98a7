package asclient

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/certname"
)

// What Mbed TLS says of a chain, a line each (CAMERA.md sections 6 and 11).
const (
	saidExpired  = "The certificate validity has expired"
	saidName     = "does not match with the expected CN"
	saidUnsigned = "is not correctly signed by the trusted CA"
	saidFuture   = "The certificate validity starts in the future"
	saidUsage    = "Usage does not match"
	saidHash     = "unacceptable hash"
	saidKey      = "unacceptable key"
)

// Codes of Mbed TLS that say what is wrong.
const (
	codeVerifyFailed   = -9984
	codeFatal          = -12288
	codeNoSuite        = -28160
	codeBadCertificate = -31232
	codeNoAnchor       = -30336
)

func says(err error, text string) bool {
	var value *micropython.ValueError
	return errors.As(err, &value) && strings.Contains(value.Message, text)
}

func saysName(err error) bool { return says(err, saidName) }

// explain adds a finding for all that an exception of the verification says.
func (c *checker) explain(err error, anchors [][]byte) {
	before := len(c.report.Findings)
	var stack *micropython.MbedTLSError
	switch {
	case c.tooLong():
		c.add(CodeMessageTooLong, fmt.Sprintf("the %d certificates that the server sends take %d bytes, and the camera reads %d at most",
			len(c.subject.Sent), len(certificateMessage(c.subject.Sent)), c.options.Firmware.InContentLen))
	case says(err, ""):
		c.explainLines(err, anchors)
	case !errors.As(err, &stack):
	case stack.Code == codeFatal:
		c.add(CodeTooManyIntermediates, "")
	case stack.Code == codeNoSuite:
		c.add(CodeNoCommonSuite, fmt.Sprintf("this firmware has no cipher suite for the server's key, %s", c.report.Sent[0].Key))
	case stack.Code == codeBadCertificate:
		c.add(CodeServerUsage, "")
	case stack.Code != codeVerifyFailed:
		c.explainUnread(stack.Code)
	}
	if len(c.report.Findings) == before {
		c.add(CodeRefused, fmt.Sprintf("the camera refuses the server: %s", OneLine(err)))
	}
}

// tooLong reports whether the camera cannot read what the server sends.
func (c *checker) tooLong() bool {
	return len(certificateMessage(c.subject.Sent)) > c.options.Firmware.InContentLen
}

// explainUnread names the certificates that do not parse.
func (c *checker) explainUnread(code int) {
	for i, der := range c.subject.Sent {
		var stack *micropython.MbedTLSError
		if errors.As(c.judge.reads(der), &stack) && stack.Code == code {
			c.add(CodeCertificateNotRead, fmt.Sprintf("the camera does not read certificate %d that the server sends, \"%s\": %s",
				i+1, c.report.Sent[i].Title, stack.Name))
		}
	}
}

// explainLines takes the lines of a ValueError one by one.
func (c *checker) explainLines(err error, anchors [][]byte) {
	if says(err, saidUnsigned) {
		c.explainUnsigned(anchors)
	}
	if says(err, saidExpired) || says(err, saidFuture) {
		c.explainDates(anchors)
	}
	if says(err, saidName) {
		names := "no names"
		if c.leaf != nil {
			if list := certname.Names(c.leaf); len(list) > 0 {
				names = strings.Join(list, ", ")
			} else if c.leaf.Subject.CommonName != "" {
				names = c.leaf.Subject.CommonName
			}
		}
		fix := ""
		if fitting := c.fitting(); fitting != "" {
			fix = fmt.Sprintf("give server_hostname=\"%s\", if that is the server you mean", fitting)
		}
		c.addFix(CodeOtherName, fmt.Sprintf("the server's certificate is for %s, and not for %s", names, c.report.Hostname), fix)
	}
	if says(err, saidUsage) {
		c.add(CodeServerUsage, "")
	}
	if says(err, saidHash) {
		c.add(CodeHashRefused, named(c.sent, "is signed with", certs.DescribeSignature, oldHash))
	}
	if says(err, saidKey) {
		c.add(CodeKeyRefused, named(slices.Concat(c.sent, parsed(anchors)), "has the key", certs.DescribeKey, keyRefused))
	}
}

// named says of the first certificate that is meant what it has; "" where there is none.
func named(list []*x509.Certificate, has string, what func(*x509.Certificate) string, meant func(*x509.Certificate) bool) string {
	if i := slices.IndexFunc(list, meant); i >= 0 {
		return fmt.Sprintf("\"%s\" %s %s, which the camera refuses", certname.Title(list[i]), has, what(list[i]))
	}
	return ""
}

// oldHash and keyRefused find the certificate that Mbed TLS means, which does not name it.
func oldHash(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1}, c.SignatureAlgorithm)
}

func keyRefused(c *x509.Certificate) bool {
	if key, isRSA := c.PublicKey.(*rsa.PublicKey); isRSA {
		return key.N.BitLen() < 2048
	}
	return !slices.Contains([]string{"ECDSA P-256", "ECDSA P-384", "ECDSA P-521"}, certs.DescribeKey(c))
}

// explainUnsigned says why nothing that the server sends leads to the anchors.
func (c *checker) explainUnsigned(anchors [][]byte) {
	list := parsed(anchors)
	for _, anchor := range list {
		issuers, way := c.ways.issuers(anchor)
		if !way {
			continue
		}
		if missing := c.unsent(issuers); len(missing) > 0 {
			c.add(CodeIntermediateMissing, fmt.Sprintf("the server does not send %s, which is between its certificate and the anchor \"%s\"",
				quoted(missing), certname.Title(anchor)))
			return
		}
		ordered := [][]byte{c.leaf.Raw}
		for _, issuer := range issuers {
			ordered = append(ordered, issuer.Raw)
		}
		if !says(c.judge.ask(c.options.At, ordered, anchor.Raw), saidUnsigned) {
			c.add(CodeWrongOrder, fmt.Sprintf("the server sends its chain in the wrong order; %s is the right one", order(ordered)))
			return
		}
	}
	if len(list) == 0 || c.leaf == nil {
		c.add(CodeOtherCA, "")
		return
	}
	anchor, top := certname.Title(list[0]), c.top()
	if !top.Equal(list[0]) && c.namesake(top) != nil {
		c.addFix(CodeIntermediateMissing, c.describeNamesake(top),
			"let the server send the intermediate that signed it: the CA's page has it, or the chain of the delivery")
		return
	}
	if top == c.leaf && c.selfIssued() {
		c.addFix(CodeOtherCA, fmt.Sprintf("the server's certificate is self-signed, and is not the anchor \"%s\"", anchor),
			"flash the server's own certificate, if its owner confirms the fingerprint")
		return
	}
	if top == c.leaf {
		c.add(CodeIntermediateMissing, fmt.Sprintf("the server does not send \"%s\", which signed its certificate and is not the anchor \"%s\"",
			certname.Short(top.Issuer), anchor))
		return
	}
	if said := c.barred(list); said != "" {
		c.addFix(CodeOtherCA, said, "the CA has to correct that certificate, or flash the certificate below it as the anchor")
		return
	}
	c.add(CodeOtherCA, fmt.Sprintf("what the server sends ends with \"%s\", signed by \"%s\", and does not lead to the anchor \"%s\"",
		certname.Title(top), certname.Short(top.Issuer), anchor))
}

// barred says why a chain that has the anchor's name does not lead to the anchor; "" when it has none of the names.
func (c *checker) barred(anchors []*x509.Certificate) string {
	top := c.top()
	for _, anchor := range anchors {
		if !bytes.Equal(anchor.RawSubject, top.RawIssuer) {
			continue
		}
		if !certs.SignedBy(top, anchor) {
			return fmt.Sprintf("the anchor \"%s\" has the name of the issuer of \"%s\", and another key",
				certname.Title(anchor), certname.Title(top))
		}
		for i, p := range append(slices.Clone(c.sent[1:]), anchor) {
			if why := notIssuing(p, i); why != "" {
				return fmt.Sprintf("the chain leads to the anchor, but \"%s\" %s", certname.Title(p), why)
			}
		}
	}
	return ""
}

// notIssuing says why a certificate may not issue others with so many intermediates below it; "" when it may.
func notIssuing(c *x509.Certificate, below int) string {
	switch {
	case c.Version >= 3 && !(c.BasicConstraintsValid && c.IsCA):
		return "is not a CA's certificate (basicConstraints)"
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return "may not sign certificates (keyUsage)"
	case (c.MaxPathLen > 0 || c.MaxPathLenZero) && c.MaxPathLen < below:
		return fmt.Sprintf("allows %d intermediates below it, and there are %d (path length)", c.MaxPathLen, below)
	}
	return ""
}

// namesake is a certificate that the server sends with the name of an issuer, and that did not sign; nil for none.
func (c *checker) namesake(below *x509.Certificate) *x509.Certificate {
	if bytes.Equal(below.RawIssuer, below.RawSubject) {
		return nil
	}
	for _, p := range c.sent {
		if !p.Equal(below) && bytes.Equal(p.RawSubject, below.RawIssuer) && !certs.SignedBy(below, p) {
			return p
		}
	}
	return nil
}

func (c *checker) describeNamesake(below *x509.Certificate) string {
	return fmt.Sprintf("the intermediate that was sent did not sign it: \"%s\" has the name of the issuer of \"%s\", and another key",
		certname.Title(c.namesake(below)), certname.Title(below))
}

// top is the last certificate on the way upwards that the server sends.
func (c *checker) top() *x509.Certificate {
	top := c.leaf
	for range c.sent {
		i := slices.IndexFunc(c.sent, func(p *x509.Certificate) bool { return !p.Equal(top) && c.ways.signed(top, p) })
		if i < 0 {
			break
		}
		top = c.sent[i]
	}
	return top
}

// order names certificates in their order.
func order(ders [][]byte) string {
	var titles []string
	for _, c := range parsed(ders) {
		titles = append(titles, certname.Title(c))
	}
	return quoted(titles)
}

// explainDates names the certificates that are not valid at the time.
func (c *checker) explainDates(anchors [][]byte) {
	at := c.options.At
	wrong := func(p *x509.Certificate) string {
		if at.After(p.NotAfter) {
			return fmt.Sprintf("\"%s\" expired on %s", certname.Title(p), day(p.NotAfter))
		}
		return fmt.Sprintf("\"%s\" is valid from %s on, and the camera's clock says %s", certname.Title(p), day(p.NotBefore), day(at))
	}
	if c.leaf != nil && at.After(c.leaf.NotAfter) {
		c.add(CodeServerExpired, "the server's certificate "+wrong(c.leaf))
	}
	early := c.leaf != nil && at.Before(c.leaf.NotBefore)
	if early {
		c.add(CodeServerFuture, "the server's certificate "+wrong(c.leaf))
	}
	// A clock that is before the server's certificate is before the others as well: it alone is to be set.
	dated := func(p *x509.Certificate) bool { return certs.ValidAt(p, at) || early && at.Before(p.NotBefore) }
	for _, p := range c.sent[min(1, len(c.sent)):] {
		if !dated(p) {
			c.add(CodeIssuerDates, "the intermediate "+wrong(p))
		}
	}
	for _, p := range parsed(anchors) {
		if !dated(p) && (c.leaf == nil || !p.Equal(c.leaf)) {
			c.add(CodeAnchorDates, "the anchor "+wrong(p))
		}
	}
}

// parsed returns the certificates that crypto/x509 parses, in DER or PEM.
func parsed(files [][]byte) (list []*x509.Certificate) {
	for _, data := range files {
		some, _ := certs.ParseCertificates(data) // others are the camera's matter
		list = append(list, some...)
	}
	return list
}
