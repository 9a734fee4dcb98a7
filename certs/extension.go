package certs

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// Extensions that are looked at by their octets: Go's parser keeps no trace of whether they were critical.
var (
	OIDSubjectAltName    = asn1.ObjectIdentifier{2, 5, 29, 17}                     // RFC 5280 section 4.2.1.6
	OIDBasicConstraints  = asn1.ObjectIdentifier{2, 5, 29, 19}                     // section 4.2.1.9
	OIDNameConstraints   = asn1.ObjectIdentifier{2, 5, 29, 30}                     // section 4.2.1.10
	OIDPolicyConstraints = asn1.ObjectIdentifier{2, 5, 29, 36}                     // section 4.2.1.11
	OIDExtKeyUsage       = asn1.ObjectIdentifier{2, 5, 29, 37}                     // section 4.2.1.12
	OIDTLSFeature        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}       // RFC 7633
	OIDTimestamps        = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2} // RFC 6962 section 3.3
)

// Extension returns the extension of a certificate with an object identifier, or nil.
func Extension(c *x509.Certificate, id asn1.ObjectIdentifier) *pkix.Extension {
	for i := range c.Extensions {
		if c.Extensions[i].Id.Equal(id) {
			return &c.Extensions[i]
		}
	}
	return nil
}

// WantsStaple reports whether a certificate has the TLS feature status_request, also known as Must-Staple
// (RFC 7633).
func WantsStaple(c *x509.Certificate) bool {
	e := Extension(c, OIDTLSFeature)
	if e == nil {
		return false
	}
	var features []int
	_, err := asn1.Unmarshal(e.Value, &features)
	const statusRequest = 5
	return err == nil && slices.Contains(features, statusRequest)
}
