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
		return err
	}
	list, err := field.child(tagSequence)
	if err != nil {
		return err
	}
	if !field.empty() {
		return errASN1
	}
	var seen [8]bool
	for !list.empty() {
		ext, err := list.child(tagSequence)
		if err != nil {
			return err
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
		return err
	}
	critical, err := ext.bool()
	if err != nil && !errors.Is(err, errTag) {
		return err
	}
	body, err := ext.child(tagOctetString)
	if err != nil {
		return err
	}
	if !ext.empty() {
		return errASN1
	}
	for i, known := range c.profile.extensions {
		if !oidEqual(oid, known.oid) {
			continue
		}
		if seen[i] {
			return errFormat
		}
		seen[i] = true
		if err := known.parse(c, &body, critical); err != nil {
			return err
		}
		if !body.empty() {
			return errASN1
		}
		return nil
	}
	if critical {
		return errFormat
	}
	return nil
}

// parseBasicConstraints reads up to the end of the extension, whatever length the SEQUENCE says it has.
func parseBasicConstraints(c *Certificate, body *berReader, _ bool) error {
	err := body.enter(tagSequence)
	if err != nil || body.empty() {
		return err
	}
	if c.isCA, err = body.bool(); errors.Is(err, errTag) {
		number, err := body.int()
		if err != nil {
			return err
		}
		c.isCA = number != 0
	} else if err != nil {
		return err
	}
	if body.empty() {
		return nil
	}
	pathLen, err := body.int()
	if err != nil {
		return err
	}
	if !body.empty() || pathLen == math.MaxInt32 {
		return errASN1
	}
	c.maxPathLen = pathLen
	return nil
}

func parseKeyUsage(c *Certificate, body *berReader, _ bool) error {
	bits, err := body.bitString()
	if err != nil {
		return err
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
	seq, err := body.child(tagSequence)
	if err != nil {
		return err
	}
	if seq.empty() {
		return errASN1
	}
	c.serverOK, c.clientOK = false, false
	for !seq.empty() {
		oid, err := seq.value(tagOID)
		if err != nil {
			return err
		}
		anyUse := oidEqual(oid, oidAnyEKU)
		c.serverOK = c.serverOK || anyUse || oidEqual(oid, oidServerAuth)
		c.clientOK = c.clientOK || anyUse || oidEqual(oid, oidClientAuth)
	}
	return nil
}

// General name tags without the constructed bit (RFC 5280 section 4.2.1.6).
const (
	nameOther     = tagContext
	nameDirectory = tagContext | 4
	nameIP        = tagContext | 7
)

func parseSubjectAltName(_ *Certificate, body *berReader, _ bool) error {
	seq, err := body.child(tagSequence)
	if err != nil {
		return err
	}
	return readGeneralNames(&seq)
}

func readGeneralNames(names *berReader) error {
	for !names.empty() {
		tag, value, err := names.any()
		if err != nil {
			return err
		}
		if tag&0xc0 != tagContext {
			return errTag
		}
		content := berReader{value}
		switch tag &^ 0x20 {
		case nameIP:
			if len(value) != 4 && len(value) != 16 {
				return errFormat
			}
		case nameDirectory:
			name, err := content.child(tagSequence)
			if err != nil {
				return err
			}
			if err := readName(&name); err != nil {
				return err
			}
		case nameOther:
			if err := readOtherName(&content); err != nil {
				return err
			}
		}
	}
	return nil
}

var oidHardwareModuleName = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 4}

// readOtherName checks the one otherName that Mbed TLS knows (RFC 4108 section 5).
func readOtherName(name *berReader) error {
	oid, err := name.value(tagOID)
	if err != nil {
		return err
	}
	if !oidEqual(oid, oidHardwareModuleName) {
		return nil
	}
	field, err := name.child(tagContextCons)
	if err != nil || !name.empty() {
		return errASN1
	}
	seq, err := field.child(tagSequence)
	if err != nil || !field.empty() {
		return errASN1
	}
	if _, err := seq.value(tagOID); err != nil {
		return err
	}
	if _, err := seq.value(tagOctetString); err != nil {
		return err
	}
	if !seq.empty() {
		return errASN1
	}
	return nil
}

func parseNetscapeCertType(_ *Certificate, body *berReader, _ bool) error {
	bits, err := body.bitString()
	if err != nil {
		return err
	}
	if len(bits) > 1 {
		return errASN1
	}
	return nil
}

var oidAnyPolicy = asn1.ObjectIdentifier{2, 5, 29, 32, 0}

// parsePolicies knows anyPolicy only: another policy refuses the certificate when
// the extension is critical.
func parsePolicies(_ *Certificate, body *berReader, critical bool) error {
	seq, err := body.child(tagSequence)
	if err != nil {
		return err
	}
	if seq.empty() {
		return errASN1
	}
	unknown := false
	for !seq.empty() {
		policy, err := seq.child(tagSequence)
		if err != nil {
			return err
		}
		oid, err := policy.value(tagOID)
		if err != nil {
			return err
		}
		unknown = unknown || !oidEqual(oid, oidAnyPolicy)
		if policy.empty() {
			continue
		}
		if _, err := policy.value(tagSequence); err != nil {
			return err
		}
		if !policy.empty() {
			return errASN1
		}
	}
	if unknown && critical {
		return errFormat
	}
	return nil
}

func parseSubjectKeyID(_ *Certificate, body *berReader, _ bool) error {
	_, err := body.value(tagOctetString)
	return err
}

func parseAuthorityKeyID(_ *Certificate, body *berReader, _ bool) error {
	seq, err := body.child(tagSequence)
	if err != nil {
		return err
	}
	if _, err := seq.value(tagContext); err != nil && !errors.Is(err, errTag) {
		return err // also when nothing is there
	}
	if seq.empty() {
		return nil
	}
	issuer, err := seq.child(tagContextCons | 1)
	if err != nil {
		return err
	}
	if err := readGeneralNames(&issuer); err != nil {
		return err
	}
	if _, err := seq.value(tagContext | 2); err != nil {
		return err
	}
	if !seq.empty() {
		return errASN1
	}
	return nil
}
