package delivery

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// plainText removes what programs add to text: UTF-16 and UTF-32, byte order marks, CR.
func plainText(data []byte) []byte {
	data = toUTF8(data)
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
}

// encodings are those with units of several octets. Their marks are looked for in this order: that of UTF-16
// begins that of UTF-32.
var encodings = []struct {
	mark  string
	order binary.ByteOrder
	size  int
}{
	{"\xff\xfe\x00\x00", binary.LittleEndian, 4}, {"\x00\x00\xfe\xff", binary.BigEndian, 4},
	{"\xff\xfe", binary.LittleEndian, 2}, {"\xfe\xff", binary.BigEndian, 2},
}

// toUTF8 turns text in UTF-16 and UTF-32 into UTF-8, with or without a mark. Other text stays as it is.
func toUTF8(data []byte) []byte {
	for _, e := range encodings {
		if bytes.HasPrefix(data, []byte(e.mark)) {
			return decodeUnits(data[len(e.mark):], e.order, e.size)
		}
	}
	for _, e := range encodings {
		if looksLikeUnits(data, e.order, e.size) {
			return decodeUnits(data, e.order, e.size)
		}
	}
	return data
}

// looksLikeUnits reports whether data begin with units of ASCII: PEM, base64 and source text do.
func looksLikeUnits(data []byte, order binary.ByteOrder, size int) bool {
	const looked = 16 // units
	if len(data) < looked*size {
		return false
	}
	for i := range looked {
		if c := unit(data[i*size:], order, size); c == 0 || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func unit(data []byte, order binary.ByteOrder, size int) rune {
	if size == 4 {
		return rune(order.Uint32(data))
	}
	return rune(order.Uint16(data))
}

func decodeUnits(data []byte, order binary.ByteOrder, size int) []byte {
	var text []rune
	var units []uint16
	for ; len(data) >= size; data = data[size:] {
		if size == 2 {
			units = append(units, order.Uint16(data))
		} else {
			text = append(text, unit(data, order, size))
		}
	}
	if size == 2 {
		text = utf16.Decode(units)
	}
	return []byte(string(text))
}
