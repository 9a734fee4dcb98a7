package mbedtls

import (
	"crypto/rsa"
	"math"
	"math/big"
)

// parseSPKI reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) as mbedtls_pk_parse_subpubkey does.
func (c *Certificate) parseSPKI(tbs *berReader) error {
	spki, err := tbs.child(tagSequence)
	if err != nil {
		return errPKInvalidFormat.with(err)
	}
	alg, err := spki.algorithm()
	if err != nil {
		return errPKInvalidAlg.with(err)
	}
	switch {
	case oidEqual(alg.oid, oidRSAEncryption):
		c.kind = keyRSA
	case oidEqual(alg.oid, oidECPublicKey):
		c.kind = keyECDSA
	case oidEqual(alg.oid, oidECDH):
		c.kind = keyECDH
	default:
		return errPKUnknownAlg
	}
	if c.kind == keyRSA && !alg.noParams() {
		return errPKInvalidAlg
	}
	key, err := c.profile.wholeOctets(&spki)
	if err != nil {
		return errPKInvalidPublicKey.with(err)
	}
	if !spki.empty() {
		return errPKInvalidPublicKey.with(errLengthMismatch)
	}
	if c.kind == keyRSA {
		c.rsa, err = c.profile.parseRSAPublic(key)
		return err
	}
	if c.curve, err = c.profile.algorithmCurve(alg); err != nil {
		return err
	}
	c.ec, err = c.profile.parsePoint(c.curve, key)
	return err
}

// parseRSAPublic reads an RSAPublicKey (RFC 8017 appendix A.1.1) that fills key. Only errors of ASN.1 are told apart.
func (p *Profile) parseRSAPublic(key []byte) (*rsa.PublicKey, error) {
	outer := berReader{key}
	seq, err := outer.child(tagSequence)
	if err != nil {
		return nil, errPKInvalidPublicKey.with(err)
	}
	switch {
	case outer.empty():
	case p.OldPublicKeys:
		return nil, errPKInvalidPublicKey.with(errLengthMismatch)
	default:
		return nil, errPKInvalidPublicKey
	}
	modulus, err := seq.value(tagInteger)
	if err != nil {
		return nil, errPKInvalidPublicKey.with(err)
	}
	exponent, err := seq.value(tagInteger)
	if err != nil {
		return nil, errPKInvalidPublicKey.with(err)
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if !usableModulus(n, e) {
		return nil, errPKInvalidPublicKey
	}
	if !seq.empty() {
		return nil, errPKInvalidPublicKey.with(errLengthMismatch)
	}
	return &rsa.PublicKey{N: n, E: smallExponent(e)}, nil
}

// smallExponent returns an exponent with which the standard library computes, or 0: nothing verifies with a larger one.
func smallExponent(e *big.Int) int {
	if !e.IsInt64() || e.Int64() > math.MaxInt32 {
		return 0
	}
	return int(e.Int64())
}
