package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// checkOptions are the flags of check.
type checkOptions struct {
	cert, key    string
	firmware     string
	host         string
	leaf         string
	at           string
	roots        []string
	onlyRoots    bool
	fetch        bool
	fetchPrivate bool
	password     passwordOptions
	explain      bool
	json         bool
	reports      []string
	fleet        string
	leafOnly     bool
	keyElsewhere bool
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check DELIVERY...",
		Short: "tell before flashing whether it will work, for whom not, and what to do",
		Long: `    $ leafcam check /etc/letsencrypt/live/cam.example.com --host cam.example.com
    $ leafcam check cam_example_com.zip privkey.pem        what a CA sent, and your own key
    $ leafcam check cam.pfx                                asks for its password
    $ leafcam check --cert server.der --key server.key.der chain.pem
                                                           the files as they would be flashed
    $ leafcam check DELIVERY --explain                     everything that was read, and how it was understood
    $ leafcam check --fleet devices.csv                    thousands of devices, a line of JSON each

The camera compares nothing and looks at no date: this is where mistakes are caught. A delivery is
a folder, a file or several, as CAs and ACME clients hand them over: PEM, DER, PKCS#7, PKCS#12, Java
keystores, archives, mails, JSON, YAML or source text with keys and certificates in them, in any order.

Each finding says what will happen in the words of those to whom it happens, why, and the mend. The forecast says which clients will connect, with the leaf alone and with each cure.

Nothing leaves this machine, unless --fetch lets it download missing issuers from the certificate's
own AIA URLs. --report writes FORM=FILE, with the forms json and sarif.

A line of a --fleet list is a path, or cert,key or cert,key,host, with commas, semicolons or tabs; a first
line may name the columns. Lists of more than 64 MiB come by standard input.

Of several certificates for one name the newest valid one is meant, of several names the one that fits
--host; --leaf chooses another.

Exit status: 0 fine (warnings and notes included), 1 findings of severity error, 2 usage, 3 the machine
stands in the way.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.cert, "cert", "", "certificate `FILE` as it would be flashed")
	f.StringVar(&o.key, "key", "", "private key `FILE` as it would be flashed")
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate")
	f.StringVar(&o.host, "host", "", "host `NAME` or address that clients will connect to")
	f.StringVar(&o.leaf, "leaf", "", "`WHICH` certificate is meant, of several: its file, serial number, SHA-256 fingerprint or name")
	f.StringVar(&o.at, "at", "", "`TIME` to ask about, as 2027-01-31 or in RFC 3339; now by default")
	f.StringArrayVar(&o.roots, "root", nil, "`FILE` with a root that clients are given, PEM or DER; may be repeated")
	f.BoolVar(&o.onlyRoots, "only-roots", false, "trust the roots of --root alone, neither this system's nor Mozilla's")
	f.BoolVar(&o.fetch, "fetch", false, "download missing issuers from AIA URLs (20 requests in 30 seconds, 64 KiB each, public addresses)")
	f.BoolVar(&o.fetchPrivate, "fetch-private", false, "with --fetch, ask private addresses, too; never link-local ones or a cloud's metadata")
	f.BoolVar(&o.explain, "explain", false, "show everything that was read, and how it was understood")
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/preflight/CHECK.md")
	f.StringArrayVar(&o.reports, "report", nil, "write a report, as `FORM=FILE`; may be repeated")
	f.StringVar(&o.fleet, "fleet", "", "`LIST` of devices to check, - for standard input")
	f.BoolVar(&o.leafOnly, "leaf-only", false, "with --fleet, do not look for the chain: five times as fast")
	f.BoolVar(&o.keyElsewhere, "key-elsewhere", false, "check the certificates alone: the private key is not here, and rightly so")
	o.password.register(f)
	return cmd
}

func check(ctx context.Context, o checkOptions, args []string, out, messages io.Writer) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	files, err := o.outputs()
	if err != nil {
		return err
	}
	delivery := delivery.Options{
		Password: o.password.ask(ctx), PasswordGiven: o.password.file != "", Roots: options.Roots, Host: o.host, Leaf: o.leaf, At: options.At,
	}
	if o.fleet != "" {
		if len(args) > 0 || o.cert != "" || o.key != "" || len(files) > 0 || o.explain || o.leaf != "" {
			return usage(errors.New("--fleet takes its deliveries from the list, and prints JSON lines"))
		}
		return o.checkFleet(ctx, options, delivery, out, messages)
	}
	subject, err := o.subject(ctx, args, delivery, out)
	if err != nil {
		return err
	}
	report := preflight.Check(ctx, subject, options)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := writeCheck(out, o.json, report); err != nil {
		return environment(err)
	}
	for _, f := range files {
		var b bytes.Buffer
		err := checkForms[f.form](&b, report)
		if err == nil {
			err = atomicfile.Replace(f.path, b.Bytes(), atomicfile.Public)
		}
		if err != nil {
			return environment(err)
		}
	}
	if report.Errors() > 0 {
		return errFindings
	}
	return nil
}

func writeCheck(out io.Writer, asJSON bool, r *preflight.Report) error {
	if asJSON {
		return writeJSON(out, r)
	}
	terminal := tableOptions(out)
	preflight.Text(out, r, preflight.TextOptions{Color: terminal.Color, Width: terminal.Width})
	return nil
}

// checkForms are the forms of a report.
var checkForms = map[string]func(io.Writer, *preflight.Report) error{
	"json":  func(w io.Writer, r *preflight.Report) error { return writeJSON(w, r) },
	"sarif": func(w io.Writer, r *preflight.Report) error { return preflight.SARIF(w, r) },
}

func (o checkOptions) outputs() (list []reportFile, err error) {
	for _, r := range o.reports {
		form, path, ok := strings.Cut(r, "=")
		if !ok || path == "" || checkForms[form] == nil {
			return nil, usage(fmt.Errorf("--report %s: give FORM=FILE, with one of the forms json, sarif", r))
		}
		if err := replaceable(path); err != nil {
			return nil, err
		}
		list = append(list, reportFile{form, path})
	}
	return list, nil
}

// options makes the check's of the flags.
func (o checkOptions) options() (options preflight.Options, err error) {
	if options.Firmware, err = device.FirmwareByName(o.firmware); err != nil {
		return options, usage(err)
	}
	options.Host, options.NoPublicRoots, options.KeyElsewhere = o.host, o.onlyRoots, o.keyElsewhere
	if o.host != "" {
		if err := certs.CheckClientHost(o.host); err != nil {
			return options, usage(fmt.Errorf("--host: %w", err))
		}
	}
	if o.at != "" {
		if options.At, err = parseTime(o.at); err != nil {
			return options, usage(fmt.Errorf("--at: %w", err))
		}
	}
	for _, file := range o.roots {
		list, err := delivery.ReadCertificates(file)
		if err != nil {
			return options, usage(fmt.Errorf("--root: %w", err))
		}
		options.Roots = append(options.Roots, list...)
	}
	switch {
	case o.onlyRoots && len(o.roots) == 0:
		return options, usage(errors.New("--only-roots belongs to a --root"))
	case o.fetchPrivate && !o.fetch:
		return options, usage(errors.New("--fetch-private belongs to --fetch"))
	case o.leafOnly && o.fleet == "":
		return options, usage(errors.New("--leaf-only belongs to --fleet"))
	case o.fetch:
		options.Fetch = &preflight.Fetch{AllowPrivate: o.fetchPrivate}
	}
	return options, nil
}

// parseTime reads a day or a moment.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a day such as 2027-01-31 nor a time such as 2027-01-31T12:00:00Z", s)
	}
	return t, nil
}

// subject reads what is to be checked, and explains it where that is wanted.
func (o checkOptions) subject(ctx context.Context, args []string, options delivery.Options, out io.Writer) (*preflight.Subject, error) {
	if o.cert == "" && o.key != "" || o.cert != "" && o.key == "" && !o.keyElsewhere {
		return nil, usage(errors.New("--cert and --key are needed together, unless --key-elsewhere is given; a delivery is named without a flag"))
	}
	if o.cert != "" {
		if o.leaf != "" {
			return nil, usage(errors.New("--leaf chooses in a delivery; with --cert the certificate is named"))
		}
		subject, err := preflight.FromFiles(ctx, o.cert, o.key, args, options)
		if err != nil {
			return nil, deliveryError(err, nil)
		}
		o.explained(out, subject.Delivery)
		return subject, nil
	}
	if len(args) == 0 {
		return nil, usage(errors.New("name a delivery: a folder or the files that the CA sent, with your private key"))
	}
	d, err := delivery.Read(ctx, args, options)
	if err != nil {
		return nil, deliveryError(err, nil)
	}
	o.explained(out, d)
	subject, err := preflight.FromDelivery(d)
	if err != nil {
		return nil, deliveryError(err, d)
	}
	return subject, nil
}

// explained shows how a delivery was understood, where that is wanted.
func (o checkOptions) explained(out io.Writer, d *delivery.Delivery) {
	if o.explain && !o.json {
		preflight.Explain(out, d)
		fmt.Fprintln(out)
	}
}

// deliveryError gives a reading error its exit status, and what was found instead.
func deliveryError(err error, d *delivery.Delivery) error {
	said := err
	if d != nil {
		said = errors.Join(append([]error{err}, reasons(d)...)...)
	}
	switch {
	case errors.Is(err, delivery.ErrNoCertificate), errors.Is(err, delivery.ErrNoLeaf), errors.Is(err, delivery.ErrKeyMismatch):
		return &statusError{exitFindings, said}
	case errors.Is(err, os.ErrPermission):
		return environment(err)
	}
	return usage(said)
}

// reasons says what was found in the place of a certificate with its key.
func reasons(d *delivery.Delivery) (list []error) {
	if errors.Is(d.Problem, delivery.ErrTooMuch) || errors.Is(d.Problem, delivery.ErrPassword) {
		return nil
	}
	const most = 20 // lines
	for _, line := range d.Reasons(most) {
		list = append(list, errors.New("  "+line))
	}
	return list
}

// list returns the list of devices.
func (o checkOptions) list(ctx context.Context) (io.Reader, error) {
	if o.fleet == "-" {
		return interruptible(ctx, os.Stdin), nil
	}
	text, err := inputfile.Read(o.fleet, inputfile.Large)
	if err != nil {
		return nil, usage(fmt.Errorf("--fleet: %w", err))
	}
	return bytes.NewReader(text), nil
}

// checkFleet checks the devices of a list.
func (o checkOptions) checkFleet(ctx context.Context, options preflight.Options, delivery delivery.Options, out, messages io.Writer) error {
	list, err := o.list(ctx)
	if err != nil {
		return err
	}
	if o.password.file == "" {
		delivery.Password = nil // nobody answers for thousands of devices
	}
	options.Depth = preflight.DepthChain
	if o.leafOnly {
		options.Depth = preflight.DepthLeaf
	}
	lines := json.NewEncoder(printable.JSONWriter(out))
	lines.SetEscapeHTML(false)
	done, shown := 0, time.Now()
	var unread []*preflight.FleetLine
	terminal := isTerminal(messages)
	summary, err := preflight.Fleet(ctx, list, preflight.FleetOptions{Check: options, Delivery: delivery}, func(l *preflight.FleetLine) error {
		if done++; terminal && time.Since(shown) > time.Second {
			fmt.Fprintf(messages, "\r%d devices", done)
			shown = time.Now()
		}
		if l.Problem != "" && len(unread) < unreadShown {
			unread = append(unread, l)
		}
		return lines.Encode(l)
	})
	if terminal {
		fmt.Fprint(messages, "\r")
	}
	if summary != nil {
		describeFleet(messages, summary, unread)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return environment(err)
	case summary.Devices == 0:
		return usage(fmt.Errorf("%s lists no device", o.fleet))
	case summary.OK < summary.Devices:
		return errFindings
	}
	return nil
}

// unreadShown is how many lines that could not be read are named.
const unreadShown = 10

func describeFleet(w io.Writer, s *preflight.FleetSummary, unread []*preflight.FleetLine) {
	fmt.Fprintf(w, "%d device(s): %d fine, %d with errors, %d that could not be read\n", s.Devices, s.OK, s.Devices-s.OK-s.Unread, s.Unread)
	for _, l := range unread {
		fmt.Fprintf(w, "  line %d: %s\n", l.Line, printable.Visible(l.Problem))
	}
	if more := s.Unread - len(unread); more > 0 {
		fmt.Fprintf(w, "  and %d more lines\n", more)
	}
	var codes []string
	for code := range s.Findings {
		codes = append(codes, string(code))
	}
	slices.Sort(codes)
	for _, code := range codes {
		fmt.Fprintf(w, "  %6d  %s\n", s.Findings[preflight.Code(code)], code)
	}
	if s.SharedKeys > 0 {
		fmt.Fprintf(w, "%d private key(s) are in more than one device: one key for each camera\n", s.SharedKeys)
	}
}
