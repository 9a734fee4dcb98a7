package trace

import "github.com/leafcam/leafcam/device/internal/mbedtls"

// A Use says what a cipher suite of the camera needs.
type Use struct {
	ECDSA bool // a certificate with an EC key; otherwise one with an RSA key
	ECDHE bool // a group and a signature algorithm; otherwise neither, but for static ECDH, which no common client offers
}

// UseOf returns what a cipher suite needs; known is false for one that the engine does not have.
func UseOf(suite Codepoint) (use Use, known bool) {
	s := mbedtls.SuiteByID(uint16(suite))
	if s == nil {
		return Use{}, false
	}
	return Use{ECDSA: s.ECDSA(), ECDHE: s.ECDHE()}, true
}

// GroupName returns the name of a group as IANA has it, or "" for one that is not known here.
func GroupName(group Codepoint) string { return mbedtls.GroupName(uint16(group)) }
