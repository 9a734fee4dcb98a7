package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// connectOptions are the flags of connect.
type connectOptions struct {
	cas      []string
	verify   string
	hostname string
	certs    []string
	keys     []string
	delivery deliveryOptions
	firmware string
	clock    string
	timeout  time.Duration
	send     string
	json     bool
}

func newConnect() *cobra.Command {
	var o connectOptions
	cmd := &cobra.Command{
		Use:   "connect SERVER [DELIVERY...]",
		Short: "be the camera as a client: connect to a server, and show what happens",
		Long: `    $ leafcam connect broker.example.com:8883 --ca ca.der
    $ leafcam connect example.com --ca ca.der --send 'GET / HTTP/1.0\r\n\r\n'
    $ leafcam connect broker:8883 --ca ca.der --cert cam.der --key cam.key.der
                                       with the camera's own certificate, as flashed
    $ leafcam connect broker:8883 live --ca ca.der
                                       the same with what leafcam convert would write

Connects to a server with the camera's TLS client, and prints what comes of it: accepted, or the
exception as the camera prints it, what the server shows, and what to do. SERVER is HOST:PORT, a URL
such as mqtts://HOST, or HOST for port 443.

An anchor is the CA file that you flash. With --ca the server is verified, as with
verify_mode = ssl.CERT_REQUIRED. Without it the camera takes any certificate, which proves nothing:
leafcam check --as-client SERVER says which anchor to flash.

In the text of --send, \r, \n, \t, \\ and \xHH stand for octets.

Exit status: 0 connected, 1 an exception, 2 usage, 3 the server is not reached.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return alsoInJSON(o.json, cmd.OutOrStdout(), func(out io.Writer) error { return connect(cmd.Context(), o, args, out) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.cas, "ca", nil, "anchor `FILE` as flashed: the CA file that the camera is given; may be repeated")
	f.StringVar(&o.verify, "verify", "", "verify the server: `MODE` none, optional or required; required with --ca, none without")
	f.Var(filled{&o.hostname}, "hostname", "`NAME` that the camera gives as server_hostname; the server's by default")
	f.StringArrayVar(&o.certs, "cert", nil, "certificate `FILE` of the camera's own, as flashed; again, with --key, for a second load")
	f.StringArrayVar(&o.keys, "key", nil, "private key `FILE` of the camera's own, as flashed; again for a second load")
	o.delivery.register(f)
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate, see leafcam firmware")
	f.StringVar(&o.clock, "clock", "", "the camera's clock as `TIME` in RFC 3339, or never-set; it is right by default")
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long connecting, the handshake and the answer may take each, such as 10s")
	f.StringVar(&o.send, "send", "", "`TEXT` to send after the handshake; what the server answers is printed")
	f.BoolVar(&o.json, "json", false, "print JSON, described in hostsim/asclient/ASCLIENT.md")
	return cmd
}

func connect(ctx context.Context, o connectOptions, args []string, out io.Writer) error {
	server, err := asclient.ParseServer(args[0])
	if errors.Is(err, preflight.ErrNotServer) {
		err = fmt.Errorf("%s: %w; give HOST:PORT, such as broker.example.com:8883", asclient.WithoutUser(args[0]), err)
	}
	if errors.Is(err, preflight.ErrNotServer) && certs.CheckClientHost(args[0]) == nil {
		server, err = asclient.ParseServer(args[0] + ":443")
	}
	if err != nil {
		return usage(err)
	}
	visiting, err := o.visiting(ctx, server, args[1:])
	if err != nil {
		return err
	}
	visit, err := asclient.Connect(ctx, server, visiting)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return environment(err)
	}
	c := connection{visit: visit, options: o, context: visiting.Context, hostname: *visiting.Hostname}
	c.why(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := c.print(out); err != nil {
		return environment(err)
	}
	if visit.Exception != nil {
		return raised(visit.Exception, c.hints()...)
	}
	return nil
}

// visiting makes the camera's client of the flags.
func (o connectOptions) visiting(ctx context.Context, server preflight.Server, paths []string) (v asclient.VisitOptions, err error) {
	firmware, err := device.FirmwareByName(o.firmware)
	if err == nil {
		err = requireClient(firmware)
	}
	if err != nil {
		return v, usage(err)
	}
	if o.timeout <= 0 {
		return v, usage(fmt.Errorf("--timeout %s: give a time such as 10s", o.timeout))
	}
	hostname := server.Host
	if o.hostname != "" {
		if err := certs.CheckClientHost(o.hostname); err != nil {
			return v, usage(fmt.Errorf("--hostname: %w", err))
		}
		hostname = o.hostname
	}
	v = asclient.VisitOptions{Context: device.NewClientContext(firmware), Hostname: &hostname, Timeout: o.timeout}
	if v.Send, err = unescaped(o.send); err != nil {
		return v, usage(fmt.Errorf("--send: %w", err))
	}
	if err := setClock(v.Context, o.clock); err != nil {
		return v, err
	}
	mode, err := verifyMode(o.verify)
	if err != nil {
		return v, err
	}
	if o.verify == "" && len(o.cas) > 0 {
		mode = device.CertRequired
	}
	v.Context.SetVerifyMode(mode)
	for _, file := range o.cas {
		data, err := readAnchor(file)
		if err != nil {
			return v, err
		}
		if err := v.Context.LoadVerifyLocations(data); err != nil {
			return v, raised(err, o.notLoaded(server, firmware, file, data)...)
		}
	}
	return v, o.ownCertificate(ctx, v.Context, firmware, paths)
}

// ownCertificate loads the camera's own certificate, if there is one.
func (o connectOptions) ownCertificate(ctx context.Context, client *device.SSLContext, firmware *device.Firmware, paths []string) error {
	if err := o.delivery.eitherOr(paths, len(o.certs)+len(o.keys) > 0); err != nil {
		return err
	}
	switch {
	case len(o.certs) != len(o.keys):
		return usage(errors.New("--cert and --key are needed together, and as many of one as of the other"))
	case len(o.certs) > 0:
		for i := range o.certs {
			if err := client.LoadCertChainFiles(o.certs[i], o.keys[i]); err != nil {
				return raised(err, loadHints(ctx, firmware, o.certs[i], o.keys[i], i > 0)...)
			}
		}
		return nil
	case len(paths) == 0 && o.delivery.given():
		return usage(errors.New("--leaf and --password-file belong to a delivery with the camera's own certificate"))
	case len(paths) == 0:
		return nil
	}
	d, err := o.delivery.read(ctx, "", paths)
	if err != nil {
		return err
	}
	files, err := d.CameraFiles()
	if err != nil {
		return usage(withReasons(err, d))
	}
	if err := client.LoadCertChain(files[0].Data, files[1].Data); err != nil {
		return raised(err, checkCommand(paths)+" says why")
	}
	return nil
}

// unescaped returns the octets of a text with escapes.
func unescaped(text string) (octets []byte, err error) {
	for rest := text; rest != ""; {
		var r rune
		var multibyte bool
		if r, multibyte, rest, err = strconv.UnquoteChar(rest, 0); err != nil {
			return nil, fmt.Errorf(`an escape in %q is none of \r, \n, \t, \\ and \xHH`, text)
		}
		if multibyte {
			octets = append(octets, string(r)...)
		} else {
			octets = append(octets, byte(r))
		}
	}
	return octets, nil
}

// A connection is what came of connecting.
type connection struct {
	visit    *asclient.Visit
	options  connectOptions
	context  *device.SSLContext
	hostname string
	findings []asclient.Finding // why it did not end well
	accepted bool
}

// why finds out what is wrong with the server's certificates, or with the connection.
func (c *connection) why(ctx context.Context) {
	v := c.visit
	c.accepted = v.Phase != asclient.PhaseHandshake && v.Phase != asclient.PhaseWrap
	if v.Exception == nil || c.accepted {
		return
	}
	options := asclient.Options{
		Firmware: c.context.Firmware(), Hostname: c.hostname, At: c.context.Now(), NoPublicRoots: true,
		Connect: c.options.command(v.Server),
	}
	if c.verifies() {
		for _, file := range c.options.cas {
			data, err := readAnchor(file)
			if err != nil {
				continue // it was read before
			}
			options.Anchors = append(options.Anchors, asclient.File{Name: file, Data: data})
		}
	}
	for _, f := range asclient.Check(ctx, asclient.FromVisit(v), options).Findings {
		if f.Severity == preflight.SeverityError && f.Code != asclient.CodeNoAnchor {
			c.findings = append(c.findings, f)
		}
	}
}

func (c *connection) verifies() bool {
	return c.options.verify == "required" || c.options.verify == "" && len(c.options.cas) > 0
}

// refused reports whether it was the camera that refused, on account of the server's certificates.
func (c *connection) refused() bool {
	ofCertificates := func(f asclient.Finding) bool { return !f.Code.OfConnection() }
	return len(c.visit.Chain) > 0 && c.verifies() && slices.ContainsFunc(c.findings, ofCertificates)
}

// hints are what is wrong and what to do, a line each.
func (c *connection) hints() (hints []string) {
	for _, f := range c.findings {
		hints = append(hints, f.Title, "-> "+f.Fix)
	}
	if c.refused() && slices.ContainsFunc(c.findings, func(f asclient.Finding) bool { return f.Code.OfAnchor() }) {
		hints = append(hints, "which anchor to flash: "+c.check())
	}
	return hints
}

// check is the command that says which anchor to flash.
func (c *connection) check() string { return c.options.checkCommand(c.visit.Server, c.options.cas) }

// print prints it for people or for machines.
func (c *connection) print(out io.Writer) error {
	if c.options.json {
		return c.json(out)
	}
	width := tableOptions(out).Width
	if width < 20 {
		width = 120
	}
	line := func(name, said string) {
		fmt.Fprintln(out, grid.Hanging(fmt.Sprintf("  %-9s ", name), strings.Repeat(" ", 12), printable.Visible(said), width))
	}
	v := c.visit
	answer := "CONNECTED"
	if v.Exception != nil {
		answer = map[bool]string{true: "CONNECTED, and then an exception", false: "NOT CONNECTED"}[c.accepted]
	}
	fmt.Fprintf(out, "%s: a camera with %s, and %s\n\n", answer, c.context.Firmware().Name, printable.Visible(v.Server.Address()))
	if v.Suite != "" {
		line("speaks", fmt.Sprintf("%s, %s", v.Version, v.Suite))
	}
	line("name", fmt.Sprintf("%s, as server_hostname", c.hostname))
	for i, shown := range asclient.ShownBy(v) {
		name := ""
		if i == 0 {
			name = "shows"
		}
		line(name, fmt.Sprintf("%d %s", i+1, shown.Line()))
	}
	if said := c.verified(); said != "" {
		line("verified", said)
	}
	if v.Asked {
		said := "the server asked for a certificate of the camera's; it has none"
		if own := c.context.Chain(); len(own) > 0 {
			said = "the server asked for a certificate; the camera shows " + describeChain(own)
		}
		line("own", said)
		fits, known := c.context.PairFits()
		if n := len(c.options.certs); n > 0 && known && !fits {
			line("", foreignKey(c.options.certs[0], c.options.keys[n-1])+": a server that checks it refuses the camera")
		}
	}
	for i, a := range v.Alerts {
		if i == len(v.Alerts)-1 && v.LeftOut > 0 {
			line("alert", fmt.Sprintf("%d more", v.LeftOut))
		}
		line("alert", fmt.Sprintf("%s, from the %s", a, map[bool]string{true: "camera", false: "server"}[a.Sent]))
	}
	if v.Sent > 0 {
		line("sent", fmt.Sprintf("%d bytes", v.Sent))
		c.answer(out, line)
	}
	return nil
}

// answer prints what the server answered.
func (c *connection) answer(out io.Writer, line func(name, said string)) {
	const most = 2000 // octets that are printed
	received := c.visit.Received
	if len(received) == 0 {
		line("answer", "none")
		return
	}
	line("answer", fmt.Sprintf("%d bytes:", len(received)))
	for _, said := range answerLines(received[:min(len(received), most)]) {
		fmt.Fprintln(out, strings.TrimRight("    "+said, " "))
	}
	if len(received) > most {
		line("", fmt.Sprintf("and %d bytes more: --json", len(received)-most))
	}
}

// verified says whether and by what the server was verified; "" where it showed no certificate.
func (c *connection) verified() string {
	switch {
	case c.verifies() && len(c.options.cas) == 0:
		return "no: no anchor is loaded, so the camera accepts no server. Which anchor to flash: " + c.check()
	case len(c.visit.Chain) == 0:
		return ""
	case !c.verifies() && c.options.verify == "optional":
		return "not for sure: with CERT_OPTIONAL the camera takes any certificate"
	case !c.verifies():
		return "no: the camera takes any certificate, which proves nothing. Which anchor to flash: " + c.check()
	case c.refused():
		return "refused"
	}
	return "by " + strings.Join(c.options.cas, " and ")
}

// json prints it for machines.
func (c *connection) json(out io.Writer) error {
	v := c.visit
	exception := ""
	if v.Exception != nil {
		exception = v.Exception.Error()
	}
	return writeJSON(out, struct {
		Format    int                `json:"format"`
		Server    string             `json:"server"`
		Remote    string             `json:"remote"`
		Firmware  string             `json:"firmware"`
		Hostname  string             `json:"hostname"`
		Connected bool               `json:"connected"`
		Verified  bool               `json:"verified"`
		Phase     asclient.Phase     `json:"phase"`
		Exception string             `json:"exception"`
		Chain     []asclient.Shown   `json:"chain"`
		Suite     string             `json:"cipher_suite"`
		Version   string             `json:"tls_version"`
		Asked     bool               `json:"asked_for_certificate"`
		Alerts    []trace.Alert      `json:"alerts"`
		LeftOut   int                `json:"alerts_left_out"`
		Sent      int                `json:"sent"`
		Received  string             `json:"received"`
		Findings  []asclient.Finding `json:"findings"`
	}{
		outputFormat, v.Server.Address(), v.Remote, c.context.Firmware().Name, c.hostname, c.accepted, c.accepted && c.verifies(), v.Phase,
		exception, asclient.ShownBy(v), v.Suite, v.Version, v.Asked, append([]trace.Alert{}, v.Alerts...), v.LeftOut, v.Sent, string(v.Received),
		append([]asclient.Finding{}, c.findings...),
	})
}

// requireClient refuses a firmware that is emulated as a server alone.
func requireClient(fw *device.Firmware) error {
	if !fw.NoClient {
		return nil
	}
	return fmt.Errorf("--firmware %s: as a client it was not recorded, so leafcam does not emulate it; give another one", fw.Name)
}
