package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	yes    bool
	json   bool
	all    bool
	record string
}

func newCompare() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare HOST:PORT",
		Short: "tell whether a server behaves like a camera, and like which firmware",
		Long: `    $ leafcam compare 192.0.2.7:443
    $ leafcam compare 192.0.2.7:443 --yes --json
    $ leafcam compare 192.0.2.7:443 --record camera.jsonl.gz

Asks a server ` + fmt.Sprint(len(compare.Probes())) + ` questions, one connection after the other, and compares the answers with those of an
emulated camera that has the server's own certificate. Every connection is ended, so that a camera
whose script has no timeout goes on afterwards; other clients wait meanwhile. It takes well under
two minutes, only the address given is contacted, and nothing is sent before you agreed. A board with
lwIP whose script runs under asyncio keeps each connection whose handshake fails, and stops answering
after five: restart it then, or let its script call gc.collect().

Exits with 0 when every answer is that of one firmware, with 1 when the server is something else or
stopped answering. It gives up after two minutes, and after five probes that the server does not
answer. --record stores the exchanges in the format of the project's recordings.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCompare(cmd.Context(), args[0], o, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.BoolVar(&o.all, "all", false, "also list the answers that match")
	f.StringVar(&o.record, "record", "", "store the exchanges in `FILE`, as gzip over JSON lines")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runCompare(ctx context.Context, address string, o compareOptions, in io.Reader, out, messages io.Writer) error {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
		return usage(fmt.Errorf("%q is not HOST:PORT, such as 192.0.2.7:443", address))
	}
	if o.record != "" {
		if _, err := os.Lstat(o.record); err == nil {
			return environment(fmt.Errorf("--record %s: %w; name another one", o.record, atomicfile.ErrExists))
		}
	}
	if !o.yes {
		if err := agree(ctx, address, in, messages); err != nil {
			return err
		}
	}
	report, err := compareWithProgress(ctx, address, messages)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return environment(fmt.Errorf("%w; is the address right, and the camera's script running?", err))
	}
	if o.record != "" {
		if err := writeRecord(o.record, report); err != nil {
			return err
		}
	}
	if err := showComparison(out, report, o); err != nil {
		return err
	}
	if report.BehavesLike == "" {
		return errFindings
	}
	return nil
}

// agree asks whether the server may be contacted.
func agree(ctx context.Context, address string, in io.Reader, messages io.Writer) error {
	if f, ok := in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usage(fmt.Errorf("this is no terminal, so leafcam cannot ask whether it may contact %s; give --yes to allow it", address))
	}
	fmt.Fprintf(messages, "send %d short connections to %s, one after the other? [y/N] ", len(compare.Probes()), printable.Visible(address))
	answer, err := bufio.NewReader(interruptible(ctx, in)).ReadString('\n')
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(messages)
		return ctx.Err()
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return &statusError{exitFindings, fmt.Errorf("nothing was sent")}
	}
	return nil
}

func compareWithProgress(ctx context.Context, address string, messages io.Writer) (*compare.Report, error) {
	options := compare.Options{Address: address}
	if isTerminal(messages) {
		options.Progress = func(done, total int, probe string) {
			fmt.Fprintf(messages, "\r\x1b[K%2d of %d  %s", done+1, total, probe)
		}
		defer fmt.Fprint(messages, "\r\x1b[K")
	}
	return compare.Run(ctx, options)
}

func writeRecord(path string, report *compare.Report) error {
	var file bytes.Buffer
	if err := report.Record(&file); err != nil {
		return err
	}
	if err := atomicfile.WriteNew(path, file.Bytes(), atomicfile.Public); err != nil {
		return environment(fmt.Errorf("--record: %w", err))
	}
	return nil
}

func showComparison(out io.Writer, report *compare.Report, o compareOptions) error {
	closest := report.Closest()
	rows := report.Differences(closest.Firmware)
	if o.all {
		rows = report.Results
	}
	t := grid.New("probe", "what it is", "a camera, "+closest.Firmware, printable.Visible(report.Address), "what a difference means")
	const narrow, wide = 24, 36
	t.Separate, t.Widest = true, []int{narrow + 14, narrow, wide, wide, wide}
	for _, r := range rows {
		answer := r.Answer
		switch {
		case r.Matches[closest.Firmware]:
			answer = "the same"
		case answer == r.Camera[closest.Firmware]:
			answer += " (other octets)"
		}
		t.Append(r.Probe, r.Subject, r.Camera[closest.Firmware], answer, r.Meaning)
	}
	if o.json || len(rows) > 0 {
		if err := render(out, o.json, report, t); err != nil || o.json {
			return err
		}
	}
	return concludeComparison(out, report, closest)
}

// concludeComparison says in words what came out.
func concludeComparison(out io.Writer, report *compare.Report, closest compare.Profile) error {
	var words strings.Builder
	switch report.Stop {
	case compare.StopUnreachable:
		fmt.Fprintf(&words, "%s stopped answering at probe %s (%s); the results before it stand\n",
			report.Address, report.StoppedAt, report.Error)
	case compare.StopSilent, compare.StopTime:
		fmt.Fprintf(&words, "gave up on %s at probe %s: %s; the results before it stand\n", report.Address, report.StoppedAt, report.Error)
	}
	if report.Note != "" {
		fmt.Fprintf(&words, "%s; the certificate was left out of the comparison\n", report.Note)
	}
	for _, p := range report.Profiles {
		fmt.Fprintf(&words, "%-22s %d of %d answers\n", p.Firmware, p.Matched, p.Total)
	}
	switch {
	case report.BehavesLike != "":
		fmt.Fprintf(&words, "%s behaves like %s in everything that was asked\n", report.Address, report.BehavesLike)
		if len(report.Alike) > 0 {
			fmt.Fprintf(&words, "the same answers: %s; what differs is which files they load, or what they log\n", strings.Join(report.Alike, ", "))
		}
		if report.Script != device.Hello("").Name {
			fmt.Fprintf(&words, "its script leaves connections open as %s does\n", report.Script)
		}
	case report.Stop == "":
		fmt.Fprintf(&words, "%s is no camera that is known here; %s comes closest, with %d answers that differ\n",
			report.Address, closest.Firmware, closest.Total-closest.Matched)
	}
	_, err := io.WriteString(out, printable.Lines(words.String()))
	return err
}
