package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
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
	details      bool
	warnBefore   string
	must         nameList
	with         string
	failOn       string
	expect       string
	json         bool
	reports      []string
	fleet        string
	leafOnly     bool
	keyElsewhere bool
	onlyKeys     bool
	asClient     asClientOptions
}

func newCheck() *cobra.Command {
	o := checkOptions{with: string(preflight.CureLeafOnly)}
	cmd := &cobra.Command{
		Use:   "check DELIVERY... | --as-client SERVER|CHAIN",
		Short: "tell before flashing whether it will work, for whom not, and what to do",
		Long: `    $ leafcam check /etc/letsencrypt/live/cam.example.com --host cam.example.com
    $ leafcam check cam_example_com.zip privkey.pem        what a CA sent, and your own key
    $ leafcam check cam.pfx                                asks for its password
    $ leafcam check --cert server.der --key server.key.der chain.pem
                                                           the files as they would be flashed
    $ leafcam check https://cam.example.com                what a server presents; or HOST:PORT
    $ leafcam check --key-elsewhere --only-keys .          no private key in what is to be committed or published
    $ leafcam check DELIVERY --explain                     everything that was read, and how it was understood
    $ leafcam check --fleet devices.csv                    thousands of devices, a line each, or JSON
    $ leafcam check --as-client mqtts://broker.example.com --ca anchor.der
                                                           does the camera, as a client, accept that server?

The camera compares nothing and looks at no date: this is where mistakes are caught. A delivery is
a folder, a file or several, as CAs and ACME clients hand them over: PEM, DER, PKCS#7, PKCS#12, Java
keystores, archives, mails, JSON, YAML or source text with keys and certificates in them, in any order.

The answer comes on one screen: whether the camera takes the files, who will connect now and with the
intermediate, and what to do. --details shows every finding with its symptoms, cause and fix, and the
forecast for all clients and cures.

Nothing leaves this machine, unless --fetch lets it download missing issuers from the certificate's
own AIA URLs. --report writes FORM=FILE, with the forms json and sarif; with - as FILE the report goes to standard
output, and the answer to standard error.

A line of a --fleet list is a path, or cert,key or cert,key,host, with commas, semicolons or tabs; a first
line may name the columns. Lists of more than 64 MiB come by standard input.

With --as-client it is the other way round: the camera is the client of the server that is named, or of one that
loads the files. The answer is whether it accepts that server with the anchors of --ca, and until when; an anchor is the
CA file that you flash. The anchors that are possible follow, the one that lives longest first; --write writes it in DER.
A server that is named is connected to, with the camera's own handshake.

Of several certificates for one name the newest valid one is meant, of several names the one that fits
--host; --leaf chooses another.

Exit status: 0 fine (warnings and notes included), or accepted with --as-client, 1 findings of severity error (--fail-on warning: those,
too), a client of --must that does not connect, or with --expect something that is worse than it was;
2 usage, 3 machine at fault.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.asClient.on {
				return alsoInJSON(o.json, cmd.OutOrStdout(), func(out io.Writer) error {
					if err := o.asClient.belongs(cmd.Flags()); err != nil {
						return err
					}
					return o.checkAsClient(cmd.Context(), args, out, cmd.ErrOrStderr())
				})
			}
			if err := o.asClient.belongs(cmd.Flags()); err != nil {
				return err
			}
			return check(cmd.Context(), o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.cert, "cert", "", "certificate `FILE` as it would be flashed")
	f.StringVar(&o.key, "key", "", "private key `FILE` as it would be flashed")
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate, see leafcam firmware")
	f.StringVar(&o.host, "host", "", "host `NAME` or address that clients will connect to")
	f.StringVar(&o.leaf, "leaf", "", "`WHICH` certificate is meant, of several: its file, serial number, SHA-256 fingerprint or name")
	f.StringVar(&o.at, "at", "", "`TIME` to ask about, as 2027-01-31 or in RFC 3339; now by default")
	f.StringArrayVar(&o.roots, "root", nil, "`FILE` with a root that clients are given, PEM or DER; may be repeated")
	f.BoolVar(&o.onlyRoots, "only-roots", false, "trust the roots of --root alone, neither this system's nor Mozilla's")
	f.BoolVar(&o.fetch, "fetch", false, "download missing issuers from AIA URLs (20 requests in 30 seconds, 64 KiB each, public addresses)")
	f.BoolVar(&o.fetchPrivate, "fetch-private", false, "with --fetch, also ask private addresses; never link-local ones or a cloud's metadata")
	f.BoolVar(&o.details, "details", false, "show every finding with its symptoms, cause and fix, the chain, and all families of clients")
	f.StringVar(&o.warnBefore, "warn-before", "", "warn when the certificate expires within a `TIME` such as 21d or 36h")
	f.BoolVar(&o.explain, "explain", false, "show everything that was read, and how it was understood")
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/preflight/CHECK.md")
	f.StringArrayVar(&o.reports, "report", nil, "write a report, as `FORM=FILE`; may be repeated")
	f.Var(&o.must, "must", "exit with 1 unless these clients connect, as `NAMES` with commas: curl, android, browsers ...")
	f.Var(filled{&o.with}, "with", "the `CURE` that --must is about: leaf-only, second-load or gateway")
	f.StringVar(&o.failOn, "fail-on", string(preflight.SeverityError), "exit with 1 for findings from this `SEVERITY` on: error or warning")
	f.Var(filled{&o.expect}, "expect", "`FILE` with an earlier report in JSON: exit with 1 when something is worse than it was")
	f.StringVar(&o.fleet, "fleet", "", "`LIST` of devices to check, - for standard input")
	f.BoolVar(&o.leafOnly, "leaf-only", false, "with --fleet, do not look for the chain: five times as fast")
	f.BoolVar(&o.keyElsewhere, "key-elsewhere", false, "check the certificates alone: a private key that is here is an error")
	f.BoolVar(&o.onlyKeys, "only-keys", false, "with --key-elsewhere, look for private keys and nothing else, in files of any kind")
	o.asClient.register(f)
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
	before, err := o.before()
	if err != nil {
		return err
	}
	stdout := out
	out = files.screen(stdout, messages)
	delivery, err := o.password.delivery(ctx, o.host, o.leaf)
	if err != nil {
		return err
	}
	delivery.Roots, delivery.At = options.Roots, options.At
	if o.fleet != "" {
		if len(args) > 0 || o.cert != "" || o.key != "" || len(files) > 0 || o.explain || o.leaf != "" {
			return usage(errors.New("--fleet takes its deliveries from the list, and prints JSON lines"))
		}
		return o.checkFleet(ctx, options, delivery, out, messages)
	}
	if o.onlyKeys {
		return o.findKeys(ctx, args, files, stdout, messages)
	}
	certs.LoadSystemRoots()
	subject, err := o.subject(ctx, args, delivery, out)
	if keys := (*keysError)(nil); errors.As(err, &keys) {
		if err := o.showKeys(keys.report, files, stdout, messages); !errors.Is(err, errFindings) {
			return err
		}
		return &statusError{exitFindings, keys.err}
	}
	if err != nil {
		return err
	}
	if subject.Server != "" && options.Host == "" {
		options.Host = subject.Host
	}
	report := preflight.Check(ctx, subject, options)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	refused, err := o.refused(report)
	if err != nil {
		return usage(fmt.Errorf("--must: %w", err))
	}
	if err := o.write(out, report); err != nil {
		return environment(err)
	}
	err = files.write(stdout, func(w io.Writer, form string) error { return checkForms[form](w, report) })
	if err != nil {
		return err
	}
	if len(o.must) > 0 && len(refused) == 0 {
		fmt.Fprintf(messages, "leafcam: --must: %s will connect, with %s\n", printable.Visible(strings.Join(o.must, ", ")), o.with)
	}
	for _, r := range refused {
		fmt.Fprintln(messages, "leafcam: "+printable.Visible(describeRefused(r)))
	}
	failed := report.Errors() > 0
	if before != nil {
		worse := report.Worse(before)
		for _, line := range worseLines(worse) {
			fmt.Fprintln(messages, "leafcam: "+printable.Visible(line))
		}
		if len(worse) == 0 {
			fmt.Fprintf(messages, "leafcam: nothing is worse than in %s\n", printable.Visible(o.expect))
		}
		failed = len(worse) > 0
	}
	if o.failOn == string(preflight.SeverityWarning) {
		for _, f := range report.Findings {
			if f.Severity == preflight.SeverityWarning {
				failed = true
				fmt.Fprintf(messages, "leafcam: warning: %s [%s]\n", f.Title, f.Code)
			}
		}
	}
	if failed || len(refused) > 0 {
		return errFindings
	}
	return nil
}

// before is the report of --expect; nil without one.
func (o checkOptions) before() (*preflight.Report, error) {
	if o.expect == "" {
		return nil, nil
	}
	text, err := inputfile.Read(o.expect, inputfile.Large)
	if err != nil {
		return nil, usage(fmt.Errorf("--expect: %w", err))
	}
	r, err := preflight.ReadReport(text)
	if err != nil {
		return nil, usage(fmt.Errorf("--expect: %s: %w", o.expect, err))
	}
	return r, nil
}

// refused returns those of --must that will not connect.
func (o checkOptions) refused(r *preflight.Report) (list []preflight.Refused, err error) {
	for _, name := range o.must {
		named, err := r.Clients(name)
		if near := nearest(name, preflight.ClientNames()); err != nil && near != "" {
			return nil, fmt.Errorf("no client is called %q; did you mean %s?", name, near)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, r.Must(named, preflight.Cure(o.with))...)
	}
	return list, nil
}

// describeRefused says why a client will not connect, and with what it would.
func describeRefused(r preflight.Refused) string {
	said := fmt.Sprintf("%s: %s (%s)", r.Client.Title, r.Outcome.Outcome, r.Outcome.Reason)
	if r.Outcome.On == preflight.OnRoot {
		said += "; name the root's file with --root"
	}
	if r.Cure != "" {
		said += fmt.Sprintf("; it connects with %s", r.Cure)
	}
	return said
}

// write prints a report: its answer on one screen, or with every detail.
func (o checkOptions) write(out io.Writer, r *preflight.Report) error {
	if o.json {
		return writeJSON(out, r)
	}
	options := textOptions(out)
	if o.details {
		preflight.Text(out, r, options)
		return nil
	}
	preflight.Screen(out, r, options)
	fmt.Fprintf(out, "\n%s. Every finding: --details", counted(r))
	if len(o.must) == 0 && r.Verdict.Now != preflight.ReachAll {
		fmt.Fprint(out, ". In CI: --must")
	}
	fmt.Fprintln(out)
	return nil
}

// textOptions are what a terminal allows, for the check's text.
func textOptions(out io.Writer) preflight.TextOptions {
	terminal := tableOptions(out)
	return preflight.TextOptions{Color: terminal.Color, Width: terminal.Width}
}

// counted says how many findings the details have.
func counted(r *preflight.Report) string {
	var parts []string
	for _, s := range preflight.Severities() {
		n := r.Count(s)
		word := string(s)
		if n != 1 {
			word += "s"
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, word))
	}
	return strings.Join(parts, ", ")
}

// checkForms are the forms of a report.
var checkForms = map[string]func(io.Writer, *preflight.Report) error{
	"json":  func(w io.Writer, r *preflight.Report) error { return writeJSON(w, r) },
	"sarif": func(w io.Writer, r *preflight.Report) error { return preflight.SARIF(w, r) },
}

func (o checkOptions) outputs() (reportFiles, error) {
	return parseReports(o.reports, slices.Sorted(maps.Keys(checkForms)), o.json)
}

// options makes the check's of the flags.
func (o checkOptions) options() (options preflight.Options, err error) {
	if options.Firmware, err = device.FirmwareByName(o.firmware); err != nil {
		return options, usage(err)
	}
	if o.warnBefore != "" {
		if options.WarnBefore, err = parseDays(o.warnBefore); err != nil {
			return options, usage(fmt.Errorf("--warn-before: %w", err))
		}
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
		list, err := readRoots(file)
		if err != nil {
			return options, err
		}
		options.Roots = append(options.Roots, list...)
	}
	switch {
	case !slices.Contains([]preflight.Cure{preflight.CureLeafOnly, preflight.CureSecondLoad, preflight.CureGateway}, preflight.Cure(o.with)):
		return options, usage(fmt.Errorf("--with %s: give leaf-only, second-load or gateway", o.with))
	case o.failOn != string(preflight.SeverityError) && o.failOn != string(preflight.SeverityWarning):
		return options, usage(fmt.Errorf("--fail-on %s: give error or warning", o.failOn))
	case o.fleet != "" && (len(o.must) > 0 || o.expect != ""):
		return options, usage(errors.New("--must and --expect need the forecast, which --fleet leaves out"))
	case o.onlyRoots && len(o.roots) == 0:
		return options, usage(errors.New("--only-roots belongs to a --root"))
	case o.with != string(preflight.CureLeafOnly) && len(o.must) == 0:
		return options, usage(errors.New("--with belongs to --must"))
	case o.fetchPrivate && !o.fetch:
		return options, usage(errors.New("--fetch-private belongs to --fetch"))
	case o.onlyKeys && !o.keyElsewhere:
		return options, usage(errors.New("--only-keys belongs to --key-elsewhere"))
	case o.onlyKeys && (o.cert != "" || o.key != "" || o.fleet != "" || len(o.must) > 0 || o.explain || o.details):
		return options, usage(errors.New("--only-keys takes files and folders, and says nothing of certificates"))
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

// parseDays reads a duration, in which d stands for days.
func parseDays(s string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(number); err == nil && n > 0 && n < 100*366 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no time such as 21d or 36h", s)
	}
	return d, nil
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
	if subject, err := o.server(ctx, args); subject != nil || err != nil {
		return subject, err
	}
	d, err := delivery.Read(ctx, args, options)
	if err != nil {
		return nil, deliveryError(err, nil)
	}
	o.explained(out, d)
	subject, err := preflight.FromDelivery(d)
	if err != nil {
		return nil, o.orKeys(deliveryError(err, d), d)
	}
	subject.Leaf = o.leaf
	return subject, nil
}

// server asks a server, where the argument is its address; it returns nil for a delivery.
func (o checkOptions) server(ctx context.Context, args []string) (*preflight.Subject, error) {
	if len(args) != 1 {
		return nil, nil
	}
	server, err := preflight.ParseServer(args[0])
	if _, exists := os.Lstat(args[0]); exists == nil || errors.Is(err, preflight.ErrNotServer) {
		return nil, nil
	}
	if err != nil {
		return nil, usage(err)
	}
	subject, err := preflight.FromServer(ctx, server, o.host)
	if err != nil {
		return nil, environment(err)
	}
	return subject, nil
}

// explained shows how a delivery was understood, where that is wanted.
func (o checkOptions) explained(out io.Writer, d *delivery.Delivery) {
	if o.explain && !o.json {
		preflight.Explain(out, d, textOptions(out))
		fmt.Fprintln(out)
	}
}

// deliveryError gives a reading error its exit status, and what was found instead.
func deliveryError(err error, d *delivery.Delivery) error {
	said := withReasons(err, d)
	switch {
	case errors.Is(err, delivery.ErrNoCertificate), errors.Is(err, delivery.ErrNoLeaf), errors.Is(err, delivery.ErrKeyMismatch):
		return &statusError{exitFindings, said}
	case errors.Is(err, os.ErrPermission):
		return environment(fmt.Errorf("%w; run it as a user who may read it, with sudo for example, or name other files: "+
			"leafcam check --key-elsewhere does without the key", err))
	}
	return usage(said)
}

// withReasons adds to an error what was found in the place of a certificate with its key, a line each; nothing for a
// nil delivery.
func withReasons(err error, d *delivery.Delivery) error {
	if d == nil || errors.Is(d.Problem, delivery.ErrTooMuch) || errors.Is(d.Problem, delivery.ErrPassword) {
		return err
	}
	const most = 20 // lines
	list := []error{err}
	for _, line := range d.Reasons(most) {
		list = append(list, errors.New("  "+line))
	}
	return errors.Join(list...)
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
	terminal, forPeople := isTerminal(messages), isTerminal(out) && !o.json
	if forPeople {
		terminal = false // the lines themselves show that it goes on
	}
	summary, err := preflight.Fleet(ctx, list, preflight.FleetOptions{Check: options, Delivery: delivery}, func(l *preflight.FleetLine) error {
		if done++; terminal && time.Since(shown) > time.Second {
			fmt.Fprintf(messages, "\r%d devices", done)
			shown = time.Now()
		}
		if l.Problem != "" && len(unread) < unreadShown {
			unread = append(unread, l)
		}
		if forPeople {
			return fleetText(out, l, tableOptions(out))
		}
		return lines.Encode(l)
	})
	if terminal {
		fmt.Fprint(messages, "\r")
	}
	if summary != nil && !errors.Is(err, preflight.ErrNoList) {
		describeFleet(messages, summary, unread)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, preflight.ErrNoList):
		return usage(fmt.Errorf("%s: %w", o.fleet, err))
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
	if len(s.Ignored) > 0 {
		fmt.Fprintf(w, "  ignored columns: %s\n", printable.Visible(strings.Join(s.Ignored, ", ")))
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
