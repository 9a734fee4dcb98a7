package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"math/bits"
	"sync"
)

// MaxRSABits is the longest RSA key, in bits, that signatures are checked with. Cameras, and clients
// written in Go, take none that is longer. The work grows with the square of the length: one check
// with a key of 65,536 bits takes two seconds.
const MaxRSABits = 8192

// SelfSigned reports whether a certificate is signed with its own key. Unlike
// x509.Certificate.CheckSignatureFrom it does not ask for a CA.
func SelfSigned(c *x509.Certificate) bool { return SignedBy(c, c) }

// SignedBy reports whether the issuer's name and key fit a certificate: the only thing that makes
// one certificate the issuer of another. It asks neither for dates nor for a CA. An issuer whose RSA
// key is longer than [MaxRSABits] has signed nothing.
func SignedBy(c, issuer *x509.Certificate) bool {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
		return false
	}
	if key, isRSA := issuer.PublicKey.(*rsa.PublicKey); isRSA && key.N.BitLen() > MaxRSABits {
		return false
	}
	check := func() bool {
		return issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
	}
	if !c.IsCA {
		return checkedLeaves.get(c, issuer, check)
	}
	return checkedCAs.get(c, issuer, check)
}

// checkCost estimates the work of SignedBy, in checks with a key on P-256: less than a tenth of a
// millisecond. Names that differ, and keys that are too long, cost nothing.
func checkCost(c, issuer *x509.Certificate) int {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
		return 0
	}
	const hashed = 32 << 10 // octets that are hashed in that time
	cost := 1 + len(c.RawTBSCertificate)/hashed
	switch key := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		n := key.N.BitLen()
		if n > MaxRSABits {
			return 0
		}
		exponents := 1 + bits.Len(uint(key.E))/20*6 // 65537 is cheap, and 2^31-1 is not
		cost += n * n * exponents >> 23
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P521():
			cost += 20
		case elliptic.P384(), elliptic.P224():
			cost += 7
		}
	}
	return cost
}

// A chain is looked at from several sides: by the search for a path, and by the model of each client. What
// was checked is remembered: of CAs for long, because thousands of devices share them, and of leaves until
// the next devices have come.
var (
	checkedCAs    = signatures{most: 16384}
	checkedLeaves = signatures{most: 256}
)

// signatures remembers who has signed what.
type signatures struct {
	most  int // that are remembered; then it begins anew
	mu    sync.Mutex
	known map[[2][sha256.Size]byte]bool
}

// get returns what is known of a pair, or what check finds out.
func (s *signatures) get(c, issuer *x509.Certificate, check func() bool) bool {
	key := [2][sha256.Size]byte{sha256.Sum256(c.Raw), sha256.Sum256(issuer.Raw)}
	s.mu.Lock()
	signed, known := s.known[key]
	s.mu.Unlock()
	if known {
		return signed
	}
	signed = check()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= s.most {
		s.known = map[[2][sha256.Size]byte]bool{}
	}
	s.known[key] = signed
	return signed
}
