package delivery

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// isBER reports whether data begin with a sequence of indefinite length, which DER does not have (X.690 section
// 10.1): macOS' Keychain, Bouncy Castle and Microsoft's programs write PKCS#7 and PKCS#12 like that.
func isBER(data []byte) bool { return len(data) > 1 && data[0] == 0x30 && data[1] == 0x80 }

var errBER = errors.New("damaged: its lengths do not fit")

// derOf returns BER in the form of DER, as far as PKCS#7 and PKCS#12 need it: with definite lengths, and with
// octet strings in one piece. What follows the first element is returned, too.
func derOf(ber []byte) (der, rest []byte, err error) {
	if len(ber) > MaxMessage {
		return nil, nil, fmt.Errorf("%w: %d octets are more than any chain has", ErrTooMuch, len(ber))
	}
	if !flat(ber) {
		return nil, nil, errTooNested
	}
	var b cryptobyte.Builder
	end, ok := addDER(&b, ber, 0)
	if !ok {
		return nil, nil, errBER
	}
	if der, err = b.Bytes(); err != nil {
		return nil, nil, errBER
	}
	return der, ber[end:], nil
}

// addDER adds the element at an offset, and returns where it ends.
func addDER(b *cryptobyte.Builder, ber []byte, at int) (end int, ok bool) {
	if at >= len(ber) {
		return 0, false
	}
	tag := ber[at]
	start, length, ok := berHeader(ber, at)
	if !ok || length > len(ber)-start || start-at < 2 || tag&0x1f == 0x1f {
		return 0, false
	}
	if tag&0x20 == 0 {
		if length < 0 {
			return 0, false
		}
		b.AddASN1(casn1.Tag(tag), func(b *cryptobyte.Builder) { b.AddBytes(ber[start : start+length]) })
		return start + length, true
	}
	const octets = 4
	if joined := tag&0x1f == octets && tag&0xc0 == 0; joined {
		return addJoined(b, ber, start, length)
	}
	ok = true
	b.AddASN1(casn1.Tag(tag), func(b *cryptobyte.Builder) { end, ok = addElements(b, ber, start, length) })
	return end, ok
}

// addElements adds those of a constructed element; a length of -1 is an indefinite one.
func addElements(b *cryptobyte.Builder, ber []byte, start, length int) (end int, ok bool) {
	for at := start; ; {
		switch {
		case length >= 0 && at == start+length:
			return at, true
		case length < 0 && at+1 < len(ber) && ber[at] == 0 && ber[at+1] == 0:
			return at + 2, true
		}
		if at, ok = addDER(b, ber, at); !ok || length >= 0 && at > start+length {
			return 0, false
		}
	}
}

// addJoined adds the pieces of a constructed octet string as one (X.690 section 8.7.3).
func addJoined(b *cryptobyte.Builder, ber []byte, start, length int) (end int, ok bool) {
	var pieces cryptobyte.Builder
	if end, ok = addElements(&pieces, ber, start, length); !ok {
		return 0, false
	}
	octets, err := pieces.Bytes()
	joined, whole := joinOctets(octets)
	if err != nil || !whole {
		return 0, false
	}
	b.AddASN1OctetString(joined)
	return end, true
}

// joinOctets joins octet strings that follow each other.
func joinOctets(der []byte) (joined []byte, ok bool) {
	for rest := cryptobyte.String(der); !rest.Empty(); {
		var piece cryptobyte.String
		if !rest.ReadASN1(&piece, casn1.OCTET_STRING) {
			return nil, false
		}
		joined = append(joined, piece...)
	}
	return joined, true
}
