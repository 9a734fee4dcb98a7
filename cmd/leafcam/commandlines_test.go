package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// A commandLine is a call of leafcam that a text tells people to type.
type commandLine struct{ where, line string }

// Where command lines stand: code spans of Markdown, and lines that are commands.
var (
	codeSpan    = regexp.MustCompile("`((?:sudo )?(?:\\./)?leafcam [^`]+)`")
	wholeLine   = regexp.MustCompile(`^\s*(?:\$ |run: |- |command: |ExecStart=)?(?:sudo )?(?:[./\w]*/)?leafcam ([a-z].*|--.*)$`)
	notForShell = regexp.MustCompile(`\s(?:[|<>;]|&&|\|\||2>|#|   ).*$`)
)

// commandLines finds the calls in a text; lines that end with a backslash go on in the next.
func commandLines(where, text string, markdown bool) (list []commandLine) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if markdown {
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				list = append(list, commandLine{where, m[1]})
			}
			if !strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "$ ") {
				continue
			}
		}
		if !wholeLine.MatchString(line) {
			continue
		}
		for strings.HasSuffix(strings.TrimSpace(line), `\`) && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(strings.TrimSpace(line), `\`) + " " + strings.TrimSpace(lines[i])
		}
		list = append(list, commandLine{where, line})
	}
	return list
}

// arguments takes a call apart, without what the shell does with it.
func (c commandLine) arguments() []string {
	_, line, _ := strings.Cut(c.line, "leafcam ")
	if cut := strings.Index(line, "  "); cut > 0 {
		line = line[:cut] // a remark follows
	}
	line = notForShell.ReplaceAllString(line, "")
	var words []string
	for _, word := range strings.Fields(strings.NewReplacer(`"`, "", "'", "").Replace(line)) {
		if word == "..." || word == "[flags]" {
			continue
		}
		words = append(words, strings.TrimRight(word, ",:"))
	}
	return words
}

// parse lets the command's own parser read a call.
func (c commandLine) parse(t *testing.T) string {
	root := newRoot()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	args := c.arguments()
	if len(args) == 0 {
		return ""
	}
	if args[0] == "--version" || args[0] == "--help" {
		return args[0]
	}
	found, rest, err := root.Find(args)
	require.NoError(t, err, "%s: %s", c.where, c.line)
	require.NotSame(t, root, found, "%s: %s: no such command", c.where, c.line)
	err = found.ParseFlags(rest)
	var wanting *pflag.ValueRequiredError // an option that is named, and not used
	if !errors.As(err, &wanting) || !strings.HasSuffix(args[len(args)-1], wanting.GetSpecifiedName()) {
		require.NoError(t, err, "%s: %s", c.where, c.line)
	}
	return found.Name()
}

// TestCommandLinesParse: every call that help, documents and examples show is one that the command understands.
func TestCommandLinesParse(t *testing.T) {
	var list []commandLine
	for _, c := range everyCommand(t) {
		list = append(list, commandLines("help of "+c.Name(), c.Long, true)...)
	}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		name := d.Name()
		if d.IsDir() {
			if strings.HasPrefix(name, ".") && len(name) > 2 || name == "testdata" || name == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		markdown := strings.HasSuffix(name, ".md") && name != "CHANGELOG.md" // which tells of the past
		inExamples := strings.Contains(filepath.ToSlash(path), "/examples/") && !strings.HasSuffix(name, ".go")
		if !markdown && !inExamples {
			return nil
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		list = append(list, commandLines(path, string(text), markdown)...)
		return nil
	}))
	seen := map[string]bool{}
	for _, c := range list {
		seen[c.parse(t)] = true
	}
	for _, c := range newRoot().Commands() {
		require.True(t, seen[c.Name()] || !c.Runnable(), "no call of %s was found", c.Name())
	}
	require.Greater(t, len(list), 100)
}

// TestCommandLinesThatDoNot: the test above sees what is wrong.
func TestCommandLinesThatDoNot(t *testing.T) {
	for _, line := range []string{"leafcam csr --host cam.example.com", "leafcam chekc x", "leafcam try --root"} {
		root := newRoot()
		args := commandLine{"", line}.arguments()
		found, rest, err := root.Find(args)
		if err == nil && found != root {
			err = found.ParseFlags(rest)
		}
		require.True(t, err != nil || found == root, line)
	}
	require.Equal(t, []string{"check", "DELIVERY", "--json"}, commandLine{"", `    $ leafcam check "DELIVERY" --json | jq .`}.arguments())
	require.True(t, slices.ContainsFunc(newRoot().Commands(), func(c *cobra.Command) bool { return c.Name() == "check" }))
}
