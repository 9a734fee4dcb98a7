package preflight

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/certname"
)

// camera is who says what the emulated camera raised.
const camera = "the camera"

// loading lets the camera load the pair, and finds out why it does not.
func (c *checker) loading() {
	s := c.subject
	key := s.Key
	if key == nil {
		if !c.options.KeyElsewhere {
			title := ""
			if s.Delivery != nil {
				title = s.Delivery.NoKey()
			}
			c.add(CodeNoKey, "", title, Symptom{camera, "ValueError: invalid key"})
			return
		}
		key = throwAwayKey()
	}
	err := c.camera.LoadCertChain(s.Cert, key)
	c.report.Loads = err == nil
	if err == nil {
		c.fileHoldsMore()
		if s.Key != nil {
			c.pairing()
		}
		return
	}
	c.report.Exception, c.refusal = err.Error(), err
	said := Symptom{camera, err.Error()}
	if errors.Is(err, micropython.ErrInvalidKey) {
		c.keyRefused(said)
		return
	}
	c.certificateRefused(said)
}

// certificateRefused says why the camera does not take the certificate.
func (c *checker) certificateRefused(said Symptom) {
	s := c.subject
	held, isCertificate := c.held(s.CertFile, delivery.KindCertificate)
	switch {
	case held != "" && !isCertificate:
		c.add(CodeNoCertificate, s.CertFile, fmt.Sprintf("%s holds %s, and no certificate", s.CertFile, held), said)
	case isPEM(s.Cert) && !c.options.Firmware.PEM:
		c.add(CodePEMCertificate, s.CertFile, "", said)
	default:
		c.add(CodeCertUnsupported, s.CertFile, c.describeRefusedCertificate(), said)
	}
}

// held says what a file of the delivery holds, and whether something of a kind is among it.
func (c *checker) held(file string, kind delivery.Kind) (held string, among bool) {
	d := c.subject.Delivery
	if d == nil {
		return "", false
	}
	for _, item := range d.Items {
		if item.File == file && (item.Kind == kind || item.Locked && kind == delivery.KindKey) {
			among = true
		}
	}
	return d.Holds(file), among
}

// throwAwayKey stands in for a key that is elsewhere.
func throwAwayKey() []byte {
	key, err := certs.GenerateKey(certs.KeyECDSAP256)
	if err != nil {
		panic(err) // the type is a known one
	}
	return (&certs.Identity{Key: key}).KeyDER()
}

// keyRefused says why the camera does not take the key, which it reads first.
func (c *checker) keyRefused(said Symptom) {
	s := c.subject
	certificate, key := s.item(s.CertFile), s.item(s.KeyFile)
	held, isKey := c.held(s.KeyFile, delivery.KindKey)
	cause := keyCause(c.options.Firmware, s.Key)
	switch {
	case key == nil && isPEM(s.Key):
		c.add(CodePEMKey, s.KeyFile, "", said)
	case key != nil && key.Kind == delivery.KindCertificate && certificate != nil && certificate.Kind == delivery.KindKey:
		c.add(CodeFilesSwapped, s.KeyFile, "", said)
	case held != "" && !isKey:
		c.add(CodeNoKey, s.KeyFile, fmt.Sprintf("%s holds %s, and no private key", s.KeyFile, held), said)
		c.nextRefusal()
	case key != nil && key.Locked:
		c.add(CodeEncryptedKey, s.KeyFile, "the file of the key is "+key.Note, said)
	case isPEM(s.Key) && !c.options.Firmware.PEM:
		c.add(CodePEMKey, s.KeyFile, "", said)
		c.nextRefusal()
	case cause != "":
		f := c.add(CodeKeyUnsupported, s.KeyFile, cause+": the camera does not load the file", said)
		f.Cause, f.Fix = ruleOf(CodeFileNotLoaded).Cause, ruleOf(CodeFileNotLoaded).Fix
	default:
		title := ""
		if key != nil && key.About != "" {
			title = fmt.Sprintf("the camera does not load this key: %s", key.About)
		}
		c.add(CodeKeyUnsupported, s.KeyFile, title, said)
	}
}

// nextRefusal adds what the camera would say of the certificate once it has a key.
func (c *checker) nextRefusal() {
	if err := (asker{c.options.Firmware, throwAwayKey()}).load(c.subject.Cert); err != nil {
		c.certificateRefused(Symptom{camera, err.Error()})
	}
}

// describeRefusedCertificate says which certificate it is that the camera refuses, and why.
func (c *checker) describeRefusedCertificate() string {
	d := c.subject.Delivery
	if d == nil || d.Leaf == nil || d.Leaf.Parsed == nil {
		return ""
	}
	if !c.subject.Converted && isPEM(c.subject.Cert) {
		if title := c.refusedIn(c.subject.CertFile, d.Leaf); title != "" {
			return title
		}
	}
	cause := asker{c.options.Firmware, throwAwayKey()}.certificateCause(d.Leaf.Raw, d.Leaf.Parsed)
	if cause == "" {
		cause = fmt.Sprintf("%s, signed with %s", certs.DescribeKey(d.Leaf.Parsed), certs.DescribeSignature(d.Leaf.Parsed))
	}
	return "the camera does not load this certificate: " + cause
}

// refusedIn names the first certificate of a file that the camera refuses by itself; "" when that is the
// leaf, or there is none.
func (c *checker) refusedIn(file string, leaf *delivery.Certificate) string {
	a := asker{c.options.Firmware, throwAwayKey()}
	asked := 0
	for _, item := range c.subject.Delivery.Items {
		certificate := item.Certificate()
		if item.File != file || certificate == nil || asked == MaxLinks {
			continue
		}
		asked++
		if a.load(certificate.Raw) == nil {
			continue
		}
		if bytes.Equal(certificate.Raw, leaf.Raw) {
			return ""
		}
		cause := a.certificateCause(certificate.Raw, certificate.Parsed)
		title := fmt.Sprintf("the camera does not load the file, because of the certificate %q in it", certificate.Describe())
		if certificate.Parsed != nil {
			title = fmt.Sprintf("the camera does not load the file, because of the issuer %q in it", certname.Title(certificate.Parsed))
		}
		if cause != "" {
			title += ": " + cause
		}
		return title
	}
	return ""
}

// item returns the first item of the delivery that is from a file.
func (s *Subject) item(file string) *delivery.Item {
	if s.Delivery == nil {
		return nil
	}
	for _, i := range s.Delivery.Items {
		if i.File == file {
			return i
		}
	}
	return nil
}

func isPEM(data []byte) bool { return bytes.Contains(data, []byte("-----BEGIN ")) }

// pairing asks whether key and certificate belong together, which the camera does not.
func (c *checker) pairing() {
	fits, known := c.camera.PairFits()
	c.report.Paired = known && fits
	if known && !fits || !known && c.subject.Mismatch {
		c.add(CodeKeyMismatch, c.subject.KeyFile, "",
			Symptom{camera, "OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')"},
			Symptom{"curl", "bad signature"})
	}
}

// fileHoldsMore tells when the camera presents less than its file holds.
func (c *checker) fileHoldsMore() {
	s := c.subject
	if s.Converted || s.Server != "" {
		return
	}
	presented := len(c.camera.Chain())
	held := 0
	if s.Delivery != nil {
		for _, i := range s.Delivery.Items {
			if i.File == s.CertFile && i.Kind == delivery.KindCertificate {
				held++
			}
		}
	}
	if held > presented {
		c.add(CodeSeveralCerts, s.CertFile, fmt.Sprintf("the file holds %d certificates, and the camera presents the first one alone", held))
	}
}
