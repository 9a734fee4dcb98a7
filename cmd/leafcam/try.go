package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/report"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
)

// tryOptions are the flags of try.
type tryOptions struct {
	host, root string
	delivery   deliveryOptions
	firmware   string
	clients    nameList
	must       mustOptions
	jobs       jobs
	meant      []clients.Named // by clients
	all        bool
	deadline   time.Duration
	reports    []string
	json       bool
}

func newTry() *cobra.Command {
	var o tryOptions
	cmd := &cobra.Command{
		Use:   "try DELIVERY...",
		Short: "prove it: this machine's clients against your files, now and with the intermediate",
		Long: `    $ leafcam try /etc/letsencrypt/live/cam.example.com
    $ leafcam try camera                           the folder that leafcam convert wrote
    $ leafcam try cam.zip cam.key --clients curl,python,java
    $ leafcam try camera --all                     every client, in every scenario

Puts your certificate on an emulated camera and lets the quick clients of this machine connect: first
as it is, then with the intermediate sent by a second load_cert_chain. A delivery is read as leafcam check
reads it. Each row is printed when it is there. leafcam matrix does the same with more choices.
--report writes FORM=FILE, with the forms html, json, junit and markdown; with - as FILE the report goes to standard
output, and all the rest to standard error.

Each client trusts the root of your chain, or that of --root, and nothing else. Nothing leaves this machine.

Exit status: 0 every client connects with the intermediate, 1 some do not, or with --must one of
those does not; 2 usage, 3 machine at fault, or --deadline is over.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return try(cmd.Context(), o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.host, "host", "", "host `NAME` or address that clients connect to; the certificate's first name by default")
	o.delivery.register(f)
	f.StringVar(&o.root, "root", "", "`FILE` with the root that clients trust, PEM or DER")
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate, see leafcam firmware")
	f.Var(&o.clients, "clients", "only these clients, as `NAMES` with commas: curl, ffmpeg, browsers, phones, home, quick ...")
	o.must.register(f)
	o.jobs.register(f)
	f.BoolVar(&o.all, "all", false, "every client, in every scenario of leafcam matrix")
	f.DurationVar(&o.deadline, "deadline", 10*time.Minute, "how long all of it may take")
	f.StringArrayVar(&o.reports, "report", nil, "write a report, as `FORM=FILE`; may be repeated")
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/MATRIX.md")
	return cmd
}

func try(ctx context.Context, o tryOptions, args []string, out, messages io.Writer) error {
	runner, err := o.runner(ctx, args)
	if err != nil {
		return err
	}
	outputs, err := matrixOptions{reports: o.reports, json: o.json}.outputs()
	if err != nil {
		return err
	}
	showMeant(messages, slices.Concat(o.meant, o.must.meant))
	stdout := out
	out = outputs.files.screen(stdout, messages)
	limited, cancel := context.WithTimeout(ctx, o.deadline)
	defer cancel()
	m, err := o.run(limited, runner, out, messages)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return environment(fmt.Errorf("the time of --deadline %s is up", o.deadline))
	case err != nil:
		return err
	}
	if o.json {
		if err := report.JSON(out, m); err != nil {
			return environment(err)
		}
	}
	if err := outputs.write(stdout, m); err != nil {
		return err
	}
	if err := anyInstalled(m); err != nil {
		return err
	}
	t := tallyOf(m, runner)
	if !o.json {
		t.print(out, runner, quoteAll(args))
		if len(o.reports) == 0 {
			fmt.Fprintln(out, "For a page of it, add --report html=try.html.")
		}
	}
	if len(o.must.names) > 0 {
		return o.must.status(m, messages)
	}
	if t.cured < t.ran {
		return errFindings
	}
	return nil
}

// runner makes a Runner of a delivery and the flags.
func (o *tryOptions) runner(ctx context.Context, args []string) (hostsim.Runner, error) {
	r := hostsim.Runner{
		Clients: clients.Quick(), Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioSecondLoad()},
		Parallel: int(o.jobs),
	}
	if o.all {
		r.Clients, r.Scenarios = clients.All(), hostsim.StandardSet()
	}
	var err error
	if r.Clients, o.meant, err = namedClients(o.clients, r.Clients); err != nil {
		return r, err
	}
	if err := o.must.join(&r); err != nil {
		return r, err
	}
	if r.Firmware, err = device.FirmwareByName(o.firmware); err != nil {
		return r, usage(err)
	}
	if o.host != "" {
		if err := certs.CheckClientHost(o.host); err != nil {
			return r, usage(fmt.Errorf("--host: %w", err))
		}
	}
	if o.deadline <= 0 {
		return r, usage(fmt.Errorf("--deadline %s: give a time such as 2m", o.deadline))
	}
	d, err := o.delivery.read(ctx, o.host, args)
	if err != nil {
		return r, err
	}
	if r.Files, err = filesOf(r.Firmware, d, o.root, args); err != nil {
		return r, err
	}
	if certs.SelfSigned(r.Files.Leaf) && !o.all {
		r.Scenarios = []hostsim.Scenario{selfSignedScenario(r.Files.Leaf)}
	}
	if r.Host = o.host; r.Host == "" {
		r.Host = clientHost(d)
	}
	return r, nil
}

// selfSignedScenario is the one in which each client is given the self-signed certificate itself.
func selfSignedScenario(leaf *x509.Certificate) hostsim.Scenario {
	name := "self-signed"
	if leaf.IsCA {
		name = "self-signed-ca"
	}
	list, err := hostsim.ScenariosByName([]string{name})
	if err != nil {
		panic(err) // the harness has both
	}
	return list[0]
}

// readRoots reads the certificates that clients are to trust. One that is neither a CA's nor self-signed is none.
func readRoots(file string) ([]*x509.Certificate, error) {
	list, err := delivery.ReadCertificates(file)
	if err != nil {
		return nil, usage(fmt.Errorf("--root: %w", err))
	}
	for _, c := range list {
		if !c.IsCA && !certs.SelfSigned(c) {
			return nil, usage(fmt.Errorf("--root: %s is no root: it is the certificate of %q", file, certname.Title(c)))
		}
	}
	return list, nil
}

// filesOf returns the files that a delivery becomes; its clients trust the root in a file, unless that is "".
func filesOf(firmware *device.Firmware, d *delivery.Delivery, rootFile string, args []string) (*hostsim.Files, error) {
	var root *x509.Certificate
	if rootFile != "" {
		list, err := readRoots(rootFile)
		if err != nil {
			return nil, err
		}
		root = list[0]
	}
	files, err := hostsim.FilesOf(firmware, d, root)
	if err != nil {
		return nil, filesError(err, args)
	}
	return files, nil
}

// filesError says what keeps a delivery from being tried.
func filesError(err error, args []string) error {
	check := checkCommand(args) + " says why"
	switch {
	case errors.Is(err, hostsim.ErrNotLoaded):
		return &statusError{exitFindings, fmt.Errorf("the camera does not load this delivery (%w); %s", err, check)}
	case errors.Is(err, hostsim.ErrGoCannotParse):
		return &statusError{exitFindings, fmt.Errorf("%w; %s", err, check)}
	case errors.Is(err, hostsim.ErrNoRoot):
		return usage(errors.New("the chain ends at no root that is known here: name the root's file with --root; " +
			"intermediates that are missing belong into the delivery"))
	}
	return usage(err)
}

// run runs the clients, and shows what comes of them.
func (o tryOptions) run(ctx context.Context, r hostsim.Runner, out, messages io.Writer) (*hostsim.Matrix, error) {
	if o.json {
		return runWithProgress(ctx, r, messages)
	}
	wrap(out, fmt.Sprintf("%s on an emulated camera with %s. Each client trusts the root %q alone.",
		printable.Visible(r.Host), r.Firmware.Name, certname.Title(r.Files.Root)))
	fmt.Fprintln(out)
	return runRows(ctx, r, out, messages)
}

// runRows runs the clients one after the other, and prints each row when it is there.
func runRows(ctx context.Context, r hostsim.Runner, out, messages io.Writer) (*hostsim.Matrix, error) {
	status := newStatusLine(messages)
	defer status.clear()
	rows := report.NewRows(out, r.Clients, r.Scenarios, tableOptions(out))
	r.RowByRow = true
	r.Progress = func(_, _ int, what string) { status.set(what) }
	done := 0
	r.RowDone = func(row hostsim.Row) {
		done++
		if row.Installed {
			status.clear()
			rows.Print(row)
		}
	}
	m, err := r.Run(ctx)
	if ctx.Err() != nil {
		status.clear()
		fmt.Fprintf(messages, "\n%d of %d clients have run\n", done, len(r.Clients))
		return m, ctx.Err()
	}
	if err != nil {
		return nil, environment(err)
	}
	return m, nil
}

// A tally counts clients whose verdicts stand: how many ran, and how many completed the chain now and with the
// intermediate.
type tally struct{ ran, now, cured, absent, simulated int }

func tallyOf(m *hostsim.Matrix, r hostsim.Runner) (t tally) {
	first := hostsim.ScenarioLeafOnly().Name
	if certs.SelfSigned(r.Files.Leaf) {
		first = selfSignedScenario(r.Files.Leaf).Name
	}
	for _, row := range m.Rows {
		if !row.Installed {
			t.absent++
			continue
		}
		if !row.Trustworthy {
			continue
		}
		t.ran++
		if row.Simulated != "" {
			t.simulated++
		}
		completed := func(scenario string) bool {
			c := row.Cell(scenario)
			return c != nil && c.Verdict == verdict.VerdictCompleted
		}
		now := completed(first)
		if now {
			t.now++
		}
		if now || completed(hostsim.ScenarioSecondLoad().Name) {
			t.cured++
		}
	}
	return t
}

// print says in one sentence what was proved, and what is next.
func (t tally) print(out io.Writer, r hostsim.Runner, delivered string) {
	clients := "clients"
	if t.ran == 1 {
		clients = "client"
	}
	switch chain := len(r.Files.Chain); {
	case certs.SelfSigned(r.Files.Leaf):
		fmt.Fprintf(out, "\n%d of %d %s can connect, each with the certificate installed.\n", t.now, t.ran, clients)
	case chain == 0:
		fmt.Fprintf(out, "\n%d of %d %s can connect.\n", t.now, t.ran, clients)
		if t.now < t.ran {
			fmt.Fprintln(out, "The delivery has no intermediate: add the CA's chain.pem, or use fullchain.pem.")
		}
	case chain == 1:
		fmt.Fprintf(out, "\n%d of %d %s can connect now, %d of %d with the intermediate.\n", t.now, t.ran, clients, t.cured, t.ran)
	default:
		fmt.Fprintf(out, "\n%d of %d %s can connect now, %d of %d with the intermediates.\n", t.now, t.ran, clients, t.cured, t.ran)
	}
	if t.simulated > 0 {
		fmt.Fprintf(out, "Among them %d simulated, in the place of programs of other systems.\n", t.simulated)
	}
	if t.absent > 0 {
		fmt.Fprintf(out, "%d more are not installed: leafcam clients.\n", t.absent)
	}
	if t.cured > t.now {
		fmt.Fprintln(out, "Next, the lines that load the intermediate:")
		for _, line := range t.next(r, delivered) {
			fmt.Fprintf(out, "    %s\n", printable.Visible(line))
		}
	}
}

// next is what loads the intermediate: the call itself, where the delivery is a folder that convert wrote.
func (t tally) next(r hostsim.Runner, delivered string) []string {
	for n := range r.Files.Chain {
		if _, err := os.Stat(filepath.Join(delivered, delivery.IntermediateFile(n+1))); err != nil {
			return []string{"leafcam convert " + delivered + " --out " + preflight.CameraFolder}
		}
	}
	return delivery.SecondLoadLines(len(r.Files.Chain))
}
