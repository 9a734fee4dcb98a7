package mbedtls

import (
	"bytes"
	"crypto"
	"slices"
	"strings"
	"time"
)

// verifyFlags is what is wrong with a chain, as mbedtls_x509_crt_verify tells it.
type verifyFlags uint

const (
	flagExpired verifyFlags = 1 << iota
	flagName
	flagNotTrusted
	flagFuture
	flagKeyUsage
	flagExtKeyUsage
	flagBadHash
	flagBadAlgorithm
	flagBadKey
	flagOther // never by itself

	allFlags = flagOther<<1 - 1
)

// verifyTexts are in the order in which mbedtls_x509_crt_verify_info prints them.
var verifyTexts = []struct {
	flag verifyFlags
	text string
}{
	{flagExpired, "The certificate validity has expired"},
	{flagName, "The certificate Common Name (CN) does not match with the expected CN"},
	{flagNotTrusted, "The certificate is not correctly signed by the trusted CA"},
	{flagFuture, "The certificate validity starts in the future"},
	{flagKeyUsage, "Usage does not match the keyUsage extension"},
	{flagExtKeyUsage, "Usage does not match the extendedKeyUsage extension"},
	{flagBadHash, "The certificate is signed with an unacceptable hash."},
	{flagBadAlgorithm, "The certificate is signed with an unacceptable PK alg (eg RSA vs ECDSA)."},
	{flagBadKey, "The certificate is signed with an unacceptable key (eg bad curve, RSA too short)."},
}

// alert returns the description of the alert for the flags.
func (f verifyFlags) alert() uint8 {
	switch {
	case f&flagOther != 0:
		return alertAccessDenied
	case f&flagName != 0:
		return alertBadCertificate
	case f&(flagKeyUsage|flagExtKeyUsage|flagBadAlgorithm|flagBadKey) != 0:
		return alertUnsupportedCert
	case f&flagExpired != 0:
		return alertCertificateExpired
	case f&flagNotTrusted != 0:
		return alertUnknownCA
	}
	return alertCertificateUnknown
}

// text names the flags, with line ends at both ends of each line, which is how MicroPython asks for them.
func (f verifyFlags) text() string {
	var out strings.Builder
	for _, v := range verifyTexts {
		if f&v.flag != 0 {
			out.WriteString("\n" + v.text + "\n")
		}
	}
	return out.String()
}

// A VerifyError is a peer's chain that was not accepted.
type VerifyError struct{ flags verifyFlags }

// Error returns the text with which MicroPython raises it, line ends at both ends
// included (CAMERA.md sections 6 and 11).
func (e *VerifyError) Error() string { return e.flags.text() }

// maxVerifyText is the longest text that MicroPython has room for, octets.
const maxVerifyText = 255

// err returns the error that MicroPython raises for flags.
func (f verifyFlags) err() error {
	if len(f.text()) > maxVerifyText {
		return ErrX509VerifyFailed
	}
	return &VerifyError{f}
}

// maxIntermediates is MBEDTLS_X509_MAX_INTERMEDIATE_CA.
const maxIntermediates = 8

// verifyChain checks a peer's chain against the trusted CAs and returns everything that is wrong with it. The
// first certificate is the peer's own; the issuer of each is looked for among the trusted ones, and then among those
// that come after it. The error is ErrX509Fatal, when there are too many.
func verifyChain(chain, trusted []*Certificate, now time.Time) (verifyFlags, error) {
	if len(chain) == 0 { // where all were passed over, a certificate without dates, algorithm and key is verified
		return flagExpired | flagNotTrusted | flagBadHash | flagBadAlgorithm | flagBadKey, nil
	}
	now = now.Truncate(time.Second)
	child, above := chain[0], chain[1:]
	flags := keyFlags(child)
	selfIssued := 0 // intermediates, which do not count for path lengths
	for depth := 0; ; depth++ {
		flags |= dateFlags(child, now)
		if !child.acceptedHash() {
			flags |= flagBadHash
		}
		if depth == 0 && locallyTrusted(child, trusted) {
			return flags, nil
		}
		if root, _ := findParent(child, trusted, true, depth-selfIssued, now); root >= 0 {
			return flags | keyFlags(trusted[root]) | dateFlags(trusted[root], now), nil
		}
		parent, signed := findParent(child, above, false, depth-selfIssued, now)
		if parent < 0 {
			return flags | flagNotTrusted, nil
		}
		if depth > 0 && child.issuer.equal(child.subject) {
			selfIssued++
		}
		if depth >= maxIntermediates {
			return allFlags, ErrX509Fatal
		}
		if !signed {
			flags |= flagNotTrusted
		}
		child, above = above[parent], above[parent+1:]
		flags |= keyFlags(child)
	}
}

// locallyTrusted reports whether a peer's certificate is itself among the trusted ones, self-issued.
func locallyTrusted(c *Certificate, trusted []*Certificate) bool {
	return c.issuer.equal(c.subject) && slices.ContainsFunc(trusted, func(ca *Certificate) bool { return bytes.Equal(ca.Raw, c.Raw) })
}

// findParent returns the index of child's issuer among the candidates, -1 for none, and whether its key made child's
// signature. Of trusted candidates only one whose key did will do. One that is valid now goes before those that are not.
func findParent(child *Certificate, candidates []*Certificate, trusted bool, below int, now time.Time) (index int, signed bool) {
	index = -1
	for i, c := range candidates {
		if !child.issuer.equal(c.subject) || !mayIssue(c, trusted) || (c.maxPathLen >= 0 && c.maxPathLen < below) {
			continue
		}
		made := signatureFits(child, c)
		if trusted && !made {
			continue
		}
		if dateFlags(c, now) == 0 {
			return i, made
		}
		if index < 0 {
			index, signed = i, made
		}
	}
	return index, signed
}

// mayIssue reports whether a certificate is a CA's. Of trusted ones those of versions 1 and 2, which cannot say so, are taken.
func mayIssue(c *Certificate, trusted bool) bool {
	return trusted && c.version < 3 || c.isCA && c.allows(usageCertSign)
}

// dateFlags reports whether a certificate is valid now.
func dateFlags(c *Certificate, now time.Time) (flags verifyFlags) {
	if now.After(c.notAfter) {
		flags |= flagExpired
	}
	if now.Before(c.notBefore) {
		flags |= flagFuture
	}
	return flags
}

// keyFlags applies mbedtls_x509_crt_profile_default: RSA of 2048 bits, and the three curves of the key exchange, or any.
func keyFlags(c *Certificate) verifyFlags {
	const leastRSA = 2048
	bits := 0
	if c.rsa != nil {
		bits = c.rsa.N.BitLen()
		if c.profile.LaxRSAKeys {
			bits = 8 * c.rsa.Size()
		}
	}
	strong := bits >= leastRSA ||
		c.curve != nil && (c.profile.weakChains || slices.Contains(exchangeCurves, c.curve))
	if strong {
		return 0
	}
	return flagBadKey
}

// acceptedHash applies it to the hash of the signature.
func (c *Certificate) acceptedHash() bool {
	return c.signedWith.accepted || c.profile.weakChains && c.signedWith.hash == crypto.SHA224
}

// signatureFits checks the signature, whatever the profile thinks of its hash.
func signatureFits(child, parent *Certificate) bool {
	alg := child.signedWith
	switch {
	case alg.hash == 0 || alg.kind != parent.kind:
		return false
	case alg.pss != nil:
		return pssFits(parent.rsa, alg.hash, alg.pss, child.tbs, child.signature)
	}
	return verify(parent.Public(), alg.hash, child.tbs, child.signature) == nil
}
