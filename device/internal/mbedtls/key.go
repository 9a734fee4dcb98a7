//lint:file-ignore SA1019 the camera loads keys on curves for which the standard library has no newer form

package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
)

var (
	oidRSAEncryption = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidECPublicKey   = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidECDH          = asn1.ObjectIdentifier{1, 3, 132, 1, 12}
)

// A PrivateKey is a key that the camera's loader accepted. It need not be a
// usable one: an RSA key with inconsistent numbers loads and fails later
// (CAMERA.md section 1.5).
type PrivateKey struct {
	kind  keyType
	ec    *ecdsa.PrivateKey
	curve *namedCurve
	rsa   *rsa.PrivateKey // nil when the numbers do not belong together
	size  int             // of the RSA modulus, octets
}

// Public returns the public key that belongs to the private one: an
// *ecdsa.PublicKey, an *rsa.PublicKey, or nil for an inconsistent RSA key.
func (k *PrivateKey) Public() crypto.PublicKey {
	switch {
	case k.ec != nil:
		return &k.ec.PublicKey
	case k.rsa != nil:
		return &k.rsa.PublicKey
	}
	return nil
}

// Size returns the size of the modulus or of the curve's field, bits.
func (k *PrivateKey) Size() (isRSA bool, bits int) {
	if k.ec != nil {
		return false, k.curve.curve.Params().BitSize
	}
	return true, k.size * 8
}

// Kind returns "EC secp256r1", "RSA 2048" and the like.
func (k *PrivateKey) Kind() string {
	if k.ec != nil {
		return "EC " + k.curve.name
	}
	return "RSA " + big.NewInt(int64(k.size*8)).String()
}

// ParseKey parses a private key as mbedtls_pk_parse_key does when PEM and
// encryption are left out: PKCS#8, then PKCS#1, then SEC1, all DER. Every failure
// is ErrPKBadInputData, as on the camera, which tells no reason (CAMERA.md section 1.2).
func (p *Profile) ParseKey(der []byte) (*PrivateKey, error) {
	for _, parse := range []func([]byte) (*PrivateKey, error){p.parsePKCS8, p.parsePKCS1, p.parseBareSEC1} {
		if k, err := parse(der); err == nil {
			return k, nil
		}
	}
	return nil, ErrPKBadInputData
}

// versioned opens the SEQUENCE that each form of a key is, and reads the version that
// it begins with. trailing reports whether octets follow the SEQUENCE.
func versioned(der []byte, version int) (seq berReader, trailing bool, err error) {
	outer := berReader{der}
	if seq, err = outer.child(tagSequence); err != nil {
		return seq, false, err
	}
	if v, err := seq.int(); err != nil || v != version {
		return seq, false, errPKInvalidFormat
	}
	return seq, !outer.empty(), nil
}

// parsePKCS8 reads a PrivateKeyInfo (RFC 5208 section 5), which fills der unless the build passes over what follows.
func (p *Profile) parsePKCS8(der []byte) (*PrivateKey, error) {
	seq, trailing, err := versioned(der, 0)
	if err != nil || trailing && !p.laxPKCS8 {
		return nil, errPKInvalidFormat
	}
	alg, err := seq.algorithm()
	if err != nil {
		return nil, err
	}
	inner, err := seq.value(tagOctetString)
	if err != nil {
		return nil, err
	}
	if len(inner) == 0 || !seq.empty() && !p.laxPKCS8 {
		return nil, errLengthMismatch
	}
	switch {
	case oidEqual(alg.oid, oidRSAEncryption) && alg.noParams():
		return p.parsePKCS1(inner)
	case oidEqual(alg.oid, oidECPublicKey), oidEqual(alg.oid, oidECDH):
		curve, err := p.algorithmCurve(alg)
		if err != nil {
			return nil, err
		}
		k, err := p.parseSEC1(inner, curve)
		if err == nil && oidEqual(alg.oid, oidECDH) {
			k.kind = keyECDH
		}
		return k, err
	}
	return nil, errPKInvalidFormat
}

// algorithmCurve returns the curve of EC algorithm parameters. Parameters that are no name are unknown to most builds.
func (p *Profile) algorithmCurve(alg algorithm) (*namedCurve, error) {
	switch {
	case alg.paramTag == tagOID:
	case p.SpecifiedCurves:
		return p.specifiedCurve(alg.params)
	case p.OldPublicKeys:
		return nil, errPKInvalidFormat
	default:
		return nil, p.unnamedCurve
	}
	if c := p.curveByOID(alg.params); c != nil {
		return c, nil
	}
	return nil, errPKUnknownNamedCurve
}

func (p *Profile) parseBareSEC1(der []byte) (*PrivateKey, error) { return p.parseSEC1(der, nil) }

// parseSEC1 reads an ECPrivateKey (RFC 5915 section 3). The curve is the one of the
// surrounding PKCS#8, if any. Octets after the structure are ignored.
func (p *Profile) parseSEC1(der []byte, curve *namedCurve) (*PrivateKey, error) {
	seq, _, err := versioned(der, 1)
	if err != nil {
		return nil, err
	}
	scalar, err := seq.value(tagOctetString)
	if err != nil {
		return nil, err
	}
	if seq.peek() == tagContextCons {
		if curve, err = p.sec1Curve(&seq, curve); err != nil {
			return nil, err
		}
	}
	if curve == nil {
		return nil, errPKInvalidFormat
	}
	k, err := newECKey(curve, scalar)
	if err != nil {
		return nil, err
	}
	if seq.empty() {
		return k, nil
	}
	return k, p.checkSEC1Public(&seq, curve)
}

// sec1Curve reads the parameters of an ECPrivateKey, which must agree with the
// curve that is known already.
func (p *Profile) sec1Curve(seq *berReader, known *namedCurve) (*namedCurve, error) {
	params, err := seq.child(tagContextCons)
	if err != nil {
		return nil, err
	}
	tags := []byte{tagOID}
	if p.SpecifiedCurves {
		tags = append(tags, tagSequence)
	}
	tag, value, err := params.oneOf(tags...)
	if err != nil {
		return nil, err
	}
	curve, err := p.algorithmCurve(algorithm{paramTag: tag, params: value})
	if err != nil || !params.empty() || (known != nil && known != curve) {
		return nil, errPKInvalidFormat
	}
	return curve, nil
}

// checkSEC1Public reads the public key of an ECPrivateKey. It must be a point of
// the curve, but it need not be the key's: it is not used. A compressed point on a curve on which
// Mbed TLS reads none is passed over.
func (p *Profile) checkSEC1Public(seq *berReader, curve *namedCurve) error {
	field, err := seq.child(tagContextCons | 1)
	if errors.Is(err, errUnexpectedTag) {
		return nil
	}
	if err != nil {
		return err
	}
	point, err := p.wholeOctets(&field)
	if err != nil || !field.empty() {
		return errLengthMismatch
	}
	if _, err := p.parsePoint(curve, point); err != nil && !errors.Is(err, errECPFeatureUnavailable) {
		return err
	}
	return nil
}

func newECKey(curve *namedCurve, scalar []byte) (*PrivateKey, error) {
	d := new(big.Int).SetBytes(scalar)
	n := curve.curve.Params().N
	if d.Sign() == 0 || d.Cmp(n) >= 0 {
		return nil, errPKInvalidFormat
	}
	k := &PrivateKey{kind: keyECDSA, curve: curve}
	fixed := d.FillBytes(make([]byte, (n.BitLen()+7)/8))
	if ec, err := ecdsa.ParseRawPrivateKey(curve.curve, fixed); err == nil {
		k.ec = ec
		return k, nil
	}
	// The standard library parses keys of the NIST curves only.
	x, y := curve.curve.ScalarBaseMult(fixed)
	k.ec = &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: curve.curve, X: x, Y: y}, D: d}
	return k, nil
}

// parsePKCS1 reads an RSAPrivateKey (RFC 8017 appendix A.1.2), which fills der unless the build passes over what
// follows.
func (p *Profile) parsePKCS1(der []byte) (*PrivateKey, error) {
	seq, trailing, err := versioned(der, 0)
	if err != nil || trailing && !p.LaxRSAKeys {
		return nil, errPKInvalidFormat
	}
	var numbers [8]*big.Int // n e d p q dp dq qinv
	for i := range numbers {
		v, err := seq.value(tagInteger)
		if err != nil {
			return nil, err
		}
		if numbers[i] = new(big.Int).SetBytes(v); numbers[i].Sign() == 0 {
			return nil, errPKInvalidFormat
		}
	}
	n, e, prime1, prime2 := numbers[0], numbers[1], numbers[3], numbers[4]
	if !seq.empty() || !usableModulus(n, e) || prime1.Bit(0) == 0 || prime2.Bit(0) == 0 {
		return nil, errPKInvalidFormat
	}
	return &PrivateKey{kind: keyRSA, size: (n.BitLen() + 7) / 8, rsa: consistentRSA(numbers)}, nil
}

// maxRSABits is what Mbed TLS's bignum limit of 1024 octets allows.
const maxRSABits = 8192

// usableModulus makes the checks of mbedtls_rsa_check_pubkey.
func usableModulus(n, e *big.Int) bool {
	return n.Bit(0) == 1 && n.BitLen() >= 128 && n.BitLen() <= maxRSABits &&
		e.Bit(0) == 1 && e.BitLen() >= 2 && e.Cmp(n) < 0
}

// consistentRSA returns a key that computes what Mbed TLS computes from the same
// numbers, or nil where the result would fail its own check. Mbed TLS uses the CRT
// values and never d, so d is derived here.
func consistentRSA(numbers [8]*big.Int) *rsa.PrivateKey {
	n, e, p, q, dp, dq, qinv := numbers[0], numbers[1], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]
	one := big.NewInt(1)
	if p.Cmp(one) == 0 || q.Cmp(one) == 0 || new(big.Int).Mul(p, q).Cmp(n) != 0 || !e.IsInt64() || e.Int64() > 1<<31-1 {
		return nil
	}
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	inverse := func(a, b, m *big.Int) bool {
		r := new(big.Int).Mul(a, b)
		return r.Mod(r, m).Cmp(one) == 0
	}
	if !inverse(dp, e, p1) || !inverse(dq, e, q1) || !inverse(qinv, q, p) {
		return nil
	}
	lcm := new(big.Int).Mul(p1, q1)
	lcm.Div(lcm, new(big.Int).GCD(nil, nil, p1, q1))
	d := new(big.Int).ModInverse(e, lcm)
	if d == nil {
		return nil
	}
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d, Primes: []*big.Int{p, q}}
	k.Precompute()
	if k.Validate() != nil {
		return nil
	}
	return k
}
