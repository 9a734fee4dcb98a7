package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is how much of a client's words fits on a line, octets.
const maxLine = 200

// Clip shortens a text to that many octets of UTF-8.
func Clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// Visible makes everything of a text visible that a terminal or a browser would act upon, or not show:
// control characters and escape sequences (C0, C1), characters that change the direction of what follows
// or have no width, separators of lines, and octets that are no UTF-8. It writes them as Go does.
func Visible(s string) string {
	var out strings.Builder
	for i, width := 0, 0; i < len(s); i += width {
		r, n := utf8.DecodeRuneInString(s[i:])
		width = n
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case shows(r):
			out.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// shows reports whether a character is seen, and does nothing besides.
func shows(r rune) bool { return unicode.IsPrint(r) && !unicode.Is(unicode.Variation_Selector, r) }

// Lines is Visible for a text of several lines: line ends, those of other systems too, and tabs stay.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		words := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		for j := range words {
			words[j] = Visible(words[j])
		}
		lines[i] = strings.Join(words, "\t")
	}
	return strings.Join(lines, "\n")
}

// Text makes what a client sent fit to be printed, at most that many octets.
func Text(s string, most int) string { return Clip(Visible(strings.TrimSpace(s)), most) }

// Line is Text, as much as fits on a line.
func Line(s string) string { return Text(s, maxLine) }
