package delivery

import (
	"encoding/base64"
	"encoding/pem"
	"regexp"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Word processors and web pages turn the hyphens of PEM into other dashes, editors put everything on one line,
// and programs put it into strings. What begins and ends a block is found all the same.

const dashes = `(?:[-\x{2010}-\x{2015}\x{2212}\x{fe58}\x{fe63}\x{ff0d}]|%2[dD]|&(?:#45|#x2[dD]|hyphen|ndash|mdash|#821[0-3]);)`

// blank is what stands between the words of a mark.
const blank = `(?:[ \t\x{a0}]|%20|\+|&nbsp;|&#32;)`

// pemMark is what stands between the dashes of a line that begins or ends a block (RFC 7468 section 2).
// How many dashes follow is not asked: those of the next line may be among them.
var pemMark = regexp.MustCompile(`^(BEGIN|END)` + blank + `+([A-Z0-9#]+(?:` + blank + `+[A-Z0-9#]+)*)` + blank + `*` + dashes + `{2}`)

var blanks = regexp.MustCompile(blank + "+")

// dashesBefore is what stands before it.
var dashesBefore = regexp.MustCompile(dashes + `{2}` + blank + `*$`)

// A mark begins or ends a block.
type mark struct {
	begin      bool
	label      string
	start, end int // in the text, without the dashes before
}

// pemMarks returns the marks of a text.
func pemMarks(text string) (marks []mark) {
	const behind = 24 // octets in which the dashes before a mark are looked for
	for at := 0; ; at++ {
		next := strings.IndexAny(text[at:], "BE")
		if next < 0 {
			return marks
		}
		at += next
		if rest := text[at:]; !strings.HasPrefix(rest, "BEGIN") && !strings.HasPrefix(rest, "END") {
			continue
		}
		m := pemMark.FindStringSubmatchIndex(text[at:min(len(text), at+lookahead)])
		if m == nil || !dashesBefore.MatchString(text[max(0, at-behind):at]) {
			continue
		}
		label := blanks.ReplaceAllString(text[at+m[4]:at+m[5]], " ")
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
		line := lines.at(m.start)
		p := piece{form: FormPEM, where: lineName(line), line: line, start: m.start, end: m.end}
		body := len(text)
		if i+1 < len(marks) {
			body = marks[i+1].start
		}
		p.key = strings.Contains(m.label, "PRIVATE KEY") && keyBody.MatchString(text[m.end:body])
		switch {
		case i+1 == len(marks):
			p.end = len(text)
			p.broken("the end of the block is missing: was the file cut off?", text[m.end:])
		case marks[i+1].begin || marks[i+1].label != m.label:
			p.end = marks[i+1].start
			p.broken(`no line "-----END `+m.label+`-----" where it should be`, text[m.end:marks[i+1].start])
		default:
			p.end = marks[i+1].end
			p.fill(m.label, text[m.end:marks[i+1].start])
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// keyBody is a line of a private key, whole or not: examples have less.
var keyBody = regexp.MustCompile(`[A-Za-z0-9+/]{40}`)

// fill decodes the body of a block.
func (p *piece) fill(label, body string) {
	block := &pem.Block{Type: label, Headers: map[string]string{}}
	if info := dekInfo.FindStringSubmatch(body); info != nil {
		block.Headers["Proc-Type"], block.Headers["DEK-Info"] = "4,ENCRYPTED", info[1]
		body = procType.ReplaceAllString(dekInfo.ReplaceAllString(body, "\n"), "\n")
	}
	var ok bool
	block.Bytes, ok = decodeBody(body)
	prose := block.Headers["DEK-Info"] == "" && holdsDER(label) && !isWhole(block.Bytes) && !beginsAsBase64(body)
	if !ok || prose {
		p.broken("damaged base64", body)
		return
	}
	p.label(block)
}

// holdsDER reports whether a block with a label has DER in it.
func holdsDER(label string) bool { return pemContents[label] != contentUnknown }

// broken says what is wrong with a block. Where its body does not begin as DER does in base64, the marks are those of
// an example, or of a sentence about PEM, and nothing is lost.
func (p *piece) broken(note, body string) {
	if p.note, p.damaged = note, beginsAsBase64(body); !p.damaged {
		p.content, p.note = contentOther, "the marks of a block without a certificate or a key in it"
	}
}

// The headers of a block that is encrypted by PEM itself (RFC 1421 section 4.6.1).
var (
	procType = regexp.MustCompile(`Proc-Type:\s*4,\s*ENCRYPTED`)
	dekInfo  = regexp.MustCompile(`DEK-Info:\s*([A-Z0-9-]+,[0-9A-Fa-f]+)`)
)

// beginsAsBase64 reports whether a body, or one of its lines, begins as DER does in base64.
func beginsAsBase64(body string) bool {
	body = strings.TrimLeft(unquoted(body), noise)
	return strings.HasPrefix(body, "M") || strings.Contains(body, "\nM")
}

// decodeBody decodes base64, with what surrounds it in strings, comments, mails and markup. Of several ways to leave
// that out, the one is right that leaves DER.
func decodeBody(body string) (first []byte, ok bool) {
	for i, clean := range []func(string) string{
		unquoted,
		func(s string) string { return unquoted(headers.ReplaceAllString(s, "")) },
		func(s string) string { return unquoted(softBreaks.Replace(s)) },
		func(s string) string { return unquoted(tags.ReplaceAllString(s, "")) },
		func(s string) string { return controlWords.ReplaceAllString(s, "") },
	} {
		der, decoded := decodeBase64(clean(body))
		if decoded && isWhole(der) {
			return der, true
		}
		if i == 0 {
			first, ok = der, decoded // which need not be DER: a damaged certificate is one
		}
	}
	for _, words := range wordsOfBase64(unquoted(body)) {
		if der, decoded := decodeBase64(words); decoded && isWhole(der) {
			return der, true
		}
	}
	return first, ok
}

// isWhole reports whether octets are one element of DER, or of BER.
func isWhole(der []byte) bool {
	input := cryptobyte.String(der)
	return isBER(der) || input.SkipASN1(casn1.SEQUENCE) && input.Empty()
}

// headers are those that a block may begin with (RFC 1421 section 4.6), and controlWords those of RTF.
var (
	headers      = regexp.MustCompile(`(?m)^[ \t]*[A-Za-z][A-Za-z0-9-]*: .*$`)
	controlWords = regexp.MustCompile(`\\[a-z]+-?[0-9]* ?`)
)

// wordsOfBase64 takes of each line the long word that is base64: numbers of lines, times and names stand before it, and
// comments behind. The last line may be a short one: its word stands where those of the others do.
func wordsOfBase64(body string) (candidates []string) {
	const long = 20 // characters that no other word of a line has
	var b strings.Builder
	place, after := 0, []string{}
	for line := range strings.Lines(body) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n\"'|,;>", r) })
		best := -1
		for i, word := range words {
			if isWordOfBase64(word) && len(word) >= long && (best < 0 || len(word) > len(words[best])) {
				best = i
			}
		}
		switch {
		case best >= 0:
			b.WriteString(words[best])
			place, after = best, nil
		case place < len(words) && isWordOfBase64(words[place]):
			after = append(after, words[place])
		}
	}
	const most = 4 // lines
	candidates = append(candidates, b.String())
	for _, word := range after[:min(len(after), most)] {
		candidates = append(candidates, b.String()+word)
	}
	return candidates
}

func isWordOfBase64(word string) bool {
	word = strings.TrimRight(word, "=")
	for i := range len(word) {
		if !isBase64(word[i]) || word[i] == '-' || word[i] == '_' {
			return false
		}
	}
	return word != ""
}

// tags are those of markup: word processors keep their text in XML.
var tags = regexp.MustCompile(`<[^<>]*>`)

// joins are where string literals follow each other.
var joins = regexp.MustCompile(`["'` + "`" + `][ \t]*[+.\\&]?[ \t]*\n?[ \t]*[+.]?[ \t]*(?:[bBuUrRL]?["'` + "`" + `])`)

// linePrefixes are comments, quotations of mails, and the like.
var linePrefixes = regexp.MustCompile(`(?m)^[ \t]*(?:#|//[ \t]|>+|\||\*|;|--[ \t]|REM[ \t]|::)+[ \t]?`)

// unquoted removes what source text, data formats and mails put around the lines of a block.
func unquoted(body string) string {
	if isPlain(body) {
		return body
	}
	body = joins.ReplaceAllString(escapes.Replace(body), "\n")
	return linePrefixes.ReplaceAllString(body, "")
}

// isPlain reports whether there is nothing but lines of base64, and hyphens of the marks: in nearly every file it is so.
func isPlain(body string) bool {
	for i := range len(body) {
		if c := body[i]; c != '\n' && c != '\r' && c != '=' && (c == '_' || !isBase64(c)) {
			return false
		}
	}
	return true
}

// loneEscape is an escape that stands for nothing in base64.
var loneEscape = regexp.MustCompile(`\\[A-Za-z0-9]`)

// decodeBase64 decodes base64 in which there is nothing else but blanks and punctuation.
func decodeBase64(text string) ([]byte, bool) {
	if loneEscape.MatchString(text) {
		return nil, false // its letter is none of base64
	}
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

// at returns the line of an offset, which is not before the last one.
func (l *lineCounter) at(offset int) int {
	l.line += strings.Count(l.text[l.seen:offset], "\n")
	l.seen = offset
	return l.line + 1
}
