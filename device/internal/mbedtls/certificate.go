package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"math/big"
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

	// What the verification of a client's certificate looks at.
	version         int
	tbs, signature  []byte
	algorithm       []byte // OID of the signature algorithm
	issuer, subject []byte // Names in DER, with their headers
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
)

// usable tells whether keyUsage and extendedKeyUsage permit the certificate for a
// suite, as mbedtls_ssl_check_cert_usage does.
func (c *Certificate) usable(s *Suite) bool {
	need := usageDigitalSignature
	if !s.ecdhe {
		need = usageKeyEncipherment
	}
	return c.serverOK && (c.keyUsage < 0 || c.keyUsage&need == need)
}

// ParseCertificate parses the first certificate of der as
// mbedtls_x509_crt_parse_der does. What follows it is ignored. Every failure is
// ErrX509BadInputData, as on the camera, which tells no reason (CAMERA.md section 1.3).
func (p *Profile) ParseCertificate(der []byte) (*Certificate, error) {
	c, err := p.parseCertificate(der)
	if err != nil {
		return nil, ErrX509BadInputData
	}
	return c, nil
}

func (p *Profile) parseCertificate(der []byte) (*Certificate, error) {
	file := berReader{der}
	body, err := file.child(tagSequence)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Raw: der[:len(der)-len(file.b)], profile: p, keyUsage: -1, serverOK: true, clientOK: true, maxPathLen: -1}
	tbsStart := body.b
	tbs, err := body.child(tagSequence)
	if err != nil {
		return nil, err
	}
	c.tbs = tbsStart[:len(tbsStart)-len(body.b)]
	signature, err := c.parseTBS(&tbs)
	if err != nil {
		return nil, err
	}
	outer, err := body.algorithm()
	if err != nil {
		return nil, err
	}
	if string(outer.oid) != string(signature.oid) || outer.paramTag != signature.paramTag || string(outer.params) != string(signature.params) {
		return nil, errFormat
	}
	if c.signature, err = body.bitStringNull(); err != nil {
		return nil, err
	}
	if !body.empty() {
		return nil, errASN1
	}
	c.algorithm = outer.oid
	return c, nil
}

// parseTBS reads a TBSCertificate (RFC 5280 section 4.1) and returns its signature algorithm.
func (c *Certificate) parseTBS(tbs *berReader) (algorithm, error) {
	version, err := certificateVersion(tbs)
	if err != nil {
		return algorithm{}, err
	}
	if tag, _, err := tbs.any(); err != nil || (tag != tagInteger && tag != tagContext|2) {
		return algorithm{}, errTag // the serial number may carry a context tag
	}
	signature, err := tbs.algorithm()
	if err != nil {
		return algorithm{}, err
	}
	if version > 3 || !c.profile.knowsSignature(signature) {
		return algorithm{}, errFormat
	}
	c.version = version
	before := tbs.b
	issuer, err := tbs.child(tagSequence)
	if err != nil {
		return algorithm{}, err
	}
	c.issuer = before[:len(before)-len(tbs.b)]
	if err := readName(&issuer); err != nil {
		return algorithm{}, err
	}
	if c.notBefore, c.notAfter, err = readValidity(tbs); err != nil {
		return algorithm{}, err
	}
	before = tbs.b
	subject, err := tbs.child(tagSequence)
	if err != nil {
		return algorithm{}, err
	}
	c.subject = before[:len(before)-len(tbs.b)]
	if !subject.empty() {
		if err := readName(&subject); err != nil {
			return algorithm{}, err
		}
	}
	if err := c.parseSPKI(tbs); err != nil {
		return algorithm{}, err
	}
	if version >= 2 {
		// The unique identifiers are asked for with the constructed bit, which
		// the standard's IMPLICIT BIT STRING does not have.
		for _, tag := range []byte{tagContextCons | 1, tagContextCons | 2} {
			if tbs.peek() == tag {
				if _, err := tbs.value(tag); err != nil {
					return algorithm{}, err
				}
			}
		}
	}
	if version == 3 {
		if err := c.parseExtensions(tbs); err != nil {
			return algorithm{}, err
		}
	}
	if !tbs.empty() {
		return algorithm{}, errASN1
	}
	return signature, nil
}

// certificateVersion returns 1, 2, 3 …; an absent version is 1.
func certificateVersion(tbs *berReader) (int, error) {
	field, err := tbs.child(tagContextCons)
	if errors.Is(err, errTag) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	v, err := field.int()
	if err != nil || !field.empty() {
		return 0, errASN1
	}
	return v + 1, nil
}

// knowsSignature tells whether the build knows the name of an algorithm. Nothing is verified with it
// when a certificate is loaded.
func (p *Profile) knowsSignature(a algorithm) bool {
	for _, known := range p.signatures {
		if oidEqual(a.oid, known.oid) {
			return a.noParams()
		}
	}
	return false
}

// readName reads the RDNs of a Name that is not empty.
func readName(name *berReader) error {
	for {
		set, err := name.child(tagSet)
		if err != nil {
			return err
		}
		for {
			if err := readAttribute(&set); err != nil {
				return err
			}
			if set.empty() {
				break
			}
		}
		if name.empty() {
			return nil
		}
	}
}

func readAttribute(set *berReader) error {
	seq, err := set.child(tagSequence)
	if err != nil {
		return err
	}
	if _, err := seq.value(tagOID); err != nil {
		return err
	}
	tag, _, err := seq.any()
	if err != nil {
		return err
	}
	switch tag {
	case tagBMPString, tagUTF8String, tagT61String, tagPrintableString, tagIA5String, tagUniversalString, tagBitString:
	default:
		return errTag
	}
	if !seq.empty() {
		return errASN1
	}
	return nil
}

func (c *Certificate) parseSPKI(tbs *berReader) error {
	spki, err := tbs.child(tagSequence)
	if err != nil {
		return err
	}
	alg, err := spki.algorithm()
	if err != nil {
		return err
	}
	key, err := spki.bitStringNull()
	if err != nil {
		return err
	}
	if !spki.empty() {
		return errASN1
	}
	switch {
	case oidEqual(alg.oid, oidRSAEncryption) && alg.noParams():
		c.kind = keyRSA
		c.rsa, err = parseRSAPublic(key)
	case oidEqual(alg.oid, oidECPublicKey):
		c.kind = keyECDSA
		err = c.parseECPublic(alg, key)
	case oidEqual(alg.oid, oidECDH):
		c.kind = keyECDH
		err = c.parseECPublic(alg, key)
	default:
		err = errFormat
	}
	return err
}

func (c *Certificate) parseECPublic(alg algorithm, key []byte) (err error) {
	if c.curve, err = c.profile.algorithmCurve(alg); err != nil {
		return err
	}
	c.ec, err = c.curve.parsePoint(key)
	return err
}

func parseRSAPublic(key []byte) (*rsa.PublicKey, error) {
	outer := berReader{key}
	seq, err := outer.child(tagSequence)
	if err != nil {
		return nil, err
	}
	if !outer.empty() {
		return nil, errASN1
	}
	modulus, err := seq.value(tagInteger)
	if err != nil {
		return nil, err
	}
	exponent, err := seq.value(tagInteger)
	if err != nil {
		return nil, err
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if !seq.empty() || !usableModulus(n, e) {
		return nil, errFormat
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}
