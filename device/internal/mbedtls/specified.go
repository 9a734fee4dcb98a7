package mbedtls

import (
	"encoding/asn1"
	"math/big"
)

var oidPrimeField = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}

// specifiedCurve returns the curve whose parameters are spelled out (SEC1 section C.2), as
// mbedtls_pk_parse_key does with MBEDTLS_PK_PARSE_EC_EXTENDED. Mbed TLS compares a with 0, and reads a base
// point in compressed form only: so it finds the curves of Koblitz alone.
func (p *Profile) specifiedCurve(params []byte) (*namedCurve, error) {
	r := berReader{params}
	version, err := r.int()
	if err != nil {
		return nil, errPKInvalidFormat.with(err)
	}
	if version < 1 || version > 3 {
		return nil, errPKInvalidFormat
	}
	prime, err := primeField(&r)
	if err != nil {
		return nil, err
	}
	a, b, err := coefficients(&r)
	if err != nil {
		return nil, err
	}
	base, err := r.value(tagOctetString)
	if err != nil {
		return nil, errPKInvalidFormat.with(err)
	}
	if len(base) != octetsOf(prime)+1 || base[0] != 2 && base[0] != 3 {
		return nil, errPKInvalidFormat
	}
	order, err := r.value(tagInteger)
	if err != nil {
		return nil, errPKInvalidFormat.with(err)
	}
	x, n := new(big.Int).SetBytes(base[1:]), new(big.Int).SetBytes(order)
	for _, c := range p.curves {
		known := c.curve.Params()
		if a.Sign() == 0 && prime.Cmp(known.P) == 0 && b.Cmp(known.B) == 0 && n.Cmp(known.N) == 0 &&
			x.Cmp(known.Gx) == 0 && uint(base[0]&1) == known.Gy.Bit(0) {
			return c, nil
		}
	}
	return nil, errECPFeatureUnavailable
}

// primeField reads the field; errors of its form are those of ASN.1 alone.
func primeField(r *berReader) (*big.Int, error) {
	field, err := r.child(tagSequence)
	if err != nil {
		return nil, err
	}
	oid, err := field.value(tagOID)
	if err != nil {
		return nil, err
	}
	if !oidEqual(oid, oidPrimeField) {
		return nil, errPKFeatureUnavailable
	}
	prime, err := field.value(tagInteger)
	if err == nil && !field.empty() {
		err = errLengthMismatch
	}
	if err != nil {
		return nil, errPKInvalidFormat.with(err)
	}
	return new(big.Int).SetBytes(prime), nil
}

// coefficients reads a and b, and passes over a seed.
func coefficients(r *berReader) (a, b *big.Int, err error) {
	curve, err := r.child(tagSequence)
	if err != nil {
		return nil, nil, err
	}
	var numbers [2]*big.Int
	for i := range numbers {
		octets, err := curve.value(tagOctetString)
		if err != nil {
			return nil, nil, errPKInvalidFormat.with(err)
		}
		numbers[i] = new(big.Int).SetBytes(octets)
	}
	if curve.peek() == tagBitString {
		_, _ = curve.value(tagBitString) // one that is cut off leaves something
	}
	if !curve.empty() {
		return nil, nil, errPKInvalidFormat.with(errLengthMismatch)
	}
	return numbers[0], numbers[1], nil
}
