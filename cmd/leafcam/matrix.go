package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/printable"
)

// matrixOptions are the flags of matrix.
type matrixOptions struct {
	cert, key, chain, root string
	delivery               deliveryOptions
	host                   string
	hostGiven              bool // by the user
	clients, scenarios     nameList
	must                   mustOptions
	jobs                   jobs
	meant                  []clients.Named // by clients
	firmware               string
	keyType                string
	deadline               time.Duration
	noBrowsers             bool
	reports                []string
	expect                 string
	keep                   string
	commands               bool
	webdriver              string
	capabilities           string
	listen                 string
	online                 bool
	json                   bool
	shard                  string
}

func newMatrix() *cobra.Command {
	var o matrixOptions
	cmd := &cobra.Command{
		Use:   "matrix [DELIVERY...]",
		Short: "run this machine's clients in every scenario",
		Long: `    $ leafcam matrix                                        with a test PKI
    $ leafcam matrix /etc/letsencrypt/live/cam.example.com
    $ leafcam matrix --cert server.der --key server.key.der --chain chain.pem --host cam.example.com
    $ leafcam matrix --clients curl,java --scenarios leaf-only,aia --json
    $ leafcam matrix --scenarios all --report html=out.html --report junit=out.xml
    $ leafcam matrix --expect before.json                   did anything change?

Runs real clients against the emulated camera, each in a sandbox of its own, and prints who
completes the chain, how, and who refuses and why. Without a delivery everything comes from a
test PKI. With one, the camera presents what leafcam convert would write, in the scenarios that
your leaf allows; with --cert and --key, the files exactly as flashed. The controls use a test PKI
still. The root that clients are to trust is --root, else the one that the chain ends with, else the
public root that signed the chain. The leaf's AIA URL is answered from the chain on this machine,
unless --online is given.

Nothing leaves this machine but what --online and --webdriver ask for. An address as --host is this
machine's in a network of the clients' own: another machine that has it is never asked.

--scenarios takes names, "standard" (the default) and "all"; an unknown name is answered with the
list. --report writes FORM=FILE, with the forms html, json, junit and markdown; FILE is a regular file, or -
for standard output: the table goes to standard error then. --keep leaves every
cell's command line, environment, output, home and camera events in a directory, to be repeated
by hand. --webdriver adds the browsers of a WebDriver grid: they have to trust your root and
to resolve --host to this machine, and --listen lets them reach it.

--shard 2/5 runs the second of five parts of the clients, which take about the same time; leafcam merge joins
what --report json=FILE wrote of each.

Exit status 1 means that some client does not complete the chain with the leaf alone, or that
a verdict is missing; with --expect, that a cell is not as it was, and the JUnit report fails that
alone; with --must, that one of those clients does not connect.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.hostGiven = cmd.Flags().Changed("host")
			return matrix(cmd.Context(), o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	o.delivery.register(f)
	f.StringVar(&o.cert, "cert", "", "certificate `FILE` as flashed")
	f.StringVar(&o.key, "key", "", "private key `FILE` as flashed")
	f.StringVar(&o.chain, "chain", "", "`PATH` of a file, archive or folder with the intermediates, in any form and order")
	f.StringVar(&o.root, "root", "", "`FILE` with the root that clients trust, PEM or DER")
	f.StringVar(&o.host, "host", hostsim.DefaultHost,
		"host `NAME`, or address, that clients connect to; with a delivery, the certificate's first name by default")
	f.Var(&o.clients, "clients", "only these clients, as `NAMES` with commas: curl, ffmpeg, browsers, phones, home, quick ...")
	f.Var(&o.scenarios, "scenarios", "only these scenarios, as `NAMES` with commas")
	o.must.register(f)
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate, see leafcam firmware")
	f.StringVar(&o.keyType, "key-type", string(certs.KeyECDSAP256), "key `TYPE` of the test PKI: ecdsa-p256, ecdsa-p384 or rsa-2048")
	f.DurationVar(&o.deadline, "deadline", hostsim.DefaultDeadline, "how long one client may take in one scenario")
	o.jobs.register(f)
	f.BoolVar(&o.online, "online", false, "let clients ask the AIA servers of your leaf over the network")
	f.BoolVar(&o.noBrowsers, "no-browsers", false, "leave the browsers out, which take most of the time")
	f.StringArrayVar(&o.reports, "report", nil, "write a report, as `FORM=FILE`; may be repeated")
	f.Var(filled{&o.expect}, "expect", "`FILE` with an earlier matrix in JSON: tell what has changed since")
	f.StringVar(&o.keep, "keep", "", "keep everything of every cell in `DIR`, which must not exist or be empty")
	f.BoolVar(&o.commands, "commands", false, "print each cell's command line, ready to paste")
	f.StringVar(&o.webdriver, "webdriver", "", "`URL` of a WebDriver grid whose browsers run as well")
	f.StringVar(&o.capabilities, "webdriver-capabilities", "", "`FILE` with capabilities for its sessions, in JSON")
	f.StringVar(&o.listen, "listen", "127.0.0.1", "IP `ADDRESS` that the cameras listen on")
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/MATRIX.md")
	f.Var(filled{&o.shard}, "shard", "run one of several parts of the clients, as `INDEX/NUMBER`, which leafcam merge joins")
	return cmd
}

func matrix(ctx context.Context, o matrixOptions, args []string, out, messages io.Writer) error {
	runner, err := o.runner(ctx, args)
	if err != nil {
		return err
	}
	showMeant(messages, slices.Concat(o.meant, o.must.meant))
	noteHost(messages, runner)
	if runner.Files != nil && len(args) == 0 {
		o.noteMismatch(messages, runner)
	}
	outputs, err := o.outputs()
	if err != nil {
		return err
	}
	if err := o.addGrid(ctx, &runner); err != nil {
		return err
	}
	if err := outputs.comparable(runner.Clients, runner.Scenarios); err != nil {
		return err
	}
	if runner, err = o.part(runner); err != nil {
		return err
	}
	m, err := runWithProgress(ctx, runner, messages)
	if err != nil {
		return err
	}
	return o.result(m, outputs, out, messages)
}

// runner makes a Runner of the flags.
func (o *matrixOptions) runner(ctx context.Context, args []string) (hostsim.Runner, error) {
	r := hostsim.Runner{
		Clients: clients.All(), Host: o.host, Deadline: o.deadline, Online: o.online, Keep: o.keep, Listen: o.listen,
		Parallel: int(o.jobs),
	}
	var err error
	if err := certs.CheckClientHost(o.host); err != nil {
		return r, usage(fmt.Errorf("--host: %w", err))
	}
	if host, err := certs.ParseHostName(o.host); err == nil {
		r.Host = host.Name
	}
	if net.ParseIP(o.listen) == nil {
		return r, usage(fmt.Errorf("--listen %s: give an IP address", o.listen))
	}
	if o.keep != "" {
		entries, err := os.ReadDir(o.keep)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return r, usage(fmt.Errorf("--keep: %w", err))
		case len(entries) > 0:
			return r, usage(fmt.Errorf("--keep %s: there is something in it already", o.keep))
		}
	}
	if r.Clients, o.meant, err = namedClients(o.clients, r.Clients); err != nil {
		return r, err
	}
	if o.noBrowsers {
		_, r.Clients = clients.Browsers(r.Clients)
	}
	if len(o.scenarios) > 0 {
		if r.Scenarios, err = hostsim.ScenariosByName(o.scenarios); err != nil {
			return r, usage(err)
		}
	}
	if err := o.must.join(&r); err != nil {
		return r, err
	}
	if r.Firmware, err = device.FirmwareByName(o.firmware); err != nil {
		return r, usage(err)
	}
	if r.KeyType, err = certs.ParseKeyType(o.keyType); err != nil {
		return r, usage(err)
	}
	if o.deadline <= 0 {
		return r, usage(fmt.Errorf("--deadline %s: give clients more than no time", o.deadline))
	}
	if err := o.delivery.eitherOr(args, o.cert != "" || o.key != ""); err != nil {
		return r, err
	}
	switch {
	case len(args) > 0:
		if err := o.readDelivery(ctx, args, &r); err != nil {
			return r, err
		}
	case o.cert != "" || o.key != "":
		if r.Files, err = o.files(ctx, r.Firmware); err != nil {
			return r, err
		}
	case o.chain != "" || o.root != "":
		return r, usage(errors.New("--chain and --root belong to a delivery, or to a --cert and a --key"))
	case o.delivery.given():
		return r, usage(errors.New("--leaf and --password-file belong to a delivery"))
	default:
		return r, nil
	}
	named := cmp.Or(o.cert, strings.Join(args, " "))
	switch err := otherHost(r); {
	case err == nil:
	case !o.hostGiven:
		return r, usage(fmt.Errorf("%s is not for %s: %w; name the host that clients will use with --host", named, r.Host, err))
	case certs.SelfSigned(r.Files.Leaf): // nobody but its owner has chosen its names
		return r, usage(fmt.Errorf("%s is not for %s: %w; 'leafcam selfsigned' makes one that is", named, r.Host, err))
	}
	return r, nil
}

// readDelivery takes the files that a delivery becomes, with the host that the certificate is for.
func (o matrixOptions) readDelivery(ctx context.Context, args []string, r *hostsim.Runner) error {
	host := ""
	if o.hostGiven {
		host = r.Host
	}
	if o.chain != "" {
		args = append(slices.Clone(args), o.chain)
	}
	d, err := o.delivery.read(ctx, host, args)
	if err != nil {
		return err
	}
	if r.Files, err = filesOf(r.Firmware, d, o.root, args); err != nil {
		return err
	}
	if !o.hostGiven {
		r.Host = clientHost(d)
	}
	return nil
}

// noteMismatch says that the key belongs to another certificate. Every client will fail, which the run shows.
func (o matrixOptions) noteMismatch(messages io.Writer, r hostsim.Runner) {
	c := device.NewSSLContext(r.Firmware)
	if err := c.LoadCertChainFiles(o.cert, o.key); err != nil {
		return // it did a moment ago, and the run will say what has become of it
	}
	if wrong := mismatch(c, o.cert, o.key); wrong != "" {
		fmt.Fprintln(messages, "leafcam: "+printable.Visible(wrong))
	}
}

// otherHost says why a user's certificate is not for the host, by the rules that most clients have.
func otherHost(r hostsim.Runner) error {
	if r.Files == nil || certs.SelfSigned(r.Files.Leaf) && len(r.Files.Leaf.DNSNames) == 0 {
		return nil
	}
	return r.Files.Leaf.VerifyHostname(r.Host)
}

// noteHost says that a certificate is not for the host that was named. Who takes it all the same is shown
// by the run.
func noteHost(messages io.Writer, r hostsim.Runner) {
	if err := otherHost(r); err != nil {
		fmt.Fprintf(messages, "the certificate is not for %s, as most clients see it: %s\n", printable.Line(r.Host), printable.Line(err.Error()))
	}
}

// files reads the user's files, and says with which status the command ends when they are
// not as they should be.
func (o matrixOptions) files(ctx context.Context, firmware *device.Firmware) (*hostsim.Files, error) {
	if o.cert == "" || o.key == "" {
		return nil, usage(errors.New("--cert and --key are needed together"))
	}
	f, err := hostsim.ReadFiles(firmware, hostsim.FilePaths{Cert: o.cert, Key: o.key, Chain: o.chain, Root: o.root})
	switch {
	case errors.Is(err, hostsim.ErrNotLoaded):
		return nil, raised(errors.Unwrap(err), loadHints(ctx, firmware, o.cert, o.key, false)...)
	case errors.Is(err, hostsim.ErrGoCannotParse):
		return nil, &statusError{exitFindings, err}
	case errors.Is(err, hostsim.ErrNoRoot):
		return nil, usage(fmt.Errorf("%w; give the intermediates with --chain and the root with --root", err))
	case err != nil:
		return nil, usage(err)
	}
	return f, nil
}

// matrixStatus is the exit status of a matrix.
func matrixStatus(m *hostsim.Matrix) error {
	if err := anyInstalled(m); err != nil {
		return err
	}
	for _, r := range m.Rows {
		if slices.ContainsFunc(r.Cells, hostsim.Cell.Finding) {
			return errFindings
		}
	}
	return nil
}

// anyInstalled is an error when there was no client to run. A part of a run can do without.
func anyInstalled(m *hostsim.Matrix) error {
	if m.Shard != nil || slices.ContainsFunc(m.Rows, func(r hostsim.Row) bool { return r.Installed }) {
		return nil
	}
	return environment(errors.New("none of the clients is installed; 'leafcam clients' says what brings them"))
}
