package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/gateway"
	"github.com/leafcam/leafcam/internal/printable"
)

// gatewayOptions are the flags of gateway.
type gatewayOptions struct {
	listen                string
	fullChain, key        string
	delivery              deliveryOptions
	camera, pin           string
	pinKey                bool
	clientCert, clientKey string
	connections           int
	maxBody, memory       int64 // MiB
	patience              time.Duration
	status                statusOptions
	json                  bool
}

func newGateway() *cobra.Command {
	var o gatewayOptions
	cmd := &cobra.Command{
		Use:   "gateway DELIVERY... --camera HOST:PORT --pin FILE",
		Short: "stand in front of a camera and serve the full chain",
		Long: `    $ leafcam gateway /etc/letsencrypt/live/cam.example.com --camera 192.168.1.20:443 --pin server.der
    $ leafcam gateway --fullchain fullchain.pem --key privkey.pem --camera 192.168.1.20:443 --pin server.der
    $ leafcam gateway --listen :443 --fullchain /etc/letsencrypt/live/NAME/fullchain.pem \
          --key /etc/letsencrypt/live/NAME/privkey.pem --camera 192.168.1.20:443 --pin server.der

A delivery is read as leafcam check reads it; --fullchain and --key name the two files that are needed.

Serves viewers over TLS 1.2 and 1.3, HTTP/1.1 and 2, with the whole chain of a public certificate, and
reaches the camera over TLS with the camera's own certificate: the one of --pin and no other (with
--pin-key, any with that one's public key). Many viewers of an MJPEG stream share one connection to the
camera, if they carry the same credentials, and are kept while it restarts. Uploads and WebSockets pass.

Renewed certificate files are taken without a restart: they are looked at every two seconds, and at
once by SIGHUP. What cannot be read, is not whole or does not belong together is tried again until it
can be served; the old certificate is served meanwhile, and the log says why. One that has expired or is
not valid yet does not take the place of one that is valid.

A password that you typed also opens renewed files; with another one, start the gateway again. A new one in the file of
--password-file is taken as a certificate is.

--status serves /healthz (200, or 503 with the problems, in JSON) and /metrics for Prometheus, on this
machine alone unless --status-exposed is given. A service manager is told of start, reload and end as
sd_notify(3) describes; examples/gateway has a unit for systemd.

With --client-cert and --client-key the gateway shows the camera a certificate: a camera that
requires it refuses everyone else (leafcam selfsigned gateway --client --out DIR makes one).

Listens on 127.0.0.1 unless --listen says otherwise. Ctrl-C ends it: streams at once, requests under way
have half a second.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runGateway(cmd.Context(), o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8443", "`ADDRESS` to listen on")
	o.delivery.register(f)
	f.StringVar(&o.fullChain, "fullchain", "", "`FILE` with the public certificate and its issuers, PEM")
	f.StringVar(&o.key, "key", "", "`FILE` with its private key, PEM or DER")
	f.StringVar(&o.camera, "camera", "", "`HOST:PORT` of the camera")
	f.StringVar(&o.pin, "pin", "", "`FILE` with the camera's certificate, DER or PEM")
	f.BoolVar(&o.pinKey, "pin-key", false, "pin the public key only, so that the camera's certificate may be renewed")
	f.StringVar(&o.clientCert, "client-cert", "", "`FILE` with a certificate to show the camera, PEM or DER")
	f.StringVar(&o.clientKey, "client-key", "", "`FILE` with its private key, PEM or DER")
	f.Int64Var(&o.maxBody, "max-body", 1024, "how large an upload may be, in `MIB`")
	f.Int64Var(&o.memory, "stream-memory", 256,
		"how much the frames may take that viewers are behind, in `MIB`; the furthest behind are dropped")
	f.IntVar(&o.connections, "connections", 3, "how many connections to the camera there may be at a time")
	f.DurationVar(&o.patience, "patience", time.Minute, "how long viewers of a stream are kept while the camera is away")
	o.status.register(f)
	f.BoolVar(&o.json, "json", false, "log JSON lines")
	return cmd
}

func runGateway(ctx context.Context, o gatewayOptions, args []string, out io.Writer) error {
	hangups := takeHangups(ctx)
	if err := o.lacking(args); err != nil {
		return usage(err)
	}
	if o.maxBody < 1 || o.memory < 1 {
		return usage(errors.New("--max-body and --stream-memory are at least 1 MiB"))
	}
	if o.connections < 1 {
		return usage(fmt.Errorf("--connections %d: at least one", o.connections))
	}
	printed := unhurried(out, logGap(o.json))
	defer printed.Close(flushTime)
	c := gateway.Config{
		FullChain: o.fullChain, Key: o.key, Camera: o.camera,
		MaxBody: o.maxBody << 20, StreamMemory: o.memory << 20,
		Connections: o.connections, Patience: o.patience, Log: o.logger(printed),
	}
	if len(args) > 0 {
		c.Delivery = o.renewed(ctx, args)
	}
	var err error
	if c.Pin, err = gateway.ReadPin(o.pin, o.pinKey); err != nil {
		return usage(fmt.Errorf("--pin: %w", err))
	}
	if (o.clientCert == "") != (o.clientKey == "") {
		return usage(errors.New("--client-cert and --client-key are needed together"))
	}
	if o.clientCert != "" {
		var pair *tls.Certificate
		if pair, err = gateway.LoadPair(o.clientCert, o.clientKey); err != nil {
			return usage(fmt.Errorf("--client-cert: %w", err))
		}
		c.ClientCertificate = pair
	}
	g, err := gateway.New(c)
	if err != nil {
		return usage(err)
	}
	status, err := o.status.listen()
	if err != nil {
		return err
	}
	defer status.close()
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return environment(fmt.Errorf("cannot listen: %w; choose another address with --listen", err))
	}
	c.Log.Info("listening", "address", l.Addr().String(), "camera", o.camera)
	status.start(g, c.Log)
	manager := &serviceManager{gateway: g, log: c.Log, hangups: hangups}
	defer manager.start(ctx)()
	if err := g.Serve(ctx, l); err != nil {
		return environment(err)
	}
	return nil
}

// lacking says which file was not named, or was named twice.
func (o gatewayOptions) lacking(args []string) error {
	needed := [][2]string{{"--camera", o.camera}, {"--pin", o.pin}}
	switch {
	case len(args) > 0 && (o.fullChain != "" || o.key != ""):
		return errors.New("--fullchain and --key name the files: give them, or a delivery")
	case len(args) == 0 && o.fullChain == "" && o.key == "":
		return errors.New("name a delivery, or the files with --fullchain and --key")
	case len(args) == 0 && o.delivery.given():
		return errors.New("--leaf and --password-file belong to a delivery")
	case len(args) == 0:
		needed = append(needed, [][2]string{{"--fullchain", o.fullChain}, {"--key", o.key}}...)
	}
	for _, n := range needed {
		if n[1] == "" {
			return fmt.Errorf("%s is needed", n[0])
		}
	}
	return nil
}

// renewed is a delivery that is read again when it is renewed, or its file with the password.
func (o gatewayOptions) renewed(ctx context.Context, args []string) *gateway.Delivery {
	d := &gateway.Delivery{Paths: args}
	var typed typedPasswords
	if o.delivery.password.file != "" {
		d.Besides = []string{o.delivery.password.file}
	}
	d.Read = func(context.Context) (*delivery.Delivery, error) {
		options, err := o.delivery.password.delivery(ctx, "", o.delivery.leaf)
		if err != nil {
			return nil, err
		}
		if options.PasswordGiven {
			return readWhole(ctx, args, options)
		}
		options.Password = typed.asking(options.Password)
		read, err := readWhole(ctx, args, options)
		typed.started = typed.started || err == nil
		return read, err
	}
	return d
}

// typedPasswords are those that were typed at the start, by file. Nobody is asked later on.
type typedPasswords struct {
	known   map[string][]byte
	started bool
}

var (
	errOtherPassword = errors.New("it has another password than at the start")
	errNotAsked      = errors.New("no password was typed for it at the start: start the gateway again, or give --password-file")
)

// asking is how a password is found: asked for by ask until the start is over. The last answer for a file is the right
// one, where there is a right one.
func (t *typedPasswords) asking(ask func(string, bool) ([]byte, error)) func(string, bool) ([]byte, error) {
	if !t.started {
		t.known = map[string][]byte{}
	}
	return func(file string, again bool) ([]byte, error) {
		password, known := t.known[file]
		switch {
		case !t.started:
			password, err := ask(file, again)
			if err == nil {
				t.known[file] = bytes.Clone(password) // its reader clears it
			}
			return password, err
		case !known:
			return nil, errNotAsked
		case again:
			return nil, errOtherPassword
		}
		return bytes.Clone(password), nil
	}
}

func (o gatewayOptions) logger(out io.Writer) *slog.Logger {
	out = printable.JSONWriter(out) // the handlers of slog escape the most of it themselves
	if o.json {
		return slog.New(slog.NewJSONHandler(out, nil)).With("format", outputFormat)
	}
	return slog.New(slog.NewTextHandler(out, nil))
}
