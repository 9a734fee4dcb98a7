package delivery

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What is in no PEM may be in source text, data or dumps: as hexadecimal, base64, an array of numbers, or a
// string with escapes. It is looked for by how DER and PEM begin; only what decodes to a certificate or a key
// is one.

// A find is something in a text that may be a certificate or a key.
type find struct {
	start, end int
	form       Form
	data       []byte
}

// scavenge returns everything in a text that is PEM, or decodes to DER or PEM.
func scavenge(text string, depth int) []piece {
	pieces := recognisePEM(text)
	if depth == MaxWrappings {
		return pieces
	}
	rest := blanked(text, pieces)
	joined := unjoined(rest)
	lines := lineCounter{text: text}
	finds := slices.Concat(arrays.find(rest), literals.find(rest), hexadecimals.find(joined), base64s.find(joined))
	slices.SortStableFunc(finds, func(a, b find) int { return a.start - b.start })
	taken := 0
	for _, f := range finds {
		if f.start < taken {
			continue
		}
		list := f.pieces(depth)
		if len(list) == 0 {
			continue
		}
		line := lines.at(f.start)
		for i := range list {
			list[i].where, list[i].start, list[i].end = strings.TrimSuffix(lineName(line)+", "+list[i].where, ", "), f.start, f.end
			list[i].line = line
		}
		pieces, taken = append(pieces, list...), f.end
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.start - b.start })
	return pieces
}

// pieces takes a find apart.
func (f find) pieces(depth int) []piece { return recogniseContent(f.data, f.form, depth+1) }

// blanked puts blanks where pieces were found.
func blanked(text string, pieces []piece) string {
	octets := []byte(text)
	for _, p := range pieces {
		wipe(octets, p.start, p.end)
	}
	return string(octets)
}

// unjoined puts blanks where string literals follow each other.
func unjoined(text string) string {
	octets := []byte(text)
	for at := 0; at < len(text); at++ {
		if strings.IndexByte("\"'`", text[at]) < 0 || at+1 == len(text) || strings.IndexByte(" \t\n+.\\&bBuUrRL\"'`", text[at+1]) < 0 {
			continue
		}
		if join := joinHere.FindString(text[at:min(len(text), at+lookahead)]); join != "" {
			wipe(octets, at, at+len(join))
			at += len(join) - 1
		}
	}
	return string(octets)
}

// wipe puts blanks in the place of everything but the ends of lines.
func wipe(octets []byte, start, end int) {
	for i := start; i < end; i++ {
		if octets[i] != '\n' {
			octets[i] = ' '
		}
	}
}

// begins reports whether octets, six at least, begin as something does that is read: DER or BER, an archive, or text.
func begins(data []byte) bool {
	return derLength(data) > 0 || isBER(data) || isPacked(data) || isText(data)
}

// isText reports whether octets are those of a text: of ASCII, or of UTF-16.
func isText(data []byte) bool {
	printable := func(c byte) bool { return c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' }
	if len(data) >= 2 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return true
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	plain, wide := true, true
	for i, c := range data {
		plain = plain && printable(c)
		wide = wide && (i%2 == 1 && c == 0 || i%2 == 0 && printable(c))
	}
	return plain || wide
}

// derLength returns how many octets a DER structure has that begins like that; 0 when it is none.
func derLength(data []byte) int {
	if beginsShortKey(data) {
		return 2 + int(data[1])
	}
	if !beginsDER(data) {
		return 0
	}
	count := int(data[1] & 0x7f)
	if len(data) < 2+count {
		return 0
	}
	n := 0
	for _, octet := range data[2 : 2+count] {
		n = n<<8 | int(octet)
	}
	if n > MaxFile {
		return 0
	}
	return 2 + count + n
}

// A scanner finds one kind of wrapping. A regular expression for a whole text would be slow: it is tried where
// its first octet fits.
type scanner struct {
	form  Form
	maybe func(text string, at int) bool
	start *regexp.Regexp // anchored; nil where maybe tells
	// read decodes what begins there, and returns where it ends. It returns nil as soon as that is neither DER nor PEM.
	read func(text string, start int) (data []byte, end int)
}

// lookahead is what the beginning of a wrapping takes at most, in octets, and head how many decoded octets tell
// whether it is DER or PEM.
const (
	lookahead = 96
	head      = 6
)

// row is how much base64 is in a row where it begins.
const row = 16

// shortest is how many octets a certificate or a key has at least: one on Ed25519 has 48.
const shortest = 48

// beginsShortKey reports whether octets begin as a private key of less than 128 octets does: one on P-256 in SEC 1 has
// 121 (RFC 5915 section 3), one on Ed25519 has 48 (RFC 8410 section 7).
func beginsShortKey(data []byte) bool {
	return len(data) >= head && data[0] == 0x30 && data[1] >= 0x20 && data[1] < 0x80 &&
		data[2] == 2 && data[3] == 1 && (data[4] == 0 && data[5] == 0x30 || data[4] == 1 && data[5] == 4)
}

// find returns what begins as DER or PEM does.
func (s scanner) find(text string) (finds []find) {
	for at := 0; at < len(text); at++ {
		if !s.maybe(text, at) || s.start != nil && !s.start.MatchString(text[at:min(len(text), at+lookahead)]) {
			continue
		}
		if data, end := s.read(text, at); len(data) >= shortest {
			finds, at = append(finds, find{at, end, s.form, data}), end-1
		}
	}
	return finds
}

// before returns the octet before an offset, a blank at the beginning.
func before(text string, at int) byte {
	if at == 0 {
		return ' '
	}
	return text[at-1]
}

// afterEscape reports whether an escape such as \n ends before an offset.
func afterEscape(text string, at int) bool {
	return at >= 2 && text[at-2] == '\\' && strings.IndexByte("nrt", text[at-1]) >= 0
}

var (
	arrays = scanner{FormArray, func(text string, at int) bool {
		return (text[at] == '0' || text[at] == '4') && !isBase64(before(text, at))
	}, arrayStart, numbersFrom}
	literals = scanner{FormLiteral, func(text string, at int) bool {
		return (text[at] == '0' || text[at] == '\\') && strings.IndexByte("\"'`", before(text, at)) >= 0
	}, literalStart, literalFrom}
	hexadecimals = scanner{FormHex, func(text string, at int) bool {
		return isHex(text[at]) && (!isHex(before(text, at)) || afterEscape(text, at)) && hexBegins(text, at)
	}, nil, hexFrom}
	base64s = scanner{FormBase64, func(text string, at int) bool {
		return isBase64(text[at]) && (!isBase64(before(text, at)) || afterEscape(text, at)) && base64Begins(text, at, row)
	}, nil, base64From}
)

// hexBegins reports whether hexadecimal begins at an offset, with or without separators: what tells what it is.
func hexBegins(text string, at int) bool {
	digits := 0
	for i := at; i < len(text) && digits < 2*head; i++ {
		switch c := text[i]; {
		case isHex(c):
			digits++
		case digits == 0 || digits%2 != 0 || strings.IndexByte(" \t\n:,-\\", c) < 0:
			return false
		}
	}
	return digits == 2*head
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// hexFrom decodes hexadecimal from an offset on.
func hexFrom(text string, start int) (data []byte, end int) {
	var digits []byte
	length := 0
	for end = start; end < len(text); end++ {
		c := text[end]
		switch {
		case isHex(c):
			digits = append(digits, c)
		case strings.IndexByte(" \t\n:,-\\", c) >= 0:
			continue
		default:
			return unhex(digits), end
		}
		if len(digits) == 2*head {
			first := unhex(digits)
			if !begins(first) {
				return nil, end
			}
			length = derLength(first)
		}
		if length > 0 && len(digits) == 2*length && (end+1 == len(text) || !isHex(text[end+1])) {
			return unhex(digits), end + 1
		}
	}
	return unhex(digits), end
}

func unhex(digits []byte) []byte {
	data, err := hex.DecodeString(string(digits[:len(digits)&^1]))
	if err != nil {
		return nil
	}
	return data
}

// base64Begins reports whether so many characters of base64 are in a row at an offset.
func base64Begins(text string, at, row int) bool {
	if len(text) < at+row {
		return false
	}
	for i := at; i < at+row; i++ {
		if !isBase64(text[i]) {
			return false
		}
	}
	return true
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '/' || c == '_' || c == '-'
}

var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// base64From decodes base64 from an offset on: as long as the DER that begins there, or to its end.
func base64From(text string, start int) (data []byte, end int) {
	const first = 12 // digits that tell what it is
	var digits strings.Builder
	length := 0 // digits
	for end = start; end < len(text); end++ {
		c := text[end]
		switch {
		case isBase64(c):
			digits.WriteByte(c)
		case c == '\\' && end+1 < len(text) && strings.IndexByte(`nrt/`, text[end+1]) >= 0:
			if text[end+1] == '/' {
				digits.WriteByte('/')
			}
			end++
			continue
		case strings.IndexByte(" \t\n\\", c) >= 0:
			continue
		default:
			return decodeDigits(digits.String()), end
		}
		if digits.Len() == first {
			octets := decodeDigits(digits.String())
			if !begins(octets) {
				return nil, end
			}
			length = (derLength(octets)*8 + 5) / 6
		}
		// What follows in the same encoding belongs to it: DER in a row.
		if length > 0 && digits.Len() == length && !goesOn(text[end+1:]) {
			return decodeDigits(digits.String()), end + 1
		}
	}
	return decodeDigits(digits.String()), end
}

// goesOn reports whether base64 goes on in a text, and does not begin anew.
func goesOn(text string) bool {
	rest := strings.TrimLeft(text, " \t\n")
	if rest == "" || !isBase64(rest[0]) {
		return false
	}
	return len(rest) == len(text) || base64Begins(rest, 0, row) && !strings.HasPrefix(rest, "MI")
}

func decodeDigits(s string) []byte {
	data, err := base64.RawStdEncoding.DecodeString(standardAlphabet.Replace(s[:len(s)-boolInt(len(s)%4 == 1)]))
	if err != nil {
		return nil
	}
	return data
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// arrayStart is how arrays of octets begin: in hexadecimal, binary, octal or decimal; of DER or of PEM.
var arrayStart = regexp.MustCompile(`^(?:0[xX]30|0[bB]0*110000|0?60|48|0[xX]2[dD]|0[bB]0*101101|0?55|45)` + numeralEnd +
	`(?:[ \t\n]*[,;)}]|[ \t\n]+[0-9.])`)

// numeralEnd is how languages end a number of eight bits.
const numeralEnd = `(?:[_']?u8|\.toByte\(\)|[uU]?[lL]{0,2})`

// numeral is one number of an array, and what may stand around it: casts, comments, directives of an assembler.
var numeral = regexp.MustCompile(
	`^(?:\([a-z][a-z0-9_ ]{2,15}\)|std::byte\{|[})]|\.byte\b|\b[dD][bB]\b|/\*(?:[^*]|\*+[^*/])*\*+/|//[^\n]*\n|#[^\n]*\n` +
		`|\n[ \t]*-|[ \t\n,;\\])*` +
		`(0[xX][0-9A-Fa-f]{1,2}|0[bB][01]{1,8}|0[0-7]{1,3}|-?[0-9]{1,3})` + numeralEnd)

// numbersFrom reads numbers from an offset on.
func numbersFrom(text string, start int) (data []byte, end int) {
	end = start
	if !arrayBegins(text[start:min(len(text), start+lookahead)]) {
		return nil, start
	}
	for {
		m := numeral.FindStringSubmatchIndex(text[end:])
		if m == nil {
			return data, end
		}
		n, ok := octet(text[end+m[2] : end+m[3]])
		if !ok {
			return data, end
		}
		data, end = append(data, n), end+m[1]
		if len(data) == head && !begins(data) {
			return nil, end
		}
		if length := derLength(data[:min(len(data), head)]); length > 0 && len(data) == length {
			return data, end
		}
	}
}

// arrayBegins tells quickly whether the second number of an array can be that of DER or of text.
func arrayBegins(text string) bool {
	digit := func(r rune) bool {
		return r == 'x' || r == 'X' || r == 'b' || r == 'B' || r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F'
	}
	rest := strings.TrimLeftFunc(text, digit)
	rest = strings.TrimLeft(rest, "uUlL \t\n,;")
	rest = strings.TrimPrefix(rest, "-")
	word := rest[:len(rest)-len(strings.TrimLeftFunc(rest, digit))]
	if word == "" {
		return true // a cast or a comment: the slow way tells
	}
	n, ok := octet(word)
	return ok && n != 0x30
}

// octet reads a number in any of C's bases; Java has signed ones.
func octet(text string) (byte, bool) {
	n, err := strconv.ParseInt(text, 0, 16)
	if err != nil {
		n, err = strconv.ParseInt(text, 10, 16) // 08 and 09 are no octal numbers
	}
	if err != nil || n < -128 || n > 255 {
		return 0, false
	}
	return byte(n), true
}

// literalStart is how strings with DER in them begin.
var literalStart = regexp.MustCompile(`^(?:0|\\x30|\\0?60|\\u0030)`)

// literalFrom reads characters and escapes from an offset on, to the end of the literal and of those that follow
// it, or as many octets as the DER has that begins there.
func literalFrom(text string, start int) (data []byte, end int) {
	quote, length := before(text, start), 0
	for end = start; end < len(text); {
		if text[end] == quote {
			join := joinHere.FindString(text[end:])
			if join == "" {
				return data, end
			}
			end += len(join)
			quote = text[end-1]
			continue
		}
		if strings.HasPrefix(text[end:], "\\\n") { // the literal goes on in the next line
			end += 2
			continue
		}
		octets, n := escapeAt(text[end:])
		data, end = append(data, octets...), end+n
		if length == 0 && len(data) >= head {
			if length = derLength(data[:head]); length == 0 {
				return nil, end
			}
		}
		if length > 0 && len(data) >= length {
			return data[:length], end
		}
	}
	return data, end
}

// joinHere is where a string literal follows another one.
var joinHere = regexp.MustCompile("^" + joins.String())

// simpleEscapes are those of one character that C, Python and JavaScript have.
var simpleEscapes = map[byte]byte{
	'n': '\n', 'r': '\r', 't': '\t', 'a': 7, 'b': 8, 'f': 12, 'v': 11, '\\': '\\', '\'': '\'', '"': '"',
}

// escapeAt returns the octets that a text begins with, or that its first escape stands for, and how long that is.
func escapeAt(text string) (octets []byte, n int) {
	switch {
	case text[0] != '\\':
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError || r > 0xff {
			return []byte{text[0]}, 1
		}
		return []byte{byte(r)}, size
	case len(text) >= 4 && text[1] == 'x' && isHex(text[2]) && isHex(text[3]):
		return unhex([]byte(text[2:4])), 4
	case len(text) >= 6 && text[1:4] == "u00" && isHex(text[4]) && isHex(text[5]):
		return unhex([]byte(text[4:6])), 6
	}
	digits := 0
	for digits < 3 && 1+digits < len(text) && text[1+digits] >= '0' && text[1+digits] <= '7' {
		digits++
	}
	if value, err := strconv.ParseUint(text[1:1+digits], 8, 16); err == nil && value <= 255 {
		return []byte{byte(value)}, 1 + digits
	}
	if len(text) > 1 {
		if value, known := simpleEscapes[text[1]]; known {
			return []byte{value}, 2
		}
	}
	return []byte{text[0]}, 1
}

func lineName(line int) string { return fmt.Sprintf("line %d", line) }
