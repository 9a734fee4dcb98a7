package preflight

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// handshakeFailure is what the camera raises when it finds no suite.
const handshakeFailure = "OSError: (-28160, 'MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE')"

// keyAndSignature looks at kind and size of the key, and at how the certificate is signed.
func (c *checker) keyAndSignature() {
	kind := c.camera.KeyKind()
	if curve, isEC := strings.CutPrefix(kind, "EC "); isEC && !slices.Contains([]string{"secp256r1", "secp384r1", "secp521r1"}, curve) {
		c.add(CodeOddCurve, c.subject.CertFile, fmt.Sprintf("the key is on the curve %s, which hardly any client offers", curve),
			Symptom{camera, handshakeFailure}, Symptom{"curl", "handshake failure"})
	}
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	switch key := p.PublicKey.(type) {
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		if bits < 2048 {
			c.add(CodeWeakKey, c.subject.CertFile, fmt.Sprintf("the RSA key has %d bits", bits), Symptom{"curl", "EE certificate key too weak"})
		} else {
			c.add(CodeLargeKey, c.subject.CertFile,
				fmt.Sprintf("the key is RSA with %d bits: a signature takes a microcontroller about a second or more", bits))
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize == 521 {
			c.add(CodeFewClientsCurve, c.subject.CertFile, "the key is on P-521, which Chromium and others do not offer",
				Symptom{camera, handshakeFailure}, Symptom{"Chromium", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"})
		}
	}
	switch p.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		if !certs.SelfSigned(p) { // nobody looks at the signature of an anchor
			c.add(CodeWeakSignature, c.subject.CertFile, fmt.Sprintf("the certificate is signed with %s", p.SignatureAlgorithm),
				Symptom{"curl", "CA signature digest algorithm too weak"})
		}
	}
}

// usages looks at the extensions that say what a certificate is for.
func (c *checker) usages() {
	p := c.leaf.Parsed
	if p == nil {
		return
	}
	if p.KeyUsage != 0 && p.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		left := "none is left"
		if _, isRSA := p.PublicKey.(*rsa.PublicKey); isRSA && p.KeyUsage&x509.KeyUsageKeyEncipherment != 0 {
			left = "static RSA is left, which few clients offer"
		}
		c.add(CodeKeyUsage, c.subject.CertFile, "keyUsage without digitalSignature takes the ECDHE suites away: "+left,
			Symptom{camera, handshakeFailure}, Symptom{"curl", "handshake failure"})
	}
	if hasEKU := len(p.ExtKeyUsage)+len(p.UnknownExtKeyUsage) > 0; hasEKU &&
		!slices.Contains(p.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(p.ExtKeyUsage, x509.ExtKeyUsageAny) {
		c.add(CodeExtKeyUsage, c.subject.CertFile, "", Symptom{camera, handshakeFailure}, Symptom{"curl", "handshake failure"})
	}
	if p.IsCA {
		c.add(CodeCALeaf, c.subject.CertFile, "",
			Symptom{"Firefox", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"}, Symptom{"rustls", "CaUsedAsEndEntity"})
	}
	if certs.WantsStaple(p) {
		c.add(CodeMustStaple, c.subject.CertFile, "", Symptom{"gnutls-cli", "The certificate requires the server to include an OCSP status"})
	}
}

// size compares the Certificate message with what the camera can send.
func (c *checker) size() {
	firmware := c.options.Firmware
	c.report.Message = Message{Leaf: MessageSize(c.leaf.Raw), Limit: firmware.OutContentLen}
	if c.report.Message.Leaf > firmware.OutContentLen {
		c.add(CodeMessageTooLong, c.subject.CertFile,
			fmt.Sprintf("the certificate's message has %d octets, and the camera sends %d at most", c.report.Message.Leaf, firmware.OutContentLen),
			Symptom{camera, "OSError: (-27136, 'MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL')"}, Symptom{"curl", "curl: (35)"})
	}
}

// MessageSize is the size of a Certificate message (CAMERA.md section 1.5).
func MessageSize(list ...[]byte) int {
	n := 7
	for _, der := range list {
		n += 3 + len(der)
	}
	return n
}
