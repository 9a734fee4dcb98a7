// Package marked fills parts of text files that are made: each stands between two lines, its marks.
package marked

import (
	"fmt"
	"strings"
)

// Line is the line that a part begins or ends with: a comment of Markdown.
func Line(text string) string { return "<!-- " + text + " -->\n" }

// Replace puts content between two lines, each of which has to be there once.
func Replace(text, begin, end, content string) (string, error) {
	for _, m := range []string{begin, end} {
		if n := countLines(text, m); n != 1 {
			return "", fmt.Errorf("%d lines %q where one is expected", n, strings.TrimSpace(m))
		}
	}
	before, rest, _ := cutLine(text, begin)
	_, after, ok := cutLine(rest, end)
	if !ok {
		return "", fmt.Errorf("%q comes before %q", strings.TrimSpace(end), strings.TrimSpace(begin))
	}
	return before + begin + content + end + after, nil
}

// cutLine parts a text at a line.
func cutLine(text, line string) (before, after string, ok bool) {
	if after, ok = strings.CutPrefix(text, line); ok {
		return "", after, true
	}
	before, after, ok = strings.Cut(text, "\n"+line)
	return before + "\n", after, ok
}

func countLines(text, line string) (n int) {
	for l := range strings.Lines(text) {
		if l == line {
			n++
		}
	}
	return n
}
