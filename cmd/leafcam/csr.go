package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/printable"
)

// csrOptions are the flags of csr.
type csrOptions struct {
	out       string
	keyType   string
	key       string
	privateCA bool
	force     bool
	json      bool
}

func newCSR() *cobra.Command {
	var o csrOptions
	cmd := &cobra.Command{
		Use:   "csr NAME... --out DIR",
		Short: "make a private key and a certificate request for a CA",
		Long: `    $ leafcam csr cam.example.com --out cam
    $ leafcam csr cam.example.com www.cam.example.com --key-type rsa-2048 --out cam
    $ leafcam csr cam.local --private-ca --out cam         for a CA of your own

Makes what these commands make, with the key in both forms:

    openssl ecparam -name prime256v1 -genkey -noout -out server.key.pem
    openssl req -new -key server.key.pem -subj /CN=NAME -addext subjectAltName=DNS:NAME -out server.csr

The request goes to the CA, server.key.der onto the camera once the certificate has come. Names
that no public CA certifies are refused with the reason, unless --private-ca is given.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return csr(o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`DIR` to write into; it is made when it does not exist")
	f.StringVar(&o.keyType, "key-type", string(certs.KeyECDSAP256), "`TYPE` of the key: ecdsa-p256, ecdsa-p384 or rsa-2048")
	f.StringVar(&o.key, "key", "", "`FILE` with a private key to use again, in the place of a new one")
	f.BoolVar(&o.privateCA, "private-ca", false, "take names that public CAs do not certify")
	f.BoolVar(&o.force, "force", false, "replace files with another content")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func csr(o csrOptions, args []string, out io.Writer) error {
	names, err := parseNames(args)
	if err != nil {
		return err
	}
	if o.out == "" {
		return usage(errors.New("name the folder for the files with --out"))
	}
	for _, n := range names {
		if !n.Public() && !o.privateCA {
			return &statusError{
				exitFindings,
				fmt.Errorf("%s: %s; --private-ca makes the request for a CA of your own, leafcam selfsigned a certificate without one",
					n.Name, n.Why()),
			}
		}
	}
	keyType, err := certs.ParseKeyType(o.keyType)
	if err != nil {
		return usage(err)
	}
	var key crypto.Signer
	if o.key != "" {
		there, err := delivery.ReadPrivateKey(o.key)
		if err != nil {
			return usage(err)
		}
		key = there.Signer
	} else if key, err = certs.GenerateKey(keyType); err != nil {
		return environment(err)
	}
	request, err := certs.NewRequest(key, names)
	if err != nil {
		return usage(err)
	}
	der, err := certs.MarshalKey(key) // which every camera loads
	if err != nil {
		return usage(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key) // which every program reads
	if err != nil {
		return usage(err)
	}
	files := []delivery.File{
		{Name: "server.csr", Data: request, Mode: atomicfile.Public},
		{Name: delivery.CameraKey, Data: der, Mode: atomicfile.Private},
		{Name: "server.key.pem", Data: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), Mode: atomicfile.Private},
	}
	if err := writeFiles(o.out, files, o.force, o.json, instructions{}, out); err != nil || o.json {
		return err
	}
	for _, n := range names {
		fmt.Fprintf(out, "%s: %s\n", n.Name, n.Why())
	}
	fmt.Fprintf(out, "\nSend server.csr to the CA. When the certificate has come:\n    leafcam check DELIVERY %s\n",
		printable.Visible(preflight.Quote(o.out)))
	return nil
}

// parseNames reads host names and addresses.
func parseNames(args []string) (names []certs.HostName, err error) {
	for _, arg := range args {
		n, err := certs.ParseHostName(arg)
		if err != nil {
			return nil, usage(err)
		}
		names = append(names, n)
	}
	return names, nil
}
