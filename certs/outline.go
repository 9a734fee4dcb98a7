package certs

import (
	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// RawSubject returns the subject of a certificate whose outline alone can be read (RFC 5280 section
// 4.1), or nil.
func RawSubject(der []byte) []byte {
	input := cryptobyte.String(der)
	var certificate, tbs, subject cryptobyte.String
	var number cryptobyte.String
	var tag casn1.Tag
	if !input.ReadASN1(&certificate, casn1.SEQUENCE) || !certificate.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).ContextSpecific().Constructed()) || !tbs.ReadAnyASN1(&number, &tag) {
		return nil
	}
	for range 3 { // signature, issuer, validity
		if !tbs.SkipASN1(casn1.SEQUENCE) {
			return nil
		}
	}
	if !tbs.ReadASN1Element(&subject, casn1.SEQUENCE) {
		return nil
	}
	return subject
}
