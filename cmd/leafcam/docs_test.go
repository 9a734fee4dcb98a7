package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/report"
)

// root is the folder of the repository.
const root = "../.."

func readDoc(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(data)
}

// requireSays requires a text in a document, which is too long to be printed.
func requireSays(t *testing.T, doc, text, name string) {
	t.Helper()
	if !strings.Contains(doc, text) {
		t.Errorf("%s does not say %s", name, text)
	}
}

// tableRow is a line of a table in Markdown whose first cell is code.
var tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\|$")

// rowsOf returns the rows below a heading, each with its cells.
func rowsOf(t *testing.T, doc, heading string) (rows [][]string) {
	t.Helper()
	_, section, ok := strings.Cut(doc, "\n## "+heading+"\n")
	require.True(t, ok, "no heading %q", heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, m := range tableRow.FindAllStringSubmatch(section, -1) {
		rows = append(rows, append([]string{m[1]}, strings.Split(m[2], " | ")...))
	}
	return rows
}

// TestFindingsAreListed: CHECK.md has a row for each finding, in their order, and no other.
func TestFindingsAreListed(t *testing.T) {
	var rows [][]string
	for _, row := range rowsOf(t, readDoc(t, "hostsim/preflight/CHECK.md"), "The findings") {
		require.Len(t, row, 4)
		rows = append(rows, []string{row[0], row[1], row[3]})
	}
	var want [][]string
	for _, r := range preflight.Rules() {
		want = append(want, []string{string(r.Code), string(r.Severity), string(r.Basis)})
	}
	require.Equal(t, want, rows)
}

// TestFindingsAsClientAreListed: the same of ASCLIENT.md.
func TestFindingsAsClientAreListed(t *testing.T) {
	var want [][]string
	for _, r := range asclient.Rules() {
		want = append(want, []string{string(r.Code), string(r.Severity), r.Summary, string(r.Basis)})
	}
	require.Equal(t, want, rowsOf(t, readDoc(t, "hostsim/asclient/ASCLIENT.md"), "The findings"))
}

// TestScenariosAreListed: MATRIX.md has a row for each scenario, and matrix.md knows how many.
func TestScenariosAreListed(t *testing.T) {
	var want [][]string
	for _, s := range hostsim.AllScenarios() {
		want = append(want, []string{s.Name, string(s.Role), s.Title})
	}
	require.Equal(t, want, rowsOf(t, readDoc(t, "hostsim/MATRIX.md"), "The scenarios"))
	requireSays(t, readDoc(t, "docs/matrix.md"), fmt.Sprintf("`--scenarios all` runs %d of them", len(want)), "docs/matrix.md")
}

// TestValuesAreListed: MATRIX.md has every value that the JSON form can have where an enumeration is
// written.
func TestValuesAreListed(t *testing.T) {
	doc := readDoc(t, "hostsim/MATRIX.md")
	for folder, types := range map[string][]string{
		"hostsim":         {"Server", "Leaf", "Trust", "AIA", "Role"},
		"hostsim/verdict": {"Verdict", "How", "Cause", "Ground"},
	} {
		for _, name := range types {
			values := enumeration(t, filepath.Join(root, folder), name)
			require.NotEmpty(t, values, "%s has no constants of type %s", folder, name)
			for _, v := range values {
				requireSays(t, doc, "`"+v+"`", "hostsim/MATRIX.md")
			}
		}
	}
}

// enumeration returns the values of a package's constants that have a type.
func enumeration(t *testing.T, folder, name string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	require.NoError(t, err)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != name {
				return true
			}
			for _, v := range spec.Values {
				if literal, ok := v.(*ast.BasicLit); ok {
					value, err := strconv.Unquote(literal.Value)
					require.NoError(t, err)
					values = append(values, value)
				}
			}
			return true
		})
	}
	return values
}

// TestProfilesAreDescribed: firmwares, boards and forms of reports are where people look for them.
func TestProfilesAreDescribed(t *testing.T) {
	camera, guide, formats := readDoc(t, "device/CAMERA.md"), readDoc(t, "docs/camera.md"), readDoc(t, "docs/formats.md")
	for _, fw := range device.Firmwares() {
		requireSays(t, camera, fw.Name, "device/CAMERA.md")
		requireSays(t, guide, fw.Name, "docs/camera.md")
	}
	var boards [][]string
	for _, b := range device.Boards() {
		boards = append(boards, []string{
			calledBoard(b), "`" + b.Name + "`", fmt.Sprintf("%s, %d MHz", b.Processor, b.MHz), describeHeap(b.Heap), b.Network.String(),
			strconv.Itoa(b.Epoch.UTC().Year()), b.Unset.UTC().Format(time.DateOnly),
		})
	}
	require.Equal(t, boards, rowsOf(t, camera, "9. Boards and sockets"))
	for _, form := range report.Forms() {
		require.True(t, regexp.MustCompile("`[^`]*\\b"+form+"\\b").MatchString(formats), "docs/formats.md does not name the report %s", form)
	}
}

// maxReadme is how long README.md is at most, bytes: what is longer is not read.
const maxReadme = 12_000

// TestReadmeIsShort: what does not fit is in docs.
func TestReadmeIsShort(t *testing.T) {
	require.LessOrEqual(t, len(readDoc(t, "README.md")), maxReadme)
}

// link is a link in Markdown that leads nowhere outside.
var link = regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)

// TestLinks: what the documents link to is there, and architecture.md names every package.
func TestLinks(t *testing.T) {
	architecture := readDoc(t, "docs/architecture.md")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		relative, err := filepath.Rel(root, file)
		require.NoError(t, err)
		relative = filepath.ToSlash(relative)
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(relative, "examples/") {
			requireSays(t, architecture, "("+path.Join("..", path.Dir(relative))+")", "docs/architecture.md")
		}
		if !strings.HasSuffix(file, ".md") {
			return nil
		}
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			require.FileExists(t, existing(filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))), "a link of %s", relative)
		}
		return nil
	})
	require.NoError(t, err)
}

// testName is the name of a test in a document.
var testName = regexp.MustCompile(`\bTest[A-Z][A-Za-z0-9]+`)

// TestTestsThatAreNamed: the tests that the documents name are there.
func TestTestsThatAreNamed(t *testing.T) {
	named, written := map[string]string{}, map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(file, ".md"):
			for _, name := range testName.FindAllString(readFile(t, file), -1) {
				named[name] = file
			}
		case strings.HasSuffix(file, "_test.go"):
			for _, name := range testName.FindAllString(readFile(t, file), -1) {
				written[name] = true
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, named)
	for name, file := range named {
		matches := written[name]
		for test := range written { // TestEvery.* stands for several
			matches = matches || strings.HasPrefix(test, name) && strings.Contains(readFile(t, file), name+".*")
		}
		require.True(t, matches, "%s names %s, and there is no such test", file, name)
	}
}

func readFile(t *testing.T, file string) string {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}

// existing returns a file in the place of a folder that is there.
func existing(file string) string {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return filepath.Join(root, "go.mod")
	}
	return file
}
