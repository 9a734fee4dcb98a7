package preflight

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device/micropython"
)

// camera is who says what the emulated camera raised.
const camera = "the camera"

// loading lets the camera load the pair, and finds out why it does not.
func (c *checker) loading() {
	s := c.subject
	key := s.Key
	if key == nil {
		if !c.options.KeyElsewhere {
			c.add(CodeNoKey, "", "", Saying{camera, "ValueError: invalid key"})
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
	c.report.Exception = err.Error()
	said := Saying{camera, err.Error()}
	switch {
	case errors.Is(err, micropython.ErrInvalidKey):
		c.keyRefused(said)
	case isPEM(s.Cert) && !c.options.Firmware.PEM:
		c.add(CodePEMCertificate, s.CertFile, "", said)
	default:
		c.add(CodeCertUnsupported, s.CertFile, c.describeRefusedCertificate(), said)
	}
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
func (c *checker) keyRefused(said Saying) {
	s := c.subject
	certificate, key := s.item(s.CertFile), s.item(s.KeyFile)
	switch {
	case key == nil && isPEM(s.Key):
		c.add(CodePEMKey, s.KeyFile, "", said)
	case key != nil && key.Kind == delivery.KindCertificate && certificate != nil && certificate.Kind == delivery.KindKey:
		c.add(CodeFilesSwapped, s.KeyFile, "", said)
	case key != nil && key.Locked:
		c.add(CodeEncryptedKey, s.KeyFile, "the file of the key is "+key.Note, said)
	case isPEM(s.Key) && !c.options.Firmware.PEM:
		c.add(CodePEMKey, s.KeyFile, "", said)
		if isPEM(s.Cert) {
			// The next thing that the camera would say.
			c.add(CodePEMCertificate, s.CertFile, "", Saying{camera, "ValueError: invalid cert"})
		}
	default:
		title := ""
		if key != nil && key.About != "" {
			title = fmt.Sprintf("the camera does not load this key: %s", key.About)
		}
		c.add(CodeKeyUnsupported, s.KeyFile, title, said)
	}
}

func (c *checker) describeRefusedCertificate() string {
	d := c.subject.Delivery
	if d == nil || d.Leaf == nil || d.Leaf.Parsed == nil {
		return ""
	}
	return fmt.Sprintf("the camera does not load this certificate: %s, signed with %s",
		certs.DescribePublicKey(d.Leaf.Parsed.PublicKey), d.Leaf.Parsed.SignatureAlgorithm)
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
	if fits, known := c.camera.PairFits(); known && !fits || !known && c.subject.Mismatch {
		c.add(CodeKeyMismatch, c.subject.KeyFile, "",
			Saying{camera, "OSError: (-30592, 'MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE')"},
			Saying{"curl", "bad signature"})
	}
}

// fileHoldsMore tells when the camera presents less than its file holds.
func (c *checker) fileHoldsMore() {
	s := c.subject
	if s.Converted {
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
