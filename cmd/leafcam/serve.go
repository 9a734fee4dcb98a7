package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/lossy"
	"github.com/leafcam/leafcam/internal/printable"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	certs, keys []string
	delivery    deliveryOptions
	secondLoad  bool
	listen      string
	firmware    string
	script      string
	body        string
	timeout     time.Duration
	once        bool
	json        bool
	chain       string
	page        string
	clientCA    string
	verify      string
	clock       string
	board       string
	delay       string
	capture     captureOptions
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve DELIVERY... | --cert FILE --key FILE",
		Short: "emulate the camera until you interrupt it",
		Long: `    $ leafcam serve /etc/letsencrypt/live/cam.example.com
                                       what leafcam convert would put on the camera
    $ leafcam serve --cert server.der --key server.key.der
                                       the files exactly as flashed
    $ leafcam serve --cert server.der --key server.key.der --script snapshot --listen 127.0.0.1:8443
    $ leafcam serve --cert leaf.der --key key.der --cert intermediate.der --key key.der
                                       the second load: presents leaf + intermediate
    $ leafcam serve --cert server.der --key server.key.der --client-ca ca.der
                                       requires client certificates that this CA issued
    $ leafcam serve --cert server.der --key server.key.der --board pico-w --script asyncio
                                       with the memory and the sockets of that board
    $ leafcam serve --cert server.der --key server.key.der --chain chain.pem --listen 0.0.0.0:8443 --page 127.0.0.1:8080
                                       shows on a page what phones and televisions make of it
    $ leafcam serve --cert server.der --key server.key.der --listen 127.0.0.1:0 --json

Runs the camera's TLS server, and prints a line for each connection: what came of it, in plain
words. A delivery is read as leafcam check reads it, and the camera presents its leaf; with
--second-load, also its intermediates. With --cert and --key the camera loads the files as they
are. A pair that does not load prints the last line of MicroPython's traceback, then what is
wrong with which file, and exits with status 1.

With --page a page shows the same, folds the attempts of a device into one row, and switches
between leaf only, second load, full chain and a control while the camera runs.

The script hello is the documented server: one connection at a time, one more waits, any
further one is reset; without --timeout a silent client blocks it for ever, as on the camera.
asyncio serves several, with the handshake inside the first read, and leaves those open whose handshake failed, as the camera
does; microdot answers as microdot does; snapshot has pictures.
With --json the output is one JSON object a line, described in device/EVENTS.md.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return serve(cmd.Context(), o, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	o.delivery.register(f)
	f.BoolVar(&o.secondLoad, "second-load", false, "also load the intermediates of the delivery, so that the camera sends them")
	f.StringArrayVar(&o.certs, "cert", nil, "certificate `FILE` as flashed; given again with --key, it is loaded in addition")
	f.StringArrayVar(&o.keys, "key", nil, "private key `FILE`, one for each --cert")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8443", "`ADDRESS` to listen on; port 0 takes a free one")
	f.StringVar(&o.firmware, "firmware", "",
		"firmware `PROFILE` to emulate, see leafcam firmware; by default the board's, and "+device.Firmwares()[0].Name+" without a board")
	f.StringVar(&o.script, "script", "hello", "the camera's `SCRIPT`: hello, asyncio, microdot or snapshot")
	f.StringVar(&o.body, "body", device.DefaultBody, "what the hello, asyncio and microdot scripts answer, as `TEXT`")
	f.DurationVar(&o.timeout, "timeout", 0, "settimeout for each connection, such as 10s; 0 is none")
	f.StringVar(&o.chain, "chain", "", "`FILE` with the intermediates, and perhaps the root, that are not loaded: to name what is missing")
	f.StringVar(&o.page, "page", "",
		"`ADDRESS` of a page that follows every connection, such as 127.0.0.1:8080; :8080 is also on this machine only")
	f.StringVar(&o.clientCA, "client-ca", "", "`FILE` with the CA of client certificates, as flashed")
	f.StringVar(&o.verify, "verify", "", "ask for client certificates: `MODE` none, optional or required; required with --client-ca")
	f.StringVar(&o.clock, "clock", "", "the camera's clock as `TIME` in RFC 3339, or never-set; it is right by default")
	f.StringVar(&o.board, "board", "", "`BOARD` whose memory and network are emulated, such as pico-w, see leafcam board; none by default")
	f.StringVar(&o.delay, "delay", "", "`PRESET` of how long public-key operations take at a processor's clock: "+delayNames()+
		"; -first is for the first connections, which take longest; computed, not measured")
	o.capture.register(f)
	f.BoolVar(&o.once, "once", false, "end after one connection; exit status 1 when it raised an exception")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	return cmd
}

func serve(ctx context.Context, o serveOptions, args []string, out, messages io.Writer) error {
	scene, info, err := o.stage(ctx, args)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return environment(fmt.Errorf("cannot listen: %w; choose another address with --listen", err))
	}
	defer l.Close()
	var page *servedPage
	if o.page != "" {
		if page, err = o.openPage(); err != nil {
			return err
		}
		defer page.listener.Close()
	}
	// Last, since it makes files.
	tap, err := o.capture.open(info.given)
	if err != nil {
		return err
	}
	tap.attach(&scene.camera, scene.modes)
	show := &display{json: o.json, width: tableOptions(out).Width}
	printed := unhurried(out, show.gap)
	defer printed.Close(flushTime)
	show.out = printed
	observers := []stage.Observer{show}
	ended := make(chan trace.Event, 1)
	if o.once {
		observers = []stage.Observer{&onlyOnce{Observer: show, ended: ended}}
	}
	if page != nil {
		observers = append(observers, page.journal)
	}
	served := stage.New(l, stage.Config{
		Modes: scene.modes, First: scene.first, Camera: scene.camera, Page: o.body, Observers: observers, OnShortage: show.shortage,
	})
	for _, w := range info.warnings {
		fmt.Fprintln(messages, "leafcam: "+printable.Visible(w))
	}
	show.listening(l.Addr(), info)
	if page != nil {
		page.start(ctx, served, info, show)
		defer page.stop()
	}
	err = runStage(ctx, served, ended, printed)
	return errors.Join(tap.close(), err)
}

// staged is what a stage is made of.
type staged struct {
	modes  []stage.Mode
	first  int
	camera device.CameraConfig
}

// cameraInfo is what is told of the camera.
type cameraInfo struct {
	given  *device.SSLContext
	served *verdict.Served
	script string
	delay  *device.Delay
	// warnings are what is wrong with the files though they load.
	warnings []string
}

// stage reads everything that the flags name. Without a page there is but one mode: the files as
// they were given.
func (o serveOptions) stage(ctx context.Context, args []string) (s staged, info cameraInfo, err error) {
	if err := o.checkFiles(args); err != nil {
		return s, info, err
	}
	if o.timeout < 0 {
		return s, info, usage(fmt.Errorf("--timeout %s is negative", o.timeout))
	}
	board, firmware, err := boardAndFirmware(o.board, o.firmware)
	if err != nil {
		return s, info, usage(err)
	}
	script, err := device.ScriptByName(o.script, o.body)
	if err != nil {
		return s, info, usage(err)
	}
	if o.delay != "" {
		if info.delay, err = device.DelayByName(o.delay); err != nil {
			return s, info, usage(err)
		}
	}
	material := stage.Material{NewContext: func() (*device.SSLContext, error) { return o.newContext(board, firmware) }}
	if material.Given, err = material.NewContext(); err != nil {
		return s, info, err
	}
	if err := o.load(ctx, args, &material, firmware, &info); err != nil {
		return s, info, err
	}
	if o.chain != "" {
		issuers, err := delivery.ReadIssuers(ctx, o.chain)
		if err != nil {
			return s, info, usage(fmt.Errorf("--chain: %w", err))
		}
		material.Known = append(material.Known, issuers...)
	}
	info.given, info.served, info.script = material.Given, material.Served(), script.Name
	s.camera = device.CameraConfig{Script: script, Timeout: o.timeout, Delay: info.delay}
	if o.page == "" {
		s.modes = []stage.Mode{{Scenario: hostsim.ScenarioLeafOnly(), Served: info.served, Context: material.Given}}
		return s, info, nil
	}
	if material.Key == nil {
		if material.Key, err = inputfile.Read(o.keys[0], inputfile.Small); err != nil {
			return s, info, environment(err)
		}
	}
	if der, err := certs.ParseKeyPEM(material.Key); err == nil {
		material.Key = der // a second load takes a key in DER whatever the firmware
	}
	if s.modes, s.first, err = material.Modes(); err != nil {
		err = &statusError{exitFindings, fmt.Errorf("--page: %w", err)}
	}
	return s, info, err
}

// checkFiles is an error for files that are named in more than one way, or in none.
func (o serveOptions) checkFiles(args []string) error {
	if err := o.delivery.eitherOr(args, len(o.certs)+len(o.keys) > 0); err != nil {
		return err
	}
	switch {
	case len(args) > 0:
		return nil
	case o.secondLoad:
		return usage(errors.New("--second-load belongs to a delivery; with files, give --cert and --key again"))
	case len(o.certs)+len(o.keys) == 0:
		return usage(errors.New("name a delivery, or the files as flashed with --cert and --key"))
	case len(o.certs) != len(o.keys):
		return usage(fmt.Errorf("%d --cert and %d --key given: both are needed, and as many of one as of the other",
			len(o.certs), len(o.keys)))
	}
	return nil
}

// load lets the camera load the delivery, or the files as flashed.
func (o serveOptions) load(ctx context.Context, args []string, m *stage.Material, firmware *device.Firmware, info *cameraInfo) error {
	if len(args) > 0 {
		return o.loadDelivery(ctx, args, m)
	}
	for i := range o.certs {
		if err := m.Given.LoadCertChainFiles(o.certs[i], o.keys[i]); err != nil {
			return raised(err, loadHints(ctx, firmware, o.certs[i], o.keys[i], i > 0)...)
		}
	}
	if wrong := mismatch(m.Given, o.certs[0], o.keys[len(o.keys)-1]); wrong != "" {
		info.warnings = append(info.warnings, wrong)
	}
	return nil
}

// loadDelivery lets the camera load what leafcam convert would write.
func (o serveOptions) loadDelivery(ctx context.Context, args []string, m *stage.Material) error {
	d, err := o.delivery.read(ctx, "", args)
	if err != nil {
		return err
	}
	files, err := d.CameraFiles()
	if err != nil {
		return usage(withReasons(err, d))
	}
	m.Key = files[1].Data
	loads := [][]byte{files[0].Data}
	if o.secondLoad {
		if len(d.Chain) == 0 {
			return usage(errors.New("--second-load: the delivery has no intermediate"))
		}
		for _, c := range d.Chain {
			loads = append(loads, c.Raw)
		}
	}
	for _, der := range loads {
		if err := m.Given.LoadCertChain(der, m.Key); err != nil {
			return raised(err, checkCommand(args)+" says why")
		}
	}
	m.Known = slices.Clone(d.Chain)
	if d.Root != nil {
		m.Known = append(m.Known, d.Root)
	}
	return nil
}

// newContext returns a context on the board, or on a camera without limits, that knows all about
// client certificates.
func (o serveOptions) newContext(board *device.Board, firmware *device.Firmware) (*device.SSLContext, error) {
	c := device.NewSSLContext(firmware)
	if board != nil {
		var err error
		if c, err = device.NewSSLContextOn(board, firmware); err != nil {
			return nil, raised(err, "the board has no room for a script with TLS")
		}
	}
	return c, o.clientCertificates(c)
}

func delayNames() string {
	var names []string
	for _, d := range device.Delays() {
		names = append(names, d.Name)
	}
	return strings.Join(names, ", ")
}

// clientCertificates sets up what concerns them: mode, CA and clock.
func (o serveOptions) clientCertificates(c *device.SSLContext) error {
	mode, err := verifyMode(o.verify)
	if err != nil {
		return err
	}
	if o.clientCA != "" {
		if err := c.LoadVerifyLocationsFile(o.clientCA); err != nil {
			return raised(err, fmt.Sprintf("%s is no CA certificate that this firmware reads", o.clientCA))
		}
		if o.verify == "" {
			mode = device.CertRequired
		}
	}
	c.SetVerifyMode(mode)
	return setClock(c, o.clock)
}

// verifyMode reads --verify; nothing is none.
func verifyMode(text string) (device.VerifyMode, error) {
	modes := map[string]device.VerifyMode{
		"": device.CertNone, "none": device.CertNone, "optional": device.CertOptional, "required": device.CertRequired,
	}
	mode, known := modes[text]
	if !known {
		return mode, usage(fmt.Errorf("unknown --verify %q; known: none, optional, required", text))
	}
	return mode, nil
}

// neverSet is the --clock of a camera whose clock begins at the start of its time.
const neverSet = "never-set"

// setClock sets the camera's clock as --clock has it.
func setClock(c *device.SSLContext, text string) error {
	if text == "" {
		return nil
	}
	set := c.Unset()
	if text != neverSet {
		var err error
		if set, err = time.Parse(time.RFC3339, text); err != nil {
			return usage(fmt.Errorf("--clock %q is neither a time such as 2026-11-23T12:00:00Z nor never-set", text))
		}
	}
	started := time.Now()
	c.SetClock(func() time.Time { return set.Add(time.Since(started)) })
	return nil
}

// runStage serves until the context ends or a connection is reported on ended.
func runStage(ctx context.Context, s *stage.Stage, ended <-chan trace.Event, printed *lossy.Writer) error {
	failed := make(chan error, 1)
	go func() { failed <- s.Serve() }()
	select {
	case <-ctx.Done():
		return closeStage(s)
	case err := <-failed:
		return errors.Join(environment(err), closeStage(s))
	case <-printed.Gone():
		return errors.Join(environment(fmt.Errorf("the reader of the output is gone: %w", printed.Err())), closeStage(s))
	case e := <-ended:
		if err := closeStage(s); err != nil {
			return err
		}
		if e.Exception != nil {
			return errFindings
		}
		return nil
	}
}

func closeStage(s *stage.Stage) error {
	if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return environment(err)
	}
	return nil
}

// onlyOnce passes the first connection on that ends, and nothing afterwards.
type onlyOnce struct {
	stage.Observer
	ended chan trace.Event
	once  sync.Once
}

func (o *onlyOnce) Ended(mode int, e trace.Event, s verdict.Sighting) {
	o.once.Do(func() {
		o.Observer.Ended(mode, e, s)
		o.ended <- e
	})
}
