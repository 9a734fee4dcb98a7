package mbedtls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"time"
)

// A Certificate is a certificate that the camera's loader accepted.
type Certificate struct {
	Raw []byte // the DER that is presented: trailing octets of the file are gone

	profile  *Profile // of the loader
	kind     keyType
	ec       *ecdsa.PublicKey
	curve    *namedCurve
	rsa      *rsa.PublicKey
	keyUsage int // octets 0 and 1 of the BIT STRING, little-endian; -1 when the extension is absent
	serverOK bool
	clientOK bool

	// What the verification of a peer's certificate looks at.
	version         int
	tbs, signature  []byte
	signedWith      signatureAlgorithm
	rawSubject      []byte // in DER, with its header
	issuer, subject name
	hasAltNames     bool
	altNames        []byte // the GeneralNames of subjectAltName without their header
	notBefore       time.Time
	notAfter        time.Time
	isCA            bool
	maxPathLen      int // certificates that may follow below; -1 is any number
}

// Public returns the public key of the certificate: an *ecdsa.PublicKey or an
// *rsa.PublicKey.
func (c *Certificate) Public() crypto.PublicKey {
	if c.ec != nil {
		return c.ec
	}
	return c.rsa
}

// KeySize returns the size of the public key's modulus or of its curve's field, bits.
func (c *Certificate) KeySize() (isRSA bool, bits int) {
	if c.ec != nil {
		return false, c.curve.curve.Params().BitSize
	}
	return true, c.rsa.Size() * 8
}

// Bits of the keyUsage extension that the server asks for (RFC 5280 section 4.2.1.3).
const (
	usageDigitalSignature = 0x80
	usageKeyEncipherment  = 0x20
	usageKeyAgreement     = 0x08
	usageCertSign         = 0x04
	usageEncipherOnly     = 0x01
	usageDecipherOnly     = 0x8000
)

// allows reports whether keyUsage permits a use, as mbedtls_x509_crt_check_key_usage does: a key for one direction of
// an agreement only is for nothing else.
func (c *Certificate) allows(usage int) bool {
	return !c.profile.checksUsages || c.keyUsage < 0 || c.keyUsage&usage == usage && c.keyUsage&(usageEncipherOnly|usageDecipherOnly) == 0
}

// usable reports whether keyUsage and extendedKeyUsage permit the certificate for a
// suite, as mbedtls_ssl_check_cert_usage does.
func (c *Certificate) usable(s *Suite) bool {
	return (c.serverOK || !c.profile.checksUsages) && c.allows(s.keyUsage())
}

// ParseCertificate parses the first certificate of der as
// mbedtls_x509_crt_parse_der does. What follows it is ignored. Every failure is
// ErrX509BadInputData, as when the camera loads a certificate, where it tells no reason (CAMERA.md section 1.3).
func (p *Profile) ParseCertificate(der []byte) (*Certificate, error) {
	c, err := p.parseCertificate(der)
	if err != nil {
		return nil, ErrX509BadInputData
	}
	return c, nil
}

// parseCertificate is ParseCertificate with the code of Mbed TLS for the first thing that is wrong, in its order
// of checks: that is what the camera tells of a client's certificate (CAMERA.md section 6).
func (p *Profile) parseCertificate(der []byte) (*Certificate, error) {
	file := berReader{der}
	body, err := file.child(tagSequence)
	if err != nil {
		return nil, errX509InvalidFormat // alone, without the code of ASN.1
	}
	c := &Certificate{Raw: der[:len(der)-len(file.b)], profile: p, keyUsage: -1, serverOK: true, clientOK: true, maxPathLen: -1}
	tbsStart := body.b
	tbs, err := body.child(tagSequence)
	if err != nil {
		return nil, errX509InvalidFormat.with(err)
	}
	c.tbs = tbsStart[:len(tbsStart)-len(body.b)]
	signature, err := c.parseTBS(&tbs)
	if err != nil {
		return nil, err
	}
	outer, err := body.algorithm()
	if err != nil {
		return nil, errX509InvalidAlg.with(err)
	}
	if !outer.equal(signature) {
		return nil, errX509SigMismatch
	}
	if c.signature, err = p.wholeOctets(&body); err != nil {
		return nil, errX509InvalidSignature.with(err)
	}
	if !body.empty() {
		return nil, errX509InvalidFormat.with(errLengthMismatch)
	}
	return c, nil
}

// parseTBS reads a TBSCertificate (RFC 5280 section 4.1) and returns its signature algorithm.
func (c *Certificate) parseTBS(tbs *berReader) (signature algorithm, err error) {
	if signature, err = c.parseIntroduction(tbs); err != nil {
		return algorithm{}, err
	}
	if _, c.issuer, err = readName(tbs); err != nil {
		return algorithm{}, err
	}
	if len(c.issuer) == 0 {
		return algorithm{}, errX509InvalidName.with(errOutOfData)
	}
	if c.notBefore, c.notAfter, err = readValidity(tbs); err != nil {
		return algorithm{}, err
	}
	if c.rawSubject, c.subject, err = readName(tbs); err != nil {
		return algorithm{}, err
	}
	if err := c.parseSPKI(tbs); err != nil {
		return algorithm{}, err
	}
	if c.version >= 2 {
		// The unique identifiers are asked for with the constructed bit, which
		// the standard's IMPLICIT BIT STRING does not have.
		for _, tag := range []byte{tagContextCons | 1, tagContextCons | 2} {
			if tbs.peek() == tag {
				if _, err := tbs.value(tag); err != nil {
					return algorithm{}, errX509InvalidFormat.with(err)
				}
			}
		}
	}
	if c.version == 3 {
		if err := c.parseExtensions(tbs); err != nil {
			return algorithm{}, err
		}
	}
	if !tbs.empty() {
		return algorithm{}, errX509InvalidFormat.with(errLengthMismatch)
	}
	return signature, nil
}

// parseIntroduction reads version, serial number and signature algorithm. All three are read before the first is judged.
func (c *Certificate) parseIntroduction(tbs *berReader) (signature algorithm, err error) {
	number, err := versionNumber(tbs)
	if err != nil {
		return algorithm{}, err
	}
	if _, _, err := tbs.oneOf(tagInteger, tagContext|2); err != nil { // the serial number may carry a context tag
		return algorithm{}, errX509InvalidSerial.with(err)
	}
	if signature, err = tbs.algorithm(); err != nil {
		return algorithm{}, errX509InvalidAlg.with(err)
	}
	if number > 2 {
		return algorithm{}, errX509UnknownVersion
	}
	c.version = number + 1
	c.signedWith, err = c.profile.signatureAlgorithm(signature)
	return signature, err
}

// versionNumber returns 0 for version 1, which may be absent, 1 for version 2 and so on.
func versionNumber(tbs *berReader) (int, error) {
	field, err := tbs.child(tagContextCons)
	if errors.Is(err, errUnexpectedTag) {
		return 0, nil
	}
	if err != nil {
		return 0, errX509InvalidFormat.with(err)
	}
	number, err := field.int()
	if err != nil {
		return 0, errX509InvalidVersion.with(err)
	}
	if !field.empty() {
		return 0, errX509InvalidVersion.with(errLengthMismatch)
	}
	return number, nil
}

// signatureAlgorithm looks an algorithm up by its name. Nothing is verified with it when a certificate is loaded.
func (p *Profile) signatureAlgorithm(a algorithm) (signatureAlgorithm, error) {
	for _, known := range p.signatures {
		if oidEqual(a.oid, known.oid) {
			if p.PSS && oidEqual(a.oid, oidPSS) {
				return pssAlgorithm(a)
			}
			if !a.noParams() {
				return signatureAlgorithm{}, errX509InvalidAlg
			}
			return known, nil
		}
	}
	return signatureAlgorithm{}, errX509UnknownSigAlg
}

// equal compares two algorithms as they are written.
func (a algorithm) equal(b algorithm) bool {
	return bytes.Equal(a.oid, b.oid) && a.paramTag == b.paramTag && bytes.Equal(a.params, b.params)
}
