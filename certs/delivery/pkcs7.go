package delivery

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/smallstep/pkcs7"
)

// Bounds of a PKCS#7 message: its reader goes as deep as the input does, and its work grows with the
// square of the depth and of the number of elements.
const (
	MaxMessage  = 256 << 10 // octets
	maxDepth    = 64        // elements in each other
	maxElements = 20_000
)

var errTooNested = fmt.Errorf("%w: more than %d elements, or than %d in each other", ErrTooMuch, maxElements, maxDepth)

// ParsePKCS7 reads the certificates of a PKCS#7 message in DER or BER (RFC 5652 section 5.1).
func ParsePKCS7(der []byte) (list []*x509.Certificate, err error) {
	if len(der) > MaxMessage {
		return nil, fmt.Errorf("%w: %d octets are more than any chain has", ErrTooMuch, len(der))
	}
	if !flat(der) {
		return nil, errTooNested
	}
	defer func() {
		if recover() != nil { // the reader trusts the lengths of BER in places
			list, err = nil, errors.New("damaged")
		}
	}()
	message, err := pkcs7.Parse(der)
	if err != nil {
		return nil, err
	}
	if len(message.Certificates) == 0 {
		return nil, errors.New("there are none")
	}
	return message.Certificates, nil
}

// flat reports whether a message keeps to the bounds.
func flat(ber []byte) bool {
	w := berWalk{ber: ber}
	w.element(0, 0)
	return !w.tooMuch
}

// A berWalk goes through BER (X.690 section 8.1) in the steps of the reader, which believes lengths:
// where an element reaches beyond the one around it, the reader goes back and reads the rest again.
type berWalk struct {
	ber      []byte
	elements int
	tooMuch  bool
}

// element returns where the element ends. The reader ends at what is damaged, and so does the walk.
func (w *berWalk) element(at, depth int) (end int, ok bool) {
	if w.elements++; w.elements > maxElements || depth > maxDepth {
		w.tooMuch = true
	}
	if w.tooMuch || at >= len(w.ber) {
		return 0, false
	}
	constructed := w.ber[at]&0x20 != 0
	at, length, ok := berHeader(w.ber, at)
	if !ok || !constructed {
		return at + length, ok
	}
	indefinite, end := length < 0, at+length
	for at < end || indefinite {
		if at, ok = w.element(at, depth+1); !ok || indefinite && at+2 > len(w.ber) {
			return 0, false
		}
		if indefinite && w.ber[at] == 0 && w.ber[at+1] == 0 {
			return at + 2, true
		}
	}
	return end, true
}

// berHeader returns where the content of an element begins, and its length, -1 for an indefinite one.
func berHeader(ber []byte, at int) (start, length int, ok bool) {
	const longTag, indefinite = 0x1f, 0x80
	if ber[at]&longTag == longTag {
		for at++; at < len(ber) && ber[at] >= 0x80; at++ {
		}
	}
	if at++; at >= len(ber) {
		return 0, 0, false
	}
	first := int(ber[at])
	at++
	switch {
	case first < indefinite:
		return at, first, at+first <= len(ber)
	case first == indefinite:
		return at, -1, true
	}
	octets := first & 0x7f
	if octets > 4 || at+octets > len(ber) {
		return 0, 0, false
	}
	for range octets {
		length = length<<8 | int(ber[at])
		at++
	}
	return at, length, length >= 0 && at+length <= len(ber)
}
