package printable

import (
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes what [Visible] would make visible as JSON's own escapes: a program reads the same text as
// before, and a terminal or an editor that shows the JSON acts on nothing. encoding/json escapes only
// some of it. Line breaks stay as they are, since strings have none.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for width := 0; len(text) > 0; text = text[width:] {
		var r rune
		r, width = utf8.DecodeRune(text)
		switch {
		case r == '\n' || shows(r) && (r != utf8.RuneError || width > 1):
			out = append(out, text[:width]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// JSONWriter returns a writer for encoders, which write each value at once, that passes on what [JSON]
// makes of it.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ io.Writer }

func (w jsonWriter) Write(text []byte) (int, error) {
	if _, err := w.Writer.Write(JSON(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
