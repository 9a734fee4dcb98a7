package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// wrapped writes a text in lines of a width, those after the first behind spaces. Words are not broken; a width of 0
// is no limit.
func wrapped(w io.Writer, width, indent int, s string) {
	const least, small = 20, 4 // columns: what a text gets beside its indentation, and an indentation that always fits
	if width == 0 {
		fmt.Fprintln(w, s)
		return
	}
	if width < indent+least {
		indent = small
	}
	// What the text begins with stands, spaces and all.
	rest := strings.TrimLeft(s, " ")
	line, room := s[:len(s)-len(rest)], true
	for word := range strings.SplitSeq(rest, " ") {
		switch {
		case room:
			line += word
		case text.StringWidthWithoutEscSequences(line)+1+text.StringWidthWithoutEscSequences(word) <= width:
			line += " " + word
		default:
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", indent) + word
		}
		room = false
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}
