package mbedtls

import "encoding/asn1"

// General name tags without the constructed bit (RFC 5280 section 4.2.1.6).
const (
	nameOther     = tagContext
	nameDirectory = tagContext | 4
	nameIP        = tagContext | 7
)

func (p *Profile) readGeneralNames(names *berReader) error {
	for !names.empty() {
		tag, value, err := names.any()
		if err == nil && tag&0xc0 != tagContext {
			err = errUnexpectedTag
		}
		if err != nil {
			return errX509InvalidExtensions.with(err)
		}
		if err := p.readGeneralName(tag, value); err != nil {
			return err
		}
	}
	return nil
}

func (p *Profile) readGeneralName(tag byte, value []byte) error {
	content := berReader{value}
	kind := tag &^ 0x20
	if p.laxNames && kind != nameOther || p.laxOtherNames {
		return nil
	}
	switch kind {
	case nameIP:
		if len(value) != 4 && len(value) != 16 {
			return ErrX509BadInputData
		}
	case nameDirectory:
		rdns, err := content.child(tagSequence)
		if err != nil {
			return err // the code of ASN.1 alone, which MicroPython takes for an errno
		}
		_, err = readRDNs(&rdns)
		return err
	case nameOther:
		if err := readOtherName(&content); err != nil {
			return errX509InvalidExtensions.with(err)
		}
	}
	return nil
}

var oidHardwareModuleName = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 4}

// readOtherName checks the one otherName that Mbed TLS knows (RFC 4108 section 5).
func readOtherName(name *berReader) error {
	oid, err := name.value(tagOID)
	if err != nil || !oidEqual(oid, oidHardwareModuleName) {
		return err
	}
	field, err := name.only(tagContextCons)
	if err != nil {
		return err
	}
	module, err := field.only(tagSequence)
	if err != nil {
		return err
	}
	if _, err := module.value(tagOID); err != nil {
		return err
	}
	_, err = module.only(tagOctetString)
	return err
}
