package mbedtls

import "bytes"

// A name is a Name of X.501 (RFC 5280 section 4.1.2.4): the attributes of all its RDNs.
type name []attribute

type attribute struct {
	oid, value []byte
	tag        byte
	more       bool // the RDN goes on with the next attribute
}

// readName reads a Name, which may be empty, and returns it as it is written, too.
func readName(r *berReader) (raw []byte, n name, err error) {
	before := r.b
	rdns, err := r.child(tagSequence)
	if err != nil {
		return nil, nil, errX509InvalidFormat.with(err)
	}
	raw = before[:len(before)-len(r.b)]
	if rdns.empty() {
		return raw, nil, nil
	}
	n, err = readRDNs(&rdns)
	return raw, n, err
}

// readRDNs reads the RDNs of a Name that is not empty.
func readRDNs(rdns *berReader) (n name, err error) {
	for {
		set, err := rdns.child(tagSet)
		if err != nil {
			return nil, errX509InvalidName.with(err)
		}
		for {
			a, err := readAttribute(&set)
			if err != nil {
				return nil, errX509InvalidName.with(err)
			}
			a.more = !set.empty()
			n = append(n, a)
			if !a.more {
				break
			}
		}
		if rdns.empty() {
			return n, nil
		}
	}
}

func readAttribute(set *berReader) (a attribute, err error) {
	seq, err := set.child(tagSequence)
	if err != nil {
		return a, err
	}
	if a.oid, err = seq.value(tagOID); err != nil {
		return a, err
	}
	a.tag, a.value, err = seq.oneOf(tagBMPString, tagUTF8String, tagT61String, tagPrintableString, tagIA5String,
		tagUniversalString, tagBitString)
	if err == nil && !seq.empty() {
		err = errLengthMismatch
	}
	return a, err
}

// equal compares names as x509_name_cmp does: the case of letters does not matter in UTF8String and PrintableString,
// which may stand for each other.
func (n name) equal(other name) bool {
	if len(n) != len(other) {
		return false
	}
	for i, a := range n {
		b := other[i]
		if !bytes.Equal(a.oid, b.oid) || a.more != b.more || !a.sameValue(b) {
			return false
		}
	}
	return true
}

func (a attribute) sameValue(b attribute) bool {
	if a.tag == b.tag && bytes.Equal(a.value, b.value) {
		return true
	}
	return a.folds() && b.folds() && equalFold(a.value, b.value)
}

func (a attribute) folds() bool { return a.tag == tagUTF8String || a.tag == tagPrintableString }

// equalFold compares text; letters of ASCII fold, and no others.
func equalFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
