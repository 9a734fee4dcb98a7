package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/docs"
	"github.com/leafcam/leafcam/internal/grid"
)

// helpTopics are what `leafcam help` tells besides the commands: documents that come with the program.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		topic("formats", "exit statuses, JSON forms, and what stays compatible", docs.Formats),
		topic("glossary", "the terms, a line each", docs.Glossary),
	}
}

// topic returns a command that does nothing but show a document as its help.
func topic(name, short, document string) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		printDocument(cmd.OutOrStdout(), document, helpColumns(cmd.OutOrStdout()))
	})
	return cmd
}

// termColumn is how wide the first column of a table is, with what is around it.
const termColumn = 25

// printDocument prints Markdown of headings, paragraphs, lists and tables.
func printDocument(out io.Writer, document string, width int) {
	lines := strings.Split(strings.NewReplacer("`", "", "**", "").Replace(document), "\n")
	var paragraph []string
	flush := func() {
		if len(paragraph) == 0 {
			return
		}
		indent := ""
		if strings.HasPrefix(paragraph[0], "- ") {
			indent = "  "
		}
		fmt.Fprintln(out, grid.Hanging("", indent, strings.Join(paragraph, " "), width))
		paragraph = nil
	}
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "|"):
			titles := i+1 < len(lines) && strings.HasPrefix(lines[i+1], "| ---")
			if !titles && !strings.HasPrefix(line, "| ---") {
				printRow(out, line, width)
			}
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(out, strings.ToUpper(strings.TrimLeft(line, "# ")))
		case strings.HasPrefix(line, "- "):
			flush()
			paragraph = []string{line}
		case line == "":
			flush()
			if i+1 < len(lines) {
				fmt.Fprintln(out)
			}
		default:
			paragraph = append(paragraph, strings.TrimSpace(line))
		}
	}
}

// printRow prints a row of a table: the first cell, and behind it the others.
func printRow(out io.Writer, row string, width int) {
	first, others, _ := strings.Cut(strings.Trim(row, "| "), " | ")
	head := fmt.Sprintf("  %-*s ", termColumn-3, first)
	if len(head) > termColumn {
		fmt.Fprintln(out, strings.TrimRight(head, " "))
		head = strings.Repeat(" ", termColumn)
	}
	fmt.Fprintln(out, grid.Hanging(head, strings.Repeat(" ", termColumn), strings.ReplaceAll(others, " | ", "; "), width))
}
