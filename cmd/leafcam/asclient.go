package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// asClientOptions are the flags of check that are about the camera as a client.
type asClientOptions struct {
	on       bool
	cas      []string
	hostname string
	write    string
	anchor   string
	force    bool
}

// asClientOnly are flags that mean nothing without --as-client.
var asClientOnly = []string{"ca", "hostname", "write", "anchor", "force"}

// asClientTakes are the other flags that have a meaning with it.
var asClientTakes = []string{
	"as-client", "firmware", "host", "leaf", "at", "root", "only-roots", "fetch", "fetch-private", "password-file", "explain", "details",
	"warn-before", "fail-on", "json", "help",
}

func (o *asClientOptions) register(f *pflag.FlagSet) {
	f.BoolVar(&o.on, "as-client", false, "ask whether the camera, as a client, accepts the server, and which anchor to flash")
	f.StringArrayVar(&o.cas, "ca", nil, "with --as-client, anchor `FILE` as flashed: the CA file that the camera is given; may be repeated")
	f.Var(filled{&o.hostname}, "hostname", "with --as-client, `NAME` that the camera gives as server_hostname; the server's by default")
	f.Var(filled{&o.write}, "write", "with --as-client, write the first anchor, in DER, to `FILE`; - is standard output")
	f.Var(filled{&o.anchor}, "anchor", "with --write, `WHICH` anchor: its number, name or the start of its SHA-256 fingerprint")
	f.BoolVar(&o.force, "force", false, "with --write, replace a file with another content")
}

// belongs is an error for flags that do not go together.
func (o *asClientOptions) belongs(f *pflag.FlagSet) (err error) {
	f.Visit(func(flag *pflag.Flag) {
		switch {
		case err != nil:
		case !o.on && slices.Contains(asClientOnly, flag.Name):
			err = usage(fmt.Errorf("--%s belongs to --as-client", flag.Name))
		case o.on && !slices.Contains(asClientOnly, flag.Name) && !slices.Contains(asClientTakes, flag.Name):
			err = usage(fmt.Errorf("--%s is about clients of the camera, and means nothing with --as-client", flag.Name))
		}
	})
	if err == nil && o.write == "" && (o.anchor != "" || o.force) {
		err = usage(errors.New("--anchor and --force belong to --write"))
	}
	return err
}

// standardFile stands for standard output in the place of a file.
const standardFile = "-"

// checkAsClient says whether the camera accepts a server, and which anchors are possible.
func (o checkOptions) checkAsClient(ctx context.Context, args []string, out, messages io.Writer) error {
	options, err := o.anchorOptions()
	if err != nil {
		return err
	}
	stdout := out
	if o.asClient.write == standardFile {
		if o.json {
			return usage(errors.New("--write - and --json both write to standard output: give one of them a file"))
		}
		out = messages
	}
	certs.LoadSystemRoots()
	subject, err := o.clientSubject(ctx, args, &options, out)
	if err != nil {
		return err
	}
	r := asclient.Check(ctx, subject, options)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var chosen *asclient.Anchor
	if o.asClient.write != "" && len(r.Anchors) > 0 { // the report says that there is none
		if chosen, err = o.asClient.chosen(r.Anchors); err != nil {
			return err
		}
	}
	written, err := o.asClient.writeAnchor(chosen, stdout)
	if err != nil {
		return err
	}
	if err := o.printAsClient(out, r, args, chosen, written); err != nil {
		return environment(err)
	}
	failed := r.Verdict == asclient.VerdictRefused
	if o.failOn == string(preflight.SeverityWarning) {
		for _, f := range r.Findings {
			if f.Severity == preflight.SeverityWarning {
				failed = true
				fmt.Fprintf(messages, "leafcam: warning: %s [%s]\n", f.Title, f.Code)
			}
		}
	}
	if failed {
		return errFindings
	}
	return nil
}

// anchorOptions makes the check's options of the flags.
func (o checkOptions) anchorOptions() (asclient.Options, error) {
	common, err := o.options()
	if err != nil {
		return asclient.Options{}, err
	}
	if err := requireClient(common.Firmware); err != nil {
		return asclient.Options{}, usage(err)
	}
	options := asclient.Options{
		Firmware: common.Firmware, At: common.At, Roots: common.Roots, NoPublicRoots: common.NoPublicRoots, Fetch: common.Fetch,
		WarnBefore: common.WarnBefore, Hostname: o.host,
	}
	if o.asClient.hostname != "" {
		options.Hostname = o.asClient.hostname
		if err := certs.CheckClientHost(options.Hostname); err != nil {
			return options, usage(fmt.Errorf("--hostname: %w", err))
		}
	}
	for _, file := range o.asClient.cas {
		data, err := readAnchor(file)
		if err != nil {
			return options, err
		}
		options.Anchors = append(options.Anchors, asclient.File{Name: file, Data: data})
	}
	return options, nil
}

// readAnchor reads a file of --ca.
func readAnchor(file string) ([]byte, error) {
	data, err := inputfile.Read(file, inputfile.Small)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage(fmt.Errorf("--ca %s: no such file", file))
	case err != nil:
		return nil, usage(fmt.Errorf("--ca: %w", err))
	}
	return data, nil
}

// clientSubject visits the server that is named, or reads the files that one would load.
func (o checkOptions) clientSubject(
	ctx context.Context, args []string, options *asclient.Options, out io.Writer,
) (*asclient.Subject, error) {
	if len(args) == 0 {
		return nil, usage(errors.New("name the server, as HOST:PORT, or the files with its certificates"))
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return strings.Contains(arg, "://") }); i >= 0 && len(args) > 1 {
		return nil, usage(fmt.Errorf("%s is a server: name it alone, or files alone", asclient.WithoutUser(args[i])))
	}
	if server, err := serverNamed(args); err != nil || server.Host != "" {
		if err != nil {
			return nil, err
		}
		connecting := connectOptions{cas: o.asClient.cas, hostname: options.Hostname, firmware: o.firmware, clock: o.clockOfAt(options.At)}
		options.Connect = connecting.command(server)
		if options.Hostname == "" {
			options.Hostname = server.Host
		}
		return visitFor(ctx, server, *options)
	}
	reading, err := o.password.delivery(ctx, "", o.leaf)
	if err != nil {
		return nil, err
	}
	reading.Host, reading.Roots, reading.At = options.Hostname, options.Roots, options.At
	d, err := delivery.Read(ctx, args, reading)
	if err != nil {
		return nil, deliveryError(err, nil)
	}
	o.explained(out, d)
	subject, err := asclient.FromDelivery(d)
	if err != nil {
		return nil, deliveryError(err, d)
	}
	return subject, nil
}

// clockOfAt is the --clock of connect that is the --at of check; "" without one.
func (o checkOptions) clockOfAt(at time.Time) string {
	if o.at == "" {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// serverNamed returns the server that the argument is the address of; one without a host for files.
func serverNamed(args []string) (preflight.Server, error) {
	if len(args) != 1 {
		return preflight.Server{}, nil
	}
	if _, err := os.Lstat(args[0]); err == nil {
		return preflight.Server{}, nil
	}
	server, err := asclient.ParseServer(args[0])
	switch {
	case errors.Is(err, preflight.ErrNotServer):
		return preflight.Server{}, nil
	case err != nil:
		return preflight.Server{}, usage(err)
	}
	return server, nil
}

// visitFor visits a server with the camera's client, which verifies it if it loads the anchors.
func visitFor(ctx context.Context, server preflight.Server, o asclient.Options) (*asclient.Subject, error) {
	client := device.NewClientContext(o.Firmware)
	if !o.At.IsZero() {
		client.SetClock(func() time.Time { return o.At })
	}
	loads := len(o.Anchors) > 0
	for _, file := range o.Anchors {
		loads = client.LoadVerifyLocations(file.Data) == nil && loads // the check tells of one that does not
	}
	if loads {
		client.SetVerifyMode(device.CertRequired)
	}
	visit, err := asclient.Connect(ctx, server, asclient.VisitOptions{Context: client, Hostname: &o.Hostname})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, environment(err)
	}
	return asclient.FromVisit(visit), nil
}

// printAsClient prints the report.
func (o checkOptions) printAsClient(
	out io.Writer, r *asclient.Report, args []string, chosen *asclient.Anchor, written []writtenFile,
) error {
	if o.json {
		return writeJSON(out, struct {
			*asclient.Report
			Written []writtenFile `json:"written"`
		}{r, append([]writtenFile{}, written...)})
	}
	options := asclient.TextOptions{TextOptions: textOptions(out), Details: o.details, File: "anchor.der"}
	switch has := flashed(r); {
	case len(written) > 0:
		options.File = filepath.Base(written[0].File)
	case chosen != nil: // it went to standard output
	case has != "":
		options.File = filepath.Base(has)
	default:
		options.Write = o.anchorCommand(r, args)
	}
	asclient.Text(out, r, options)
	for _, f := range written {
		said := "written"
		if !f.Written {
			said = "is there already"
		}
		fmt.Fprintf(out, "\n%s: %s, %d bytes\n", printable.Visible(f.File), said, f.Octets)
		switch {
		case r.StaysRefused(chosen):
			wrap(out, "The server stays refused with it until that is fixed.")
			continue
		case chosen.Unproven:
			wrap(out, "First compare its SHA-256 fingerprint with the server's owner: "+chosen.SHA256)
		}
		fmt.Fprintf(out, "Copy it to the camera:\n    mpremote cp %s :\n", printable.Visible(preflight.Quote(f.File)))
	}
	if !o.details && len(r.Findings) > 0 {
		fmt.Fprintln(out, "\nEvery finding with its cause: --details")
	}
	return nil
}

// flashed returns the file that was given and is the first anchor, as it is flashed; "" for none.
func flashed(r *asclient.Report) string {
	if len(r.Given) == 1 && r.Given[0].Loads && len(r.Anchors) > 0 && r.Given[0].SHA256 == r.Anchors[0].SHA256 {
		return r.Given[0].File
	}
	return ""
}

// anchorCommand is the command that writes the first anchor, ready to be pasted.
func (o checkOptions) anchorCommand(r *asclient.Report, args []string) string {
	if r.Visited {
		args = []string{r.Subject} // a URL may have a password
	}
	line := "leafcam check --as-client " + quoteAll(args)
	if o.firmware != device.Firmwares()[0].Name {
		line += " --firmware " + preflight.Quote(o.firmware)
	}
	for _, flag := range []struct{ name, value string }{
		{"hostname", o.asClient.hostname}, {"host", o.host}, {"leaf", o.leaf}, {"at", o.at}, {"password-file", o.password.file},
	} {
		if flag.value != "" {
			line += fmt.Sprintf(" --%s %s", flag.name, preflight.Quote(flag.value))
		}
	}
	for _, root := range slices.Concat(o.roots, readAsRoots(o.asClient.cas)) {
		line += " --root " + preflight.Quote(root)
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"only-roots", o.onlyRoots}, {"fetch", o.fetch}, {"fetch-private", o.fetchPrivate}} {
		if flag.on {
			line += " --" + flag.name
		}
	}
	return line + " --write anchor.der"
}

// readAsRoots returns the files of --ca that --root takes as well.
func readAsRoots(cas []string) (files []string) {
	for _, file := range cas {
		if _, err := readRoots(file); err == nil {
			files = append(files, file)
		}
	}
	return files
}

// writeAnchor writes the anchor that was asked for; nil writes nothing.
func (o *asClientOptions) writeAnchor(anchor *asclient.Anchor, stdout io.Writer) ([]writtenFile, error) {
	if anchor == nil {
		return nil, nil
	}
	if o.write == standardFile {
		if _, err := stdout.Write(anchor.DER()); err != nil {
			return nil, environment(err)
		}
		return nil, nil
	}
	if _, err := os.Stat(filepath.Dir(o.write)); errors.Is(err, fs.ErrNotExist) {
		return nil, usage(fmt.Errorf("--write %s: there is no folder %s", o.write, filepath.Dir(o.write)))
	}
	file := delivery.File{Name: filepath.Base(o.write), Data: anchor.DER(), Mode: atomicfile.Public}
	written, err := writeInto(filepath.Dir(o.write), []delivery.File{file}, o.force)
	if errors.Is(err, atomicfile.ErrExists) {
		return nil, usage(fmt.Errorf("%s is there already, with another content; nothing was written: choose another --write, or --force",
			o.write))
	}
	return written, err
}

// chosen returns the anchor of --anchor, the first one without it.
func (o *asClientOptions) chosen(list []asclient.Anchor) (*asclient.Anchor, error) {
	if o.anchor == "" {
		return &list[0], nil
	}
	if n, err := strconv.Atoi(o.anchor); err == nil && n >= 1 && n <= len(list) {
		return &list[n-1], nil
	}
	const shortest = 8 // digits of a fingerprint
	print := strings.ToLower(strings.ReplaceAll(o.anchor, ":", ""))
	fits := func(a asclient.Anchor) bool {
		return strings.EqualFold(a.Title, o.anchor) || len(print) >= shortest && strings.HasPrefix(a.SHA256, print)
	}
	i := slices.IndexFunc(list, fits)
	if i < 0 {
		return nil, usage(fmt.Errorf("--anchor %s: none of the %d anchors has that number, name or fingerprint", o.anchor, len(list)))
	}
	return &list[i], nil
}
