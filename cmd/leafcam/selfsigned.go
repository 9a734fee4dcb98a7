package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// selfSignedOptions are the flags of selfsigned.
type selfSignedOptions struct {
	out     string
	keyType string
	ca      bool
	client  bool
	days    int
	force   bool
	json    bool
}

func newSelfSigned() *cobra.Command {
	var o selfSignedOptions
	cmd := &cobra.Command{
		Use:   "selfsigned NAME... --out DIR",
		Short: "make a self-signed certificate, and say which clients take it",
		Long: `    $ leafcam selfsigned cam.local 192.168.1.20 --out cam
    $ leafcam selfsigned cam.local --ca --out cam          as a CA's certificate
    $ leafcam selfsigned gateway --client --out gateway    for a client: the camera is told to trust it

Makes a certificate that no CA vouches for: each client has to be given it (server.pem). No single
form satisfies every client: some refuse CA:FALSE as an anchor, others CA:TRUE as a server's; the
output names them.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return selfSigned(o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`DIR` to write into; it is made when it does not exist")
	f.StringVar(&o.keyType, "key-type", string(certs.KeyECDSAP256), "`TYPE` of the key: ecdsa-p256, ecdsa-p384 or rsa-2048")
	f.BoolVar(&o.ca, "ca", false, "make it a CA's certificate (CA:TRUE)")
	f.BoolVar(&o.client, "client", false, "make it a client's certificate, for a gateway in front of a camera that requires one")
	f.IntVar(&o.days, "days", 365, "how many days it is valid; Apple's clients take 825 at most")
	f.BoolVar(&o.force, "force", false, "replace files with another content")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func selfSigned(o selfSignedOptions, args []string, out io.Writer) error {
	names, err := parseNames(args)
	if err != nil {
		return err
	}
	switch {
	case o.out == "":
		return usage(errors.New("name the folder for the files with --out"))
	case o.days < 1 || o.days > 36500:
		return usage(fmt.Errorf("--days %d: between 1 and 36500", o.days))
	}
	keyType, err := certs.ParseKeyType(o.keyType)
	if err != nil {
		return usage(err)
	}
	leaf := certs.NewLeafOptions(keyType, names)
	leaf.Client = o.client
	leaf.NotBefore = time.Now().Add(-time.Hour) // clients' clocks may be behind
	leaf.NotAfter = leaf.NotBefore.AddDate(0, 0, o.days)
	newCertificate := certs.NewSelfSigned
	if o.ca {
		newCertificate = certs.NewSelfSignedCA
	}
	id, err := newCertificate(leaf)
	if err != nil {
		return usage(err)
	}
	if o.client {
		return writeClient(o, id, out)
	}
	files := []delivery.File{
		{Name: delivery.CameraCert, Data: id.DER(), Mode: atomicfile.Public},
		{Name: delivery.CameraKey, Data: id.KeyDER(), Mode: atomicfile.Private},
		{Name: "server.pem", Data: certs.EncodePEM(id.Certificate), Mode: atomicfile.Public},
	}
	if err := writeFiles(o.out, files, o.force, o.json, instructions{lines: delivery.LoadingLines(0)}, out); err != nil || o.json {
		return err
	}
	fmt.Fprintln(out, "\nGive server.pem to each client. These refuse it, whatever they are given:")
	for _, p := range policy.Everyone() {
		takes, takesOther := p.PinsSelfSigned, p.PinsSelfSignedCA
		if o.ca {
			takes, takesOther = takesOther, takes
		}
		if p.NeverVerifies || takes {
			continue
		}
		hint := "takes neither form"
		if takesOther {
			hint = map[bool]string{true: "takes it without --ca", false: "takes it with --ca"}[o.ca]
		}
		fmt.Fprintf(out, "    %s: %s\n", p.Title, hint)
	}
	return nil
}

// writeClient writes a client's certificate, and the lines with which the camera requires it.
func writeClient(o selfSignedOptions, id *certs.Identity, out io.Writer) error {
	files := []delivery.File{
		{Name: "client.der", Data: id.DER(), Mode: atomicfile.Public},
		{Name: "client.pem", Data: certs.EncodePEM(id.Certificate), Mode: atomicfile.Public},
		{Name: "client.key.pem", Data: id.EncodeKeyPEM(), Mode: atomicfile.Private},
	}
	if err := writeFiles(o.out, files, o.force, o.json, instructions{}, out); err != nil || o.json {
		return err
	}
	fmt.Fprintln(out, `
On the camera, with client.der in its flash, before wrap_socket:
    context.load_verify_locations(cafile="client.der")
    context.verify_mode = ssl.CERT_REQUIRED
The camera's clock has to be set: it compares dates.`)
	return nil
}
