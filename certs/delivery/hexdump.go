package delivery

import (
	"regexp"
	"strings"
)

// dumpLine is a line of hexdump -C, or of xxd and od -A x -t x1: an offset, octets in hexadecimal, and perhaps what
// they look like as text.
var dumpLine = regexp.MustCompile(`^[ \t]*([0-9A-Fa-f]{4,16}):?[ \t]+(?:((?:[0-9A-Fa-f]{2} {1,2}){1,64}) *\|.*|` +
	`((?:[0-9A-Fa-f]{2} ){8} (?:[0-9A-Fa-f]{2} ){7}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}(?:[0-9A-Fa-f]{2})? ?){1,64})(?: .*)?)$`)

// undumped leaves the octets of a dump, each where its line was; it returns "" for what is none. The first offset is
// 0, which tells a dump from hexadecimal without offsets.
func undumped(text string) string {
	var b strings.Builder
	dump := false
	for line := range strings.Lines(text) {
		if !dump && !strings.HasPrefix(strings.TrimLeft(line, " \t"), "0000") {
			b.WriteString("\n") // and no regular expression for each line of a text
			continue
		}
		m := dumpLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m != nil && (dump || strings.Trim(m[1], "0") == "") {
			dump = true
			b.WriteString(m[2] + m[3])
		}
		b.WriteString("\n")
	}
	if !dump {
		return ""
	}
	return b.String()
}
