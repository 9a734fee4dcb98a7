package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/device"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	certs, keys []string
	listen      string
	firmware    string
	script      string
	body        string
	timeout     time.Duration
	once        bool
	json        bool
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
		Use:   "serve --cert FILE --key FILE",
		Short: "be the camera, until interrupted",
		Long: `    $ leafcam serve --cert server.der --key server.key.der
    $ leafcam serve --cert server.der --key server.key.der --script snapshot --listen 127.0.0.1:8443
    $ leafcam serve --cert leaf.der --key key.der --cert intermediate.der --key key.der
                                       the second load: presents leaf + intermediate
    $ leafcam serve --cert server.der --key server.key.der --client-ca ca.der
                                       requires client certificates that this CA issued
    $ leafcam serve --cert server.der --key server.key.der --board OPENMV4 --script asyncio
                                       with the memory and the sockets of that board
    $ leafcam serve --cert server.der --key server.key.der --listen 127.0.0.1:0 --json

Runs the camera's TLS server with the files as they would be flashed, and prints a line for
each connection. A pair that does not load prints the last line of MicroPython's traceback
and exits with status 1.

The script hello is the documented server: one connection at a time, one more waits, any
further one is reset; without --timeout a silent client blocks it for ever, as on the camera.
asyncio serves several, with the handshake inside the first read; snapshot has pictures.
With --json the output is one JSON object a line, described in device/EVENTS.md.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.certs, "cert", nil, "certificate `FILE`; given again with --key, it is loaded in addition")
	f.StringArrayVar(&o.keys, "key", nil, "private key `FILE`, one for each --cert")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8443", "`ADDRESS` to listen on; port 0 takes a free one")
	f.StringVar(&o.firmware, "firmware", device.Firmwares()[0].Name, "firmware `PROFILE` to emulate")
	f.StringVar(&o.script, "script", "hello", "the camera's `SCRIPT`: hello, asyncio or snapshot")
	f.StringVar(&o.body, "body", device.DefaultBody, "what the hello and asyncio scripts answer, as `TEXT`")
	f.DurationVar(&o.timeout, "timeout", 0, "settimeout for each connection, such as 10s; 0 is none")
	f.StringVar(&o.clientCA, "client-ca", "", "`FILE` with the CA of client certificates, as flashed")
	f.StringVar(&o.verify, "verify", "", "ask for client certificates: `MODE` none, optional or required; required with --client-ca")
	f.StringVar(&o.clock, "clock", "", "the camera's clock as `TIME` in RFC 3339, or never-set; it is right by default")
	f.StringVar(&o.board, "board", "", "`BOARD` whose memory and network are emulated, see leafcam board; unlimited by default")
	f.StringVar(&o.delay, "delay", "", "`PRESET` of how long public-key operations take: "+delayNames()+"; estimates")
	o.capture.register(f)
	f.BoolVar(&o.once, "once", false, "end after one connection; exit status 1 when it raised an exception")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	return cmd
}

func serve(ctx context.Context, o serveOptions, out io.Writer) error {
	if len(o.certs) == 0 || len(o.certs) != len(o.keys) {
		return usage(fmt.Errorf("%d --cert and %d --key given: both are needed, and as many of one as of the other", len(o.certs), len(o.keys)))
	}
	if o.timeout < 0 {
		return usage(fmt.Errorf("--timeout %s is negative", o.timeout))
	}
	firmware, err := device.FirmwareByName(o.firmware)
	if err != nil {
		return usage(err)
	}
	script, err := device.ScriptByName(o.script, o.body)
	if err != nil {
		return usage(err)
	}
	sslContext, err := o.newContext(firmware)
	if err != nil {
		return err
	}
	var delay *device.Delay
	if o.delay != "" {
		if delay, err = device.DelayByName(o.delay); err != nil {
			return usage(err)
		}
	}
	for i := range o.certs {
		if err := sslContext.LoadCertChainFiles(o.certs[i], o.keys[i]); err != nil {
			return raised(err, loadHint(err, o.certs[i], o.keys[i]))
		}
	}
	if err := o.clientCertificates(sslContext); err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return environment(fmt.Errorf("cannot listen: %w; choose another address with --listen", err))
	}
	defer l.Close()
	tap, err := o.capture.open(sslContext)
	if err != nil {
		return err
	}
	show := newDisplay(out, o.json)
	ended := make(chan device.Event, 1)
	config := device.CameraConfig{
		Context: sslContext, Script: script, Timeout: o.timeout, Delay: delay,
		OnEvent: func(e device.Event) {
			if o.once && e.ID > 1 {
				return
			}
			show.connection(e)
			if o.once {
				ended <- e
			}
		},
		OnReset: show.reset,
		OnStall: show.stall,
	}
	tap.attach(&config)
	show.listening(l.Addr(), sslContext, script, delay)
	err = runCamera(ctx, device.NewCamera(config), l, ended)
	return errors.Join(tap.close(), err)
}

// newContext returns a context on the board, or on a camera without limits.
func (o serveOptions) newContext(firmware *device.Firmware) (*device.SSLContext, error) {
	if o.board == "" {
		return device.NewSSLContext(firmware), nil
	}
	board, err := device.BoardByName(o.board)
	if err != nil {
		return nil, usage(err)
	}
	c, err := device.NewSSLContextOn(board, firmware)
	if err != nil {
		return nil, raised(err, "the board has no room for a script with TLS")
	}
	return c, nil
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
	modes := map[string]device.VerifyMode{"none": device.CertNone, "optional": device.CertOptional, "required": device.CertRequired}
	mode, known := modes[o.verify]
	if o.verify != "" && !known {
		return usage(fmt.Errorf("unknown --verify %q; known: none, optional, required", o.verify))
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
	if o.clock == "" {
		return nil
	}
	set := c.Epoch()
	if o.clock != "never-set" {
		var err error
		if set, err = time.Parse(time.RFC3339, o.clock); err != nil {
			return usage(fmt.Errorf("--clock %q is neither a time such as 2026-11-23T12:00:00Z nor never-set", o.clock))
		}
	}
	started := time.Now()
	c.SetClock(func() time.Time { return set.Add(time.Since(started)) })
	return nil
}

// runCamera serves until the context ends or a connection is reported on ended.
func runCamera(ctx context.Context, camera *device.Camera, l net.Listener, ended <-chan device.Event) error {
	failed := make(chan error, 1)
	go func() { failed <- camera.Serve(l) }()
	select {
	case <-ctx.Done():
		return closeCamera(camera)
	case err := <-failed:
		return environment(err)
	case e := <-ended:
		if err := closeCamera(camera); err != nil {
			return err
		}
		if e.Exception != nil {
			return errFindings
		}
		return nil
	}
}

func closeCamera(camera *device.Camera) error {
	if err := camera.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return environment(err)
	}
	return nil
}

// display prints what the camera does.
type display struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
}

func newDisplay(out io.Writer, asJSON bool) *display { return &display{out: out, json: asJSON} }

// line writes one object in one write, so that a reader never sees half of it.
func (d *display) line(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // events always encode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.Write(append(b, '\n'))
}

func (d *display) text(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *display) listening(addr net.Addr, c *device.SSLContext, s device.Script, delay *device.Delay) {
	if d.json {
		d.line(struct {
			Event string `json:"event"`
			Addr  string `json:"addr"`
		}{"listening", addr.String()})
		return
	}
	fw := c.Firmware()
	d.text("camera %s (MicroPython %s, Mbed TLS %s) on https://%s/, script %s", fw.Name, fw.MicroPython, fw.MbedTLS, addr, s.Name)
	d.text("presents %s, key %s; Ctrl-C stops it", describeChain(c.Chain()), c.KeyKind())
	if b := c.Board(); b != nil {
		d.text("board %s: heap %s, room for %d connection(s) at a time; %s with %d sockets",
			b.Name, describeHeap(b.Heap), c.Fit(), b.Network.Name, b.Network.Connections)
	}
	if delay != nil {
		d.text("delays as on another board, an estimate: %s", delay.Source)
	}
}

func (d *display) stall(remote net.Addr) {
	if d.json {
		d.line(struct {
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{"no_socket", remote.String()})
		return
	}
	d.text("%s  %-21s  waits: the board has no socket left, and would not answer yet", time.Now().Format(time.TimeOnly), remote)
}

func (d *display) reset(remote net.Addr) {
	if d.json {
		d.line(struct {
			Event  string `json:"event"`
			Remote string `json:"remote"`
		}{"backlog_full", remote.String()})
		return
	}
	d.text("%s  %-21s  reset: the camera is busy and its queue is full", time.Now().Format(time.TimeOnly), remote)
}

func (d *display) connection(e device.Event) {
	if d.json {
		d.line(e)
		return
	}
	d.text("%s  %-21s  %s", e.Start.Format(time.TimeOnly), e.Remote, describeEvent(e))
}
