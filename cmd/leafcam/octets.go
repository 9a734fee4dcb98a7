package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leafcam/leafcam/internal/printable"
)

// answerLines are the lines that show what a server answered: a text as it is, and what is binary in hexadecimal.
func answerLines(octets []byte) (lines []string) {
	if isBinary(octets) {
		const onLine = 16
		for part := range slices.Chunk(octets, onLine) {
			lines = append(lines, fmt.Sprintf("% x", part))
		}
		return lines
	}
	for line := range strings.Lines(printable.Lines(string(octets))) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return lines
}

// isBinary tells whether octets are no text of lines.
func isBinary(octets []byte) bool {
	control := func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0x7f }
	return !utf8.Valid(octets) || strings.ContainsFunc(string(octets), control)
}
