package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const repository = "../../.."

// TestSnippets: the documents show the examples that the packages run, and no other code of Go.
func TestSnippets(t *testing.T) {
	require.NoError(t, run(t.Context(), repository, true, nil))
	for _, p := range allParts() {
		data, err := os.ReadFile(filepath.Join(repository, p.file))
		require.NoError(t, err)
		before := ""
		for line := range strings.Lines(string(data)) {
			if line == "```go\n" {
				require.Regexp(t, exampleMarker, before, "a block of Go code that nothing runs")
			}
			before = line
		}
		if !p.static {
			_, err := fillPart(string(data), p.name, "")
			require.NoError(t, err)
		}
	}
}

// withExamples is the document that has the examples.
const withExamples = "docs/go.md"

const source = `package a_test

// ExampleA has a comment.
func ExampleA() {
	if true {
		fmt.Println("a")
	}
	// Output: a
}

// TestA is shown whole.
func TestA(t *testing.T) {
	t.Log("a")
}
`

// folder makes a repository with a document and one package.
func folder(t *testing.T, fileName, content string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", exampleFile), []byte(source), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, fileName)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), []byte(content), 0o644))
	return dir
}

func TestExamples(t *testing.T) {
	for _, tc := range []struct{ name, readme, want, fails string }{
		{
			name:   "an example",
			readme: "x\n<!-- example a ExampleA -->\nold\n<!-- end of example -->\ny\n",
			want: "x\n<!-- example a ExampleA -->\n```go\nif true {\n\tfmt.Println(\"a\")\n}\n// Output: a\n```\n" +
				"<!-- end of example -->\ny\n",
		},
		{
			name:   "a test",
			readme: "<!-- example a TestA -->\n<!-- end of example -->\n",
			want:   "<!-- example a TestA -->\n```go\nfunc TestA(t *testing.T) {\n\tt.Log(\"a\")\n}\n```\n<!-- end of example -->\n",
		},
		{name: "an unknown function", readme: "<!-- example a ExampleB -->\n<!-- end of example -->\n", fails: "has no function ExampleB"},
		{name: "an unknown package", readme: "<!-- example b ExampleB -->\n<!-- end of example -->\n", fails: "no such file"},
		{name: "no end", readme: "<!-- example a ExampleA -->\n", fails: "is not ended"},
		{name: "one in another", readme: "<!-- example a ExampleA -->\n<!-- example a TestA -->\n", fails: "is not ended"},
		{name: "no beginning", readme: "<!-- end of example -->\n", fails: "ends nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := folder(t, withExamples, tc.readme)
			err := run(t.Context(), dir, false, []string{"examples"})
			got, readErr := os.ReadFile(filepath.Join(dir, withExamples))
			require.NoError(t, readErr)
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				require.Equal(t, tc.readme, string(got))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, string(got))
			require.NoError(t, run(t.Context(), dir, true, nil))
		})
	}
}

func TestCheckChangesNothing(t *testing.T) {
	const old = "<!-- example a TestA -->\nold\n<!-- end of example -->\n"
	dir := folder(t, withExamples, old)
	require.ErrorContains(t, run(t.Context(), dir, true, nil), "is not what its sources say")
	got, err := os.ReadFile(filepath.Join(dir, withExamples))
	require.NoError(t, err)
	require.Equal(t, old, string(got))
}

// TestCommandFails: a README stays as it is when a command fails; here there is nothing to build.
func TestCommandFails(t *testing.T) {
	const old = "<!-- check -->\nold\n<!-- end of check -->\n"
	dir := folder(t, "README.md", old)
	require.ErrorContains(t, run(t.Context(), dir, false, []string{"check"}), "go build")
	got, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	require.Equal(t, old, string(got))
	require.ErrorContains(t, run(t.Context(), dir, false, []string{"dance"}),
		`unknown part "dance"; known: examples, check, as-client, demo, matrix`)
}
