package mbedtls

import (
	"encoding/asn1"
	"errors"
	"math"
)

// An extensionParser reads an extension of certificates (RFC 5280 section 4.2).
type extensionParser struct {
	name  string // as RFC 5280 calls it
	oid   asn1.ObjectIdentifier
	parse func(c *Certificate, body *berReader, critical bool) error
}

// extensionParsers are all that the engine has; others are skipped, or refuse the certificate when
// they are critical (CAMERA.md section 1.3).
var extensionParsers = []extensionParser{
	{"basicConstraints", asn1.ObjectIdentifier{2, 5, 29, 19}, parseBasicConstraints},
	{"keyUsage", asn1.ObjectIdentifier{2, 5, 29, 15}, parseKeyUsage},
	{"extKeyUsage", asn1.ObjectIdentifier{2, 5, 29, 37}, parseExtKeyUsage},
	{"subjectAltName", asn1.ObjectIdentifier{2, 5, 29, 17}, parseSubjectAltName},
	{"netscapeCertType", asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}, parseNetscapeCertType},
	{"certificatePolicies", asn1.ObjectIdentifier{2, 5, 29, 32}, parsePolicies},
	{"subjectKeyIdentifier", asn1.ObjectIdentifier{2, 5, 29, 14}, parseSubjectKeyID},
	{"authorityKeyIdentifier", asn1.ObjectIdentifier{2, 5, 29, 35}, parseAuthorityKeyID},
}

func (c *Certificate) parseExtensions(tbs *berReader) error {
	if tbs.empty() {
		return nil
	}
	field, err := tbs.child(tagContextCons | 3)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	list, err := field.only(tagSequence)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	var seen [8]bool
	for !list.empty() {
		ext, err := list.child(tagSequence)
		if err != nil {
			return errX509InvalidExtensions.with(err)
		}
		if err := c.parseExtension(&ext, &seen); err != nil {
			return err
		}
	}
	return nil
}

func (c *Certificate) parseExtension(ext *berReader, seen *[8]bool) error {
	oid, err := ext.value(tagOID)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	critical, err := ext.bool()
	if err != nil && !errors.Is(err, errUnexpectedTag) {
		return errX509InvalidExtensions.with(err)
	}
	body, err := ext.only(tagOctetString)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	for i, known := range c.profile.extensions {
		if !oidEqual(oid, known.oid) {
			continue
		}
		if seen[i] {
			return errX509InvalidExtensions
		}
		seen[i] = true
		return known.parse(c, &body, critical)
	}
	if critical {
		return errX509InvalidExtensions.with(errUnexpectedTag)
	}
	return nil
}

// parseBasicConstraints reads up to the end of the extension, whatever length the SEQUENCE says it has.
func parseBasicConstraints(c *Certificate, body *berReader, _ bool) error {
	err := body.enter(tagSequence)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	if body.empty() {
		return nil
	}
	if c.isCA, err = body.bool(); errors.Is(err, errUnexpectedTag) {
		var number int
		number, err = body.int()
		c.isCA = number != 0
	}
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	if body.empty() {
		return nil
	}
	pathLen, err := body.int()
	switch {
	case err != nil:
		return errX509InvalidExtensions.with(err)
	case !body.empty():
		return errX509InvalidExtensions.with(errLengthMismatch)
	case pathLen == math.MaxInt32:
		return errX509InvalidExtensions.with(errInvalidLength)
	}
	c.maxPathLen = pathLen
	return nil
}

func parseKeyUsage(c *Certificate, body *berReader, _ bool) error {
	bits, err := body.bitString()
	if err == nil && len(bits) == 0 && !c.profile.emptyUsages {
		err = errInvalidLength
	}
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	c.keyUsage = 0
	for i := 0; i < len(bits) && i < 2; i++ {
		c.keyUsage |= int(bits[i]) << (8 * i)
	}
	return nil
}

var (
	oidServerAuth = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	oidClientAuth = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	oidAnyEKU     = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
)

func parseExtKeyUsage(c *Certificate, body *berReader, _ bool) error {
	seq, err := body.only(tagSequence)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	if seq.empty() {
		return errX509InvalidExtensions.with(errInvalidLength)
	}
	c.serverOK, c.clientOK = false, false
	for !seq.empty() {
		oid, err := seq.value(tagOID)
		if err != nil {
			return errX509InvalidExtensions.with(err)
		}
		anyUse := oidEqual(oid, oidAnyEKU)
		c.serverOK = c.serverOK || anyUse || oidEqual(oid, oidServerAuth)
		c.clientOK = c.clientOK || anyUse || oidEqual(oid, oidClientAuth)
	}
	return nil
}

func parseSubjectAltName(c *Certificate, body *berReader, _ bool) error {
	names, err := body.only(tagSequence)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	c.hasAltNames, c.altNames = true, names.b
	return c.profile.readGeneralNames(&names)
}

func parseNetscapeCertType(c *Certificate, body *berReader, _ bool) error {
	bits, err := body.bitString()
	if err == nil && (len(bits) > 1 || len(bits) == 0 && !c.profile.emptyUsages) {
		err = errInvalidLength
	}
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	return nil
}

var oidAnyPolicy = asn1.ObjectIdentifier{2, 5, 29, 32, 0}

// parsePolicies knows anyPolicy only: another policy refuses the certificate when
// the extension is critical.
func parsePolicies(_ *Certificate, body *berReader, critical bool) error {
	seq, err := body.only(tagSequence)
	if err == nil && seq.empty() {
		err = errLengthMismatch
	}
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	unknown := false
	for !seq.empty() {
		oid, err := readPolicy(&seq)
		if err != nil {
			return errX509InvalidExtensions.with(err)
		}
		unknown = unknown || !oidEqual(oid, oidAnyPolicy)
	}
	if unknown && critical {
		return errX509FeatureUnavailable
	}
	return nil
}

// readPolicy reads a PolicyInformation and returns its name.
func readPolicy(list *berReader) (oid []byte, err error) {
	policy, err := list.child(tagSequence)
	if err != nil {
		return nil, err
	}
	if oid, err = policy.value(tagOID); err != nil || policy.empty() {
		return oid, err
	}
	_, err = policy.only(tagSequence)
	return oid, err
}

func parseSubjectKeyID(_ *Certificate, body *berReader, _ bool) error {
	if _, err := body.only(tagOctetString); err != nil {
		return errX509InvalidExtensions.with(err)
	}
	return nil
}

func parseAuthorityKeyID(c *Certificate, body *berReader, _ bool) error {
	seq, err := body.only(tagSequence)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	if _, err := seq.value(tagContext); err != nil && !errors.Is(err, errUnexpectedTag) {
		return errX509InvalidExtensions.with(err) // also when nothing is there
	}
	if seq.empty() {
		return nil
	}
	issuer, err := seq.child(tagContextCons | 1)
	if err != nil {
		return errX509InvalidExtensions.with(err)
	}
	if err := c.profile.readGeneralNames(&issuer); err != nil {
		return err
	}
	if _, err := seq.only(tagContext | 2); err != nil {
		return errX509InvalidExtensions.with(err)
	}
	return nil
}
