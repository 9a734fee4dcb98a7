package mbedtls

import (
	"encoding/asn1"
	"math"
	"slices"
)

// ASN.1 tags (X.690 section 8.1.2), as the parsers of Mbed TLS compare them: whole octets.
const (
	tagBoolean         = 0x01
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagNull            = 0x05
	tagOID             = 0x06
	tagUTF8String      = 0x0c
	tagPrintableString = 0x13
	tagT61String       = 0x14
	tagIA5String       = 0x16
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagUniversalString = 0x1c
	tagBMPString       = 0x1e
	tagSequence        = 0x30
	tagSet             = 0x31
	tagContext         = 0x80
	tagContextCons     = 0xa0
)

// berReader reads ASN.1 as mbedtls_asn1_* does, which is neither DER nor BER:
// lengths of up to four octets need not be minimal, indefinite lengths and
// multi-octet tags do not exist, and a value must lie inside its surroundings.
type berReader struct{ b []byte }

func (r *berReader) empty() bool { return len(r.b) == 0 }

// peek returns the next tag octet, or 0 at the end.
func (r *berReader) peek() byte {
	if len(r.b) == 0 {
		return 0
	}
	return r.b[0]
}

// length reads a length and leaves the reader at the value.
func (r *berReader) length() (int, error) {
	if len(r.b) < 1 {
		return 0, errOutOfData
	}
	first := r.b[0]
	r.b = r.b[1:]
	size := uint64(first)
	if first&0x80 != 0 {
		n := int(first & 0x7f)
		if n == 0 || n > 4 {
			return 0, errInvalidLength
		}
		if len(r.b) < n {
			return 0, errOutOfData
		}
		size = 0
		for _, b := range r.b[:n] {
			size = size<<8 | uint64(b)
		}
		r.b = r.b[n:]
	}
	if size > uint64(len(r.b)) {
		return 0, errOutOfData
	}
	return int(size), nil
}

// enter moves to the value of the element with the given tag. Its length has to lie inside what there is, but does
// not bound the reader. The reader does not move when the tag is another one (errUnexpectedTag).
func (r *berReader) enter(tag byte) error {
	if len(r.b) < 1 {
		return errOutOfData
	}
	if r.b[0] != tag {
		return errUnexpectedTag
	}
	r.b = r.b[1:]
	_, err := r.length()
	return err
}

// value reads the value of one element with the given tag. The reader does not move when the tag is
// another one (errUnexpectedTag).
func (r *berReader) value(tag byte) ([]byte, error) {
	_, v, err := r.oneOf(tag)
	return v, err
}

// oneOf reads an element with one of the given tags.
func (r *berReader) oneOf(tags ...byte) (tag byte, value []byte, err error) {
	if len(r.b) < 1 {
		return 0, nil, errOutOfData
	}
	if !slices.Contains(tags, r.b[0]) {
		return 0, nil, errUnexpectedTag
	}
	return r.any()
}

// any reads an element whatever its tag.
func (r *berReader) any() (tag byte, value []byte, err error) {
	if len(r.b) < 1 {
		return 0, nil, errOutOfData
	}
	tag = r.b[0]
	r.b = r.b[1:]
	n, err := r.length()
	if err != nil {
		return 0, nil, err
	}
	value, r.b = r.b[:n], r.b[n:]
	return tag, value, nil
}

// child reads the element with the given tag and returns a reader of its value.
func (r *berReader) child(tag byte) (berReader, error) {
	v, err := r.value(tag)
	return berReader{v}, err
}

// only is child for an element behind which there may be nothing.
func (r *berReader) only(tag byte) (berReader, error) {
	c, err := r.child(tag)
	if err == nil && !r.empty() {
		err = errLengthMismatch
	}
	return c, err
}

// int reads a non-negative INTEGER that fits a C int.
func (r *berReader) int() (int, error) {
	v, err := r.value(tagInteger)
	if err != nil {
		return 0, err
	}
	if len(v) == 0 || v[0]&0x80 != 0 {
		return 0, errInvalidLength
	}
	n := uint64(0)
	for _, b := range v {
		if n = n<<8 | uint64(b); n > math.MaxInt32 {
			return 0, errInvalidLength
		}
	}
	return int(n), nil
}

// bool reads a BOOLEAN; any octet but zero is true.
func (r *berReader) bool() (bool, error) {
	v, err := r.value(tagBoolean)
	if err != nil {
		return false, err
	}
	if len(v) != 1 {
		return false, errInvalidLength
	}
	return v[0] != 0, nil
}

// bitString reads a BIT STRING with any number of unused bits, which is the last element.
func (r *berReader) bitString() ([]byte, error) {
	v, err := r.value(tagBitString)
	switch {
	case err != nil:
		return nil, err
	case len(v) < 1:
		return nil, errOutOfData
	case v[0] > 7:
		return nil, errInvalidLength
	case !r.empty():
		return nil, errLengthMismatch
	}
	return v[1:], nil
}

// bitStringNull reads a BIT STRING that must have no unused bits.
func (r *berReader) bitStringNull() ([]byte, error) {
	v, err := r.value(tagBitString)
	if err != nil {
		return nil, err
	}
	if len(v) < 1 || v[0] != 0 {
		return nil, errInvalidData
	}
	return v[1:], nil
}

// wholeOctets is bitStringNull for a build, which may take no empty ones.
func (p *Profile) wholeOctets(r *berReader) ([]byte, error) {
	v, err := r.bitStringNull()
	if err == nil && len(v) == 0 && p.fullBits {
		err = errInvalidData
	}
	return v, err
}

// algorithm is an AlgorithmIdentifier. paramTag is 0 when the parameters are absent.
type algorithm struct {
	oid      []byte
	paramTag byte
	params   []byte
}

func (r *berReader) algorithm() (algorithm, error) {
	seq, err := r.child(tagSequence)
	if err != nil {
		return algorithm{}, err
	}
	var a algorithm
	if a.oid, err = seq.value(tagOID); err != nil {
		return algorithm{}, err
	}
	if seq.empty() {
		return a, nil
	}
	if a.paramTag, a.params, err = seq.any(); err != nil {
		return algorithm{}, err
	}
	if !seq.empty() {
		return algorithm{}, errLengthMismatch
	}
	return a, nil
}

// noParams reports whether the parameters are absent or an empty NULL.
func (a algorithm) noParams() bool {
	return (a.paramTag == tagNull || a.paramTag == 0) && len(a.params) == 0
}

// oidEqual compares the content octets of an OBJECT IDENTIFIER.
func oidEqual(der []byte, oid asn1.ObjectIdentifier) bool {
	first := 40*oid[0] + oid[1] // X.690 section 8.19.4
	rest, equal := cutArc(der, first)
	for _, arc := range oid[2:] {
		if !equal {
			return false
		}
		rest, equal = cutArc(rest, arc)
	}
	return equal && len(rest) == 0
}

// cutArc takes a number off the front of an OBJECT IDENTIFIER, in its shortest form of seven bits an octet.
func cutArc(der []byte, arc int) (rest []byte, ok bool) {
	shift := 0
	for arc>>shift > 0x7f {
		shift += 7
	}
	for ; shift >= 0; shift -= 7 {
		want := byte(arc>>shift) & 0x7f
		if shift > 0 {
			want |= 0x80
		}
		if len(der) == 0 || der[0] != want {
			return nil, false
		}
		der = der[1:]
	}
	return der, true
}
