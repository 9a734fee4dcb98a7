package main

import (
	"context"
	"strings"

	"github.com/leafcam/leafcam/internal/marked"
)

// A part is something that is filled. The static ones are the same whoever fills them.
type part struct {
	name   string
	file   string // below the root of the repository
	static bool
	fill   func(ctx context.Context, root, text string) (string, error)
}

// allParts are the parts of all documents. What needs no client comes first, so that its errors do not
// take minutes.
func allParts() []part {
	return []part{
		{name: "examples", file: "docs/go.md", static: true, fill: fillExamples},
		output("check", "README.md", checkOutput),
		output("as-client", "docs/as-client.md", asClientOutput),
		output("demo", "README.md", demoOutput),
		output("matrix", "docs/matrix.md", matrixOutput),
	}
}

func partNames() (names []string) {
	for _, p := range allParts() {
		names = append(names, p.name)
	}
	return names
}

// fillPart puts content between the markers of a part.
func fillPart(text, name, content string) (string, error) {
	return marked.Replace(text, marked.Line(name), marked.Line("end of "+name), content)
}

// block is a block of code in Markdown.
func block(language, content string) string {
	return "```" + language + "\n" + strings.TrimSuffix(content, "\n") + "\n```\n"
}
