package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// convertOptions are the flags of convert.
type convertOptions struct {
	out      string
	deploy   string
	force    bool
	host     string
	leaf     string
	json     bool
	password passwordOptions
	formats  nameList
	// pkcs12Password is the file with the password of what --format pkcs12 writes.
	pkcs12Password string
}

func newConvert() *cobra.Command {
	var o convertOptions
	cmd := &cobra.Command{
		Use:   "convert DELIVERY... --out DIR | --deploy DRIVE",
		Short: "write the files that the camera loads, and those for its cures",
		Long: `    $ leafcam convert /etc/letsencrypt/live/cam.example.com --out camera
    $ leafcam convert cam.zip cam.key --out camera
    $ leafcam convert cam.zip cam.key --deploy /media/me/OPENMV
                                                           straight onto the camera's drive

Reads a delivery as leafcam check does and writes

    server.der, server.key.der    for the camera, in forms that every firmware loads
    intermediate-N.der            for the second load, unless the camera refuses one of them
    chain.pem, fullchain.pem      for a gateway, or a firmware that reads PEM
    root.pem                      a root of your own, for the clients

With --format it also writes the same for others:

    c             server.h          arrays for firmware in C
    micropython   server_certs.py   a module with bytes, for a camera without files
    pkcs12        server.p12        key, certificate and chain, encrypted with a password

--deploy puts server.der, server.key.der and the intermediates of the second load onto the drive
that a camera shows, in the place of those that are there: all of them or none, read back.

A delivery of which a part is damaged or cut off is not converted. The key is readable by its owner
alone. A file that is there already is left alone: when its content is another, nothing at all is
written, unless --force is given.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return convert(cmd.Context(), o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`DIR` to write into; it is made when it does not exist")
	f.StringVar(&o.deploy, "deploy", "", "`DRIVE` of the camera, mounted here, whose certificate and key are replaced")
	f.StringVar(&o.host, "host", "", "host `NAME` or address that clients will connect to: of several certificates, one for it is meant")
	f.StringVar(&o.leaf, "leaf", "", "`WHICH` certificate is meant, of several: its file, serial number, SHA-256 fingerprint or name")
	f.BoolVar(&o.force, "force", false, "replace files with another content")
	f.BoolVar(&o.json, "json", false, "print JSON")
	o.password.register(f)
	f.Var(&o.formats, "format", "also write `FORM`: c, micropython, pkcs12; may be repeated")
	f.StringVar(&o.pkcs12Password, "pkcs12-password-file", "",
		"`FILE` whose first line becomes the password of server.p12; asked on the terminal otherwise")
	return cmd
}

func convert(ctx context.Context, o convertOptions, args []string, out io.Writer) error {
	if o.out == "" && o.deploy == "" {
		return usage(errors.New("name the folder for the files with --out, or the camera's drive with --deploy"))
	}
	if err := o.checkFormats(); err != nil {
		return usage(err)
	}
	options, err := o.password.delivery(ctx, o.host, o.leaf)
	if err != nil {
		return err
	}
	d, err := readWhole(ctx, args, options)
	if err != nil {
		return err
	}
	for _, item := range d.Items {
		if item.Damaged {
			return &statusError{exitFindings, fmt.Errorf("%s: %s; nothing was written", item, item.Note)}
		}
	}
	files, err := d.CameraFiles()
	if err != nil {
		return usage(withReasons(err, d))
	}
	// The camera has the last word before anything is written.
	cert, key := files[0].Data, files[1].Data
	refused, err := preflight.AskIssuers(device.OpenMV50, cert, key, d.Chain)
	if err != nil {
		return &statusError{
			exitFindings,
			fmt.Errorf("the camera does not load this delivery (%w); leafcam check %s says why", err, strings.Join(args, " ")),
		}
	}
	if err := proven(ctx, d); err != nil {
		return err
	}
	loading := instructions{lines: delivery.LoadingLines(len(d.Chain))}
	if len(refused) > 0 {
		loaded := 0
		if shorter := toPublicRoot(d.Chain); len(shorter) < len(d.Chain) {
			if short, err := preflight.AskIssuers(device.OpenMV50, cert, key, shorter); err == nil && len(short) == 0 {
				loaded = len(shorter)
			}
		}
		files = withoutIntermediates(files, loaded, len(d.Chain))
		loading = instructions{lines: delivery.LoadingLines(loaded), refused: refused, shorter: loaded > 0}
		_, err := preflight.AskIssuers(device.MicroPython129, chain(files), key, nil)
		loading.pemRefused = err != nil
	}
	loading.delivery, loading.args = d, args
	if files, err = o.export(ctx, d, files); err != nil {
		return err
	}
	if slices.Contains(o.formats, string(delivery.ExportMicroPython)) {
		loading.module = delivery.ModuleLines(intermediates(files))
	}
	if o.deploy != "" {
		if loading.deployed, err = filepath.Abs(o.deploy); err != nil {
			return environment(err)
		}
		loading.deploy = func() error { return deploy(ctx, o.deploy, files) }
	}
	return writeFiles(o.out, files, o.force, o.json, loading, out)
}

// proven lets the check look at the pair, which the camera itself does not: key and certificate have to belong together,
// and a handshake has to succeed with them.
func proven(ctx context.Context, d *delivery.Delivery) error {
	subject, err := preflight.FromDelivery(d)
	if err != nil {
		return err
	}
	r := preflight.Check(ctx, subject, preflight.Options{NoPublicRoots: true})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, code := range []preflight.Code{preflight.CodeKeyMismatch, preflight.CodePairUnusable} {
		if f := r.Finding(code); f != nil {
			return &statusError{exitFindings, fmt.Errorf("%s; nothing was written: %s", f.Title, f.Fix)}
		}
	}
	return nil
}

// toPublicRoot returns the issuers up to one that a public root has signed; those behind it are for
// clients that know older roots only.
func toPublicRoot(issuers []*x509.Certificate) []*x509.Certificate {
	for i, c := range issuers {
		if certs.PublicRoot(c) != nil {
			return issuers[:i+1]
		}
	}
	return issuers
}

// withoutIntermediates leaves out the files of the second load from one on.
func withoutIntermediates(files []delivery.File, from, to int) []delivery.File {
	return slices.DeleteFunc(files, func(f delivery.File) bool {
		for n := from; n < to; n++ {
			if f.Name == delivery.IntermediateFile(n+1) {
				return true
			}
		}
		return false
	})
}

// chain returns the leaf with its issuers in PEM.
func chain(files []delivery.File) []byte {
	for _, f := range files {
		if f.Name == delivery.FullChain {
			return f.Data
		}
	}
	return nil
}
