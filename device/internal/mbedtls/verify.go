package mbedtls

import (
	"bytes"
	"crypto"
	"strings"
	"time"
)

// verifyFlags is what is wrong with a chain, as mbedtls_x509_crt_verify tells it.
type verifyFlags uint

const (
	flagExpired verifyFlags = 1 << iota
	flagNotTrusted
	flagFuture
	flagKeyUsage
	flagExtKeyUsage
	flagBadHash
	flagBadKey
)

// verifyTexts are in the order in which mbedtls_x509_crt_verify_info prints them.
var verifyTexts = []struct {
	flag verifyFlags
	text string
}{
	{flagExpired, "The certificate validity has expired"},
	{flagNotTrusted, "The certificate is not correctly signed by the trusted CA"},
	{flagFuture, "The certificate validity starts in the future"},
	{flagKeyUsage, "Usage does not match the keyUsage extension"},
	{flagExtKeyUsage, "Usage does not match the extendedKeyUsage extension"},
	{flagBadHash, "The certificate is signed with an unacceptable hash."},
	{flagBadKey, "The certificate is signed with an unacceptable key (eg bad curve, RSA too short)."},
}

// alert returns the description of the alert for the flags.
func (f verifyFlags) alert() uint8 {
	switch {
	case f&(flagKeyUsage|flagExtKeyUsage|flagBadKey) != 0:
		return alertUnsupportedCert
	case f&flagExpired != 0:
		return alertCertificateExpired
	case f&flagNotTrusted != 0:
		return alertUnknownCA
	}
	return alertCertificateUnknown
}

// A VerifyError is a client's chain that was not accepted.
type VerifyError struct{ flags verifyFlags }

// Error returns the text with which MicroPython raises it, line ends at both ends
// included (CAMERA.md section 6).
func (e *VerifyError) Error() string {
	var out strings.Builder
	for _, v := range verifyTexts {
		if e.flags&v.flag != 0 {
			out.WriteString("\n" + v.text + "\n")
		}
	}
	return out.String()
}

// maxIntermediates is MBEDTLS_X509_MAX_INTERMEDIATE_CA.
const maxIntermediates = 8

// verifyChain checks a client's chain against the trusted CAs and returns everything
// that is wrong with it. The first certificate is the client's; those after it may
// come in any order.
func verifyChain(chain, trusted []*Certificate, now time.Time) verifyFlags {
	child := chain[0]
	flags := ownFlags(child, now)
	for _, ca := range trusted {
		if bytes.Equal(ca.Raw, child.Raw) && bytes.Equal(child.issuer, child.subject) {
			return flags // trusted itself
		}
	}
	for below := 0; below <= maxIntermediates; below++ {
		if _, accepted := certificateHash(child); !accepted {
			flags |= flagBadHash
		}
		if parent := findParent(child, trusted, below); parent != nil {
			return flags | ownFlags(parent, now)
		}
		parent := findParent(child, chain[1:], below)
		if parent == nil {
			break
		}
		flags |= ownFlags(parent, now)
		child = parent
	}
	return flags | flagNotTrusted
}

// findParent returns the issuer of child among the candidates: a CA by name, usage and
// path length whose key made the signature.
func findParent(child *Certificate, candidates []*Certificate, below int) *Certificate {
	for _, c := range candidates {
		named := bytes.Equal(child.issuer, c.subject) && !bytes.Equal(c.Raw, child.Raw)
		ca := c.isCA && (c.keyUsage < 0 || c.keyUsage&usageCertSign != 0) && (c.maxPathLen < 0 || below <= c.maxPathLen)
		if named && ca && signatureFits(child, c) {
			return c
		}
	}
	return nil
}

const usageCertSign = 0x04

// ownFlags is what is wrong with a certificate by itself: its dates and its key.
func ownFlags(c *Certificate, now time.Time) (flags verifyFlags) {
	if now.After(c.notAfter) {
		flags |= flagExpired
	}
	if now.Before(c.notBefore) {
		flags |= flagFuture
	}
	if !strongKey(c) {
		flags |= flagBadKey
	}
	return flags
}

// clientUsage checks keyUsage and extKeyUsage for a client (RFC 5246 section 7.4.6).
func clientUsage(c *Certificate) (flags verifyFlags) {
	if c.keyUsage >= 0 && c.keyUsage&usageDigitalSignature == 0 {
		flags |= flagKeyUsage
	}
	if !c.clientOK {
		flags |= flagExtKeyUsage
	}
	return flags
}

// strongKey applies mbedtls_x509_crt_profile_default: RSA of 2048 bits, curves of 256.
func strongKey(c *Certificate) bool {
	if c.rsa != nil {
		return c.rsa.N.BitLen() >= 2048
	}
	return c.curve.curve.Params().BitSize >= 256
}

// certificateHash returns the hash of a certificate's signature, 0 for one that cannot
// be checked, and whether it is accepted.
func certificateHash(c *Certificate) (hash crypto.Hash, accepted bool) {
	for _, known := range c.profile.signatures {
		if oidEqual(c.algorithm, known.oid) {
			return known.verifies, known.accepted
		}
	}
	return 0, false
}

// signatureFits checks the signature, whatever the profile thinks of its hash.
func signatureFits(child, parent *Certificate) bool {
	hash, _ := certificateHash(child)
	if hash == 0 {
		return false
	}
	return verifies(parent.Public(), hash, child.tbs, child.signature)
}
