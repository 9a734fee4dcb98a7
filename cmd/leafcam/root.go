package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/internal/printable"
)

// Commands are shown in the order of their use.
func init() { cobra.EnableCommandSorting = false }

// Exit statuses of the command.
const (
	exitFine        = 0
	exitFindings    = 1 // the answer is no: something does not load, or is refused
	exitUsage       = 2
	exitEnvironment = 3 // the machine is at fault
	exitInterrupted = 130
)

// interrupted is what a command says that was told to end.
const interrupted = "leafcam: interrupted"

// statusError is an error with the exit status that goes with it.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func usage(err error) error       { return &statusError{exitUsage, err} }
func environment(err error) error { return &statusError{exitEnvironment, err} }

// errFindings ends a command whose output has said everything already.
var errFindings = &statusError{exitFindings, errors.New("findings")}

// run executes the command line and returns the exit status. Messages go to stderr:
// lower case, without a full stop, an error followed by a hint where there is one.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root, out := newRoot(), &standardOutput{out: stdout}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if failed := out.failed(); failed != nil && statusOf(err) != exitEnvironment && ctx.Err() == nil {
		err = failed
	}
	if err == nil {
		return exitFine
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, interrupted)
		return exitInterrupted
	}
	var status *statusError
	if !errors.As(err, &status) {
		status = &statusError{exitUsage, err} // cobra's own errors are about usage
	}
	var exception *exceptionError
	switch {
	case errors.As(err, &exception):
		exception.print(stderr)
	case status != errFindings:
		fmt.Fprintln(stderr, "leafcam: "+visibleError(err))
		if status.status == exitUsage {
			fmt.Fprintln(stderr, "leafcam: run 'leafcam "+helpFor(root, args)+"--help' for how to use it")
		}
	}
	return status.status
}

// statusOf returns the exit status that an error of a command has by itself, or 0.
func statusOf(err error) int {
	var status *statusError
	if errors.As(err, &status) {
		return status.status
	}
	return exitFine
}

// visibleError makes an error fit for a terminal: files and certificates are named by others. Errors that
// were joined keep their lines, since none of their own is in them.
func visibleError(err error) string {
	var joined interface {
		error
		Unwrap() []error
	}
	if !errors.As(err, &joined) {
		return printable.Visible(err.Error())
	}
	var texts, lines []string
	for _, e := range joined.Unwrap() {
		texts, lines = append(texts, e.Error()), append(lines, visibleError(e))
	}
	whole := strings.Join(texts, "\n")
	before, after, found := strings.Cut(err.Error(), whole)
	if !found || joined.Error() != whole {
		return printable.Visible(err.Error())
	}
	return printable.Visible(before) + strings.Join(lines, "\n") + printable.Visible(after)
}

// helpFor returns the subcommand that was meant, with a space behind it.
func helpFor(root *cobra.Command, args []string) string {
	if found, _, err := root.Find(args); err == nil && found != root {
		return strings.TrimPrefix(found.CommandPath(), root.Name()+" ") + " "
	}
	return ""
}

// The groups of commands in the help.
const (
	groupFiles  = "files"
	groupCamera = "camera"
	groupMake   = "make"
	groupAbout  = "about"
)

// add adds commands to a group.
func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
	}
	root.AddCommand(commands...)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "leafcam",
		Short: "an OpenMV camera's TLS server, and the clients that do or do not accept it",
		Long: `    $ leafcam check DELIVERY                 will it work, and for whom?
    $ leafcam convert DELIVERY --out camera  write the camera's files
    $ leafcam try camera                     prove it with this machine's clients
    $ leafcam demo                           the same with a test PKI

A delivery is what a CA or an ACME client hands over: a folder, files or an archive.

An OpenMV camera loads one private key and one certificate and sends that certificate alone. Clients
also need the certificate that signed it, the intermediate, and refuse the connection when they do
not find it. leafcam says which clients those are before you flash anything.

Everything runs on 127.0.0.1; nothing leaves your machine unless an option says so. Files that you
name have to be regular ones. Ctrl-C ends every command within a second; pressed twice, at once.

Exit status: 0 fine, 1 findings, 2 wrong command line, 3 machine at fault, 130 interrupted.
More: leafcam help formats, leafcam help glossary.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
		Version: versionLine(),
	}
	setHelp(root)
	root.SetFlagErrorFunc(unknownFlag)
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.DisableDescriptions = true
	root.AddGroup(&cobra.Group{ID: groupFiles, Title: "Your certificate:"}, &cobra.Group{ID: groupCamera, Title: "Camera and clients:"},
		&cobra.Group{ID: groupMake, Title: "Certificates for tests and for pinning:"}, &cobra.Group{ID: groupAbout, Title: "About leafcam:"})
	add(root, groupFiles, newCheck(), newConvert(), newTry(), newCSR())
	add(root, groupCamera, newDemo(), newServe(), newConnect(), newGateway(), newMatrix(), newMerge(), newClients(), newFirmware(), newBoard(),
		newCompare())
	add(root, groupMake, newSelfSigned(), newPKI())
	add(root, groupAbout, newVersion())
	root.AddCommand(helpTopics()...)
	root.SetHelpCommandGroupID(groupAbout)
	root.SetCompletionCommandGroupID(groupAbout)
	return root
}
