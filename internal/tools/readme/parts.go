package main

import (
	"context"
	"fmt"
	"strings"
)

// A part is something that is filled. The static ones are the same whoever fills them.
type part struct {
	name   string
	static bool
	fill   func(ctx context.Context, root, text string) (string, error)
}

// allParts are the parts of the README. What needs no client comes first, so that its errors do not
// take minutes.
func allParts() []part {
	return []part{
		{name: "examples", static: true, fill: fillExamples},
		output("check", checkOutput),
		output("demo", demoOutput),
		output("matrix", matrixOutput),
	}
}

func partNames() (names []string) {
	for _, p := range allParts() {
		names = append(names, p.name)
	}
	return names
}

// marker is the line that a part begins or ends with.
func marker(text string) string { return "<!-- " + text + " -->\n" }

// replace puts content between two markers, each of which has to be there once.
func replace(text, begin, end, content string) (string, error) {
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

// block is a block of code in Markdown.
func block(language, content string) string {
	return "```" + language + "\n" + strings.TrimSuffix(content, "\n") + "\n```\n"
}
