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

// Exit statuses of the command.
const (
	exitFine        = 0
	exitFindings    = 1 // the answer is no: something does not load, or is refused
	exitUsage       = 2
	exitEnvironment = 3 // the machine stands in the way
	exitInterrupted = 130
)

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
		fmt.Fprintln(stderr, "leafcam: interrupted")
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

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "leafcam",
		Short: "an OpenMV camera's TLS server, and the clients that do or do not accept it",
		Long: `    $ leafcam demo                                         make a test PKI, run this machine's clients
    $ leafcam check DELIVERY                               tell before flashing whether it will work, and for whom
    $ leafcam convert DELIVERY --out camera                write the files that the camera loads
    $ leafcam try camera                                   prove it with this machine's clients
    $ leafcam serve --cert server.der --key server.key.der be the camera
    $ leafcam matrix --cert server.der --key server.key.der --chain chain.pem --host cam.example.com
                                                           run the clients against your own certificate
    $ leafcam clients                                      show which clients this machine has
    $ leafcam firmware openmv-5.0 micropython-1.29         show what an upgrade will change

An OpenMV camera loads one private key and one leaf certificate, in DER, and presents
that leaf alone. Clients that do not find the missing intermediate themselves refuse it.
leafcam shows which ones those are before anything is flashed.

Everything runs on 127.0.0.1; nothing leaves the machine unless a flag says so. Files that are named
have to be regular ones. Ctrl-C ends every command within a second, and pressed twice at once.
Exit status: 0 fine, 1 findings, 2 usage, 3 the machine stands in the way, 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newDemo(), newCheck(), newConvert(), newTry(), newCSR(), newSelfSigned(), newPKI(), newServe(),
		newGateway(), newMatrix(), newMerge(), newClients(), newFirmware(), newBoard(), newCompare(), newVersion())
	return root
}
