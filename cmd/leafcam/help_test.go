package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// everyCommand returns all commands, the root among them.
func everyCommand(t *testing.T) []*cobra.Command {
	root := newRoot()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	list := append([]*cobra.Command{root}, root.Commands()...)
	require.Greater(t, len(list), 10)
	return list
}

// TestHelpFits: help is no wider than the terminal, or 80 columns, but for a command line that would not be one.
func TestHelpFits(t *testing.T) {
	for _, columns := range []struct {
		env   string
		width int
	}{{"", 80}, {"80", 80}, {"120", 80}, {"60", 60}} {
		t.Setenv("COLUMNS", columns.env)
		for _, c := range everyCommand(t) {
			var out bytes.Buffer
			printHelp(&out, c)
			for line := range strings.Lines(out.String()) {
				line = strings.TrimRight(line, "\n")
				require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), columns.width, "%s: %s", c.Name(), line)
				require.Equal(t, strings.TrimRight(line, " "), line, c.Name())
			}
		}
	}
}

// TestOptionsHaveGroups: every option of a command with many is in a group, and groups name no option that is gone.
func TestOptionsHaveGroups(t *testing.T) {
	known := map[string]bool{}
	for _, c := range everyCommand(t) {
		count := 0
		c.Flags().VisitAll(func(*pflag.Flag) { count++ })
		c.Flags().VisitAll(func(f *pflag.Flag) {
			known[f.Name] = true
			grouped := slices.ContainsFunc(optionGroups, func(g optionGroup) bool { return slices.Contains(g.flags, f.Name) })
			require.True(t, grouped || f.Name == "help" || count <= few, "%s --%s", c.Name(), f.Name)
		})
	}
	for _, g := range optionGroups {
		for _, name := range g.flags {
			require.True(t, known[name], "%s: no command has --%s", g.title, name)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"check", "convert", "clients", "compare", "serve"}
	for word, want := range map[string]string{
		"chekc": "check", "conver": "convert", "client": "clients", "sevre": "serve", "Check": "check", "comp": "compare",
		"dance": "", "x": "", "zzzzzzzz": "",
	} {
		require.Equal(t, want, nearest(word, names), word)
	}
}
