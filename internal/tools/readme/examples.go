package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/leafcam/leafcam/internal/marked"
)

// exampleFile is the file of a package that its examples stand in.
const exampleFile = "example_test.go"

// exampleMarker begins an example: package and function.
var exampleMarker = regexp.MustCompile(`^<!-- example (\S+) (\S+) -->\n$`)

var exampleEnd = marked.Line("end of example")

// fillExamples puts the code of each example between its markers.
func fillExamples(_ context.Context, root, text string) (string, error) {
	var out strings.Builder
	inside := ""
	for line := range strings.Lines(text) {
		begin := exampleMarker.FindStringSubmatch(line)
		switch {
		case begin != nil && inside != "":
			return "", fmt.Errorf("%q is not ended by %q", inside, strings.TrimSpace(exampleEnd))
		case begin != nil:
			inside = strings.TrimSpace(line)
			code, err := exampleCode(path.Join(root, begin[1], exampleFile), begin[2])
			if err != nil {
				return "", err
			}
			out.WriteString(line + block("go", code))
		case line == exampleEnd && inside == "":
			return "", fmt.Errorf("%q ends nothing", strings.TrimSpace(line))
		case line == exampleEnd:
			inside = ""
			out.WriteString(line)
		case inside == "":
			out.WriteString(line)
		}
	}
	if inside != "" {
		return "", fmt.Errorf("%q is not ended by %q", inside, strings.TrimSpace(exampleEnd))
	}
	return out.String(), nil
}

// exampleCode returns what a reader is shown of a function: the body of an example, and the whole of
// a test.
func exampleCode(file, name string) (string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != name {
			continue
		}
		if strings.HasPrefix(name, "Test") {
			return string(source[files.Position(f.Pos()).Offset:files.Position(f.End()).Offset]) + "\n", nil
		}
		body := string(source[files.Position(f.Body.Lbrace).Offset+1 : files.Position(f.Body.Rbrace).Offset])
		return strings.TrimPrefix(strings.ReplaceAll(body, "\n\t", "\n"), "\n"), nil
	}
	return "", fmt.Errorf("%s has no function %s", file, name)
}
