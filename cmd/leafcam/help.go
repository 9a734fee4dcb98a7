package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide help is at most: what is wider is hard to read.
const helpWidth = 80

// An optionGroup is a part of a command's options in its help.
type optionGroup struct {
	title string
	flags []string
}

// optionGroups are in the order in which help shows them. What is in none of them comes last.
var optionGroups = []optionGroup{
	{"Files", []string{
		"cert", "key", "chain", "root", "only-roots", "fullchain", "pin", "pin-key", "client-cert", "client-key", "client-ca",
		"leaf", "ca", "password-file",
		"second-load", "fleet", "leaf-only", "key-elsewhere", "only-keys", "fetch", "fetch-private", "at", "out", "deploy",
		"write", "anchor", "force", "format",
		"pkcs12-password-file",
	}},
	{"Hosts and addresses", []string{"as-client", "host", "hostname", "listen", "camera", "page", "status", "status-exposed", "online"}},
	{"The camera", []string{"firmware", "board", "script", "body", "timeout", "verify", "clock", "delay", "send"}},
	{"The run", []string{
		"clients", "scenarios", "all", "no-browsers", "shard", "jobs", "deadline", "webdriver", "webdriver-capabilities", "keep", "once",
		"connections", "max-body", "stream-memory", "patience", "pcap", "keylog", "key-type",
	}},
	{"Gates", []string{"must", "with", "fail-on", "warn-before", "expect"}},
	{"Output", []string{"details", "explain", "commands", "json", "report", "install-script"}},
}

// few is how many options need no groups.
const few = 8

// setHelp makes the help of a command and those below it.
func setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { printHelp(cmd.OutOrStdout(), cmd) })
}

// helpColumns returns how wide help is on a terminal.
func helpColumns(out io.Writer) int {
	if terminal := tableOptions(out).Width; terminal >= 40 {
		return min(helpWidth, terminal)
	}
	return helpWidth
}

// printHelp prints what a command is for, how it is used, and its options.
func printHelp(out io.Writer, cmd *cobra.Command) {
	width := helpColumns(out)
	fmt.Fprintln(out, reflow(cmd.Long, width))
	fmt.Fprintf(out, "\nUsage:\n%s\n", grid.Hanging("  ", "      ", cmd.UseLine(), width))
	printCommands(out, cmd, width)
	printOptions(out, cmd, width)
}

// printCommands prints the commands below a command.
func printCommands(out io.Writer, cmd *cobra.Command, width int) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	for _, g := range cmd.Groups() {
		fmt.Fprintf(out, "\n%s\n", g.Title)
		for _, c := range cmd.Commands() {
			if c.GroupID == g.ID && c.IsAvailableCommand() {
				head := fmt.Sprintf("  %-11s ", c.Name())
				fmt.Fprintln(out, grid.Hanging(head, strings.Repeat(" ", len(head)), c.Short, width))
			}
		}
	}
	for _, c := range cmd.Commands() {
		if c.GroupID == "" && c.IsAvailableCommand() && len(cmd.Groups()) == 0 {
			fmt.Fprintln(out, grid.Hanging(fmt.Sprintf("  %-11s ", c.Name()), "              ", c.Short, width))
		}
	}
}

// printOptions prints the options, in groups where there are many.
func printOptions(out io.Writer, cmd *cobra.Command, width int) {
	flags := cmd.Flags()
	count := 0
	flags.VisitAll(func(*pflag.Flag) { count++ })
	if count <= few {
		printGroup(out, "Options", flags, width)
		return
	}
	shown := map[string]bool{}
	for _, g := range optionGroups {
		set := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		for _, name := range g.flags {
			if f := flags.Lookup(name); f != nil {
				set.AddFlag(f)
				shown[name] = true
			}
		}
		printGroup(out, g.title, set, width)
	}
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		if !shown[f.Name] {
			rest.AddFlag(f)
		}
	})
	printGroup(out, "Other options", rest, width)
}

func printGroup(out io.Writer, title string, set *pflag.FlagSet, width int) {
	set.SortFlags = false
	if !set.HasFlags() {
		return
	}
	fmt.Fprintf(out, "\n%s:\n", title)
	for line := range strings.Lines(set.FlagUsagesWrapped(width)) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
}

// reflow fits a text into a width: paragraphs are filled, and what is indented stays as it is, but for the remarks
// behind examples, which go below where they do not fit.
func reflow(long string, width int) string {
	var out, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, grid.Hanging("", "", strings.Join(paragraph, " "), width))
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(long, "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			flush()
			out = append(out, "")
		case strings.HasPrefix(line, " "):
			flush()
			out = append(out, fitExample(line, width))
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	return strings.Join(out, "\n")
}

// fitExample puts the remark of an example below it, where both are too wide.
func fitExample(line string, width int) string {
	if text.StringWidthWithoutEscSequences(line) <= width {
		return line
	}
	body := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(body)]
	const remark = "        "
	if command, said, found := strings.Cut(body, "  "); found {
		if command == "" || len(indent) > len(remark) {
			return grid.Hanging(remark, remark, strings.TrimSpace(said), width)
		}
		return indent + command + "\n" + grid.Hanging(remark, remark, strings.TrimSpace(said), width)
	}
	if len(indent) > len(remark) { // a remark on a line of its own
		return grid.Hanging(remark, remark, body, width)
	}
	return grid.Hanging(indent, indent+"    ", body, width)
}
