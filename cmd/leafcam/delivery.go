package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// deliveryOptions say how a delivery is read that a command takes as its arguments.
type deliveryOptions struct {
	leaf     string
	password passwordOptions
}

func (o *deliveryOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.leaf, "leaf", "", "`WHICH` certificate is meant, of several: its file, serial number, SHA-256 fingerprint or name")
	o.password.register(f)
}

// given reports whether one of the flags was.
func (o *deliveryOptions) given() bool { return o.leaf != "" || o.password.file != "" }

// read reads a delivery whose pair can be put on a camera.
func (o *deliveryOptions) read(ctx context.Context, host string, args []string) (*delivery.Delivery, error) {
	if len(args) == 1 && strings.Contains(args[0], "://") {
		server := asclient.WithoutUser(args[0])
		return nil, usage(fmt.Errorf("%s is a server, and no delivery: leafcam check %s looks at what it presents",
			server, preflight.Quote(server)))
	}
	options, err := o.password.delivery(ctx, host, o.leaf)
	if err != nil {
		return nil, err
	}
	return readWhole(ctx, args, options)
}

// eitherOr is an error for files that are named as flashed beside a delivery.
func (o *deliveryOptions) eitherOr(args []string, files bool) error {
	switch {
	case files && len(args) > 0:
		return usage(errors.New("--cert and --key name the files as flashed: give them, or a delivery"))
	case files && o.given():
		return usage(errors.New("--leaf and --password-file belong to a delivery; --cert and --key name the files as flashed"))
	}
	return nil
}

// checkCommand is the check of what was named, ready to be pasted.
func checkCommand(args []string) string {
	return "leafcam check " + quoteAll(args)
}

// clientHost returns a host of the certificate that clients can be sent to: the first one of its names.
func clientHost(d *delivery.Delivery) string {
	for _, name := range d.Leaf.Names() {
		name = strings.Replace(name, "*", "cam", 1)
		if certs.CheckClientHost(name) == nil {
			return name
		}
	}
	return hostsim.DefaultHost
}
