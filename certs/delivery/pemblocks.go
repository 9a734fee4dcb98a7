package delivery

import (
	"encoding/base64"
	"encoding/pem"
	"regexp"
	"strings"
)

// Word processors and web pages turn the hyphens of PEM into other dashes, editors put everything on one line,
// and programs put it into strings. What begins and ends a block is found all the same.

const dashes = `[-\x{2010}-\x{2015}\x{2212}\x{fe58}\x{fe63}\x{ff0d}]`

// pemMark is what stands between the dashes of a line that begins or ends a block (RFC 7468 section 2).
// How many dashes follow is not asked: those of the next line may be among them.
var pemMark = regexp.MustCompile(`^(BEGIN|END)[ \t\x{a0}]+([A-Z0-9](?:[A-Z0-9# ]*[A-Z0-9])?)[ \t\x{a0}]*` + dashes + `{2}`)

// dashesBefore is what stands before it.
var dashesBefore = regexp.MustCompile(dashes + `{2}[ \t\x{a0}]*$`)

// A mark begins or ends a block.
type mark struct {
	begin      bool
	label      string
	start, end int // in the text, without the dashes before
}

// pemMarks returns the marks of a text.
func pemMarks(text string) (marks []mark) {
	const behind = 16 // octets in which the dashes before a mark are looked for
	for at := 0; ; at++ {
		next := strings.IndexAny(text[at:], "BE")
		if next < 0 {
			return marks
		}
		at += next
		m := pemMark.FindStringSubmatchIndex(text[at:min(len(text), at+lookahead)])
		if m == nil || !dashesBefore.MatchString(text[max(0, at-behind):at]) {
			continue
		}
		label := strings.Join(strings.Fields(text[at+m[4]:at+m[5]]), " ")
		marks = append(marks, mark{text[at+m[2]:at+m[3]] == "BEGIN", label, at, at + m[1]})
	}
}

// recognisePEM finds the blocks of a text, and where they lie. What stands between them is left out, blocks that
// are damaged are named.
func recognisePEM(text string) (pieces []piece) {
	marks := pemMarks(text)
	lines := lineCounter{text: text}
	for i, m := range marks {
		if !m.begin {
			continue
		}
		p := piece{form: FormPEM, where: lines.at(m.start), start: m.start, end: m.end}
		switch {
		case i+1 == len(marks):
			p.end = len(text)
			p.note, p.damaged = "the end of the block is missing: was the file cut off?", true
		case marks[i+1].begin || marks[i+1].label != m.label:
			p.end = marks[i+1].start
			p.note, p.damaged = `no line "-----END `+m.label+`-----" where it should be`, true
		default:
			p.end = marks[i+1].end
			p.fill(m.label, text[m.end:marks[i+1].start])
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// fill decodes the body of a block.
func (p *piece) fill(label, body string) {
	block := &pem.Block{Type: label, Headers: map[string]string{}}
	if info := dekInfo.FindStringSubmatch(body); info != nil {
		block.Headers["Proc-Type"], block.Headers["DEK-Info"] = "4,ENCRYPTED", info[1]
		body = procType.ReplaceAllString(dekInfo.ReplaceAllString(body, "\n"), "\n")
	}
	var ok bool
	if block.Bytes, ok = decodeBody(body); !ok {
		p.note, p.damaged = "damaged base64", true
		return
	}
	p.label(block)
}

// The headers of a block that is encrypted by PEM itself (RFC 1421 section 4.6.1).
var (
	procType = regexp.MustCompile(`Proc-Type:\s*4,\s*ENCRYPTED`)
	dekInfo  = regexp.MustCompile(`DEK-Info:\s*([A-Z0-9-]+,[0-9A-Fa-f]+)`)
)

// decodeBody decodes base64, with what surrounds it in strings, comments, mails and markup.
func decodeBody(body string) ([]byte, bool) {
	for _, clean := range []func(string) string{
		unquoted,
		func(s string) string { return unquoted(softBreaks.Replace(s)) },
		func(s string) string { return unquoted(tags.ReplaceAllString(s, "")) },
	} {
		if der, ok := decodeBase64(clean(body)); ok {
			return der, true
		}
	}
	return nil, false
}

// tags are those of markup: word processors keep their text in XML.
var tags = regexp.MustCompile(`<[^<>]*>`)

// joins are where string literals follow each other.
var joins = regexp.MustCompile(`["'` + "`" + `][ \t]*[+.\\&]?[ \t]*\n?[ \t]*[+.]?[ \t]*(?:[bBuUrRL]?["'` + "`" + `])`)

// linePrefixes are comments, quotations of mails, and the like.
var linePrefixes = regexp.MustCompile(`(?m)^[ \t]*(?:#|//[ \t]|>+|\||\*|;|--[ \t]|REM[ \t]|::)+[ \t]?`)

// unquoted removes what source text, data formats and mails put around the lines of a block.
func unquoted(body string) string {
	body = joins.ReplaceAllString(escapes.Replace(body), "\n")
	return linePrefixes.ReplaceAllString(body, "")
}

// decodeBase64 decodes base64 in which there is nothing else but blanks and punctuation.
func decodeBase64(text string) ([]byte, bool) {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			b.WriteRune(c)
		case c == '=' || isNoise(c):
		default:
			return nil, false
		}
	}
	der, err := base64.RawStdEncoding.DecodeString(b.String())
	return der, err == nil && len(der) > 0
}

// lineCounter tells the lines of growing offsets.
type lineCounter struct {
	text string
	seen int
	line int
}

// at names the line of an offset, which is not before the last one.
func (l *lineCounter) at(offset int) string {
	l.line += strings.Count(l.text[l.seen:offset], "\n")
	l.seen = offset
	return lineName(l.line + 1)
}
