package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// pkiOptions are the flags of pki.
type pkiOptions struct {
	out     string
	keyType string
	missing int
	aia     string
	force   bool
	json    bool
}

func newPKI() *cobra.Command {
	var o pkiOptions
	cmd := &cobra.Command{
		Use:   "pki [NAME...] --out DIR",
		Short: "make a test hierarchy in files: root, intermediates, and a leaf for the camera",
		Long: `    $ leafcam pki --out pki
    $ leafcam pki cam.local --missing 3 --aia http://127.0.0.1:8088 --out pki

Makes the CAs of the client matrix in files, for tests of your own: one missing link by default,
two or three shaped and sized as Let's Encrypt's chains of Generation Y (2: RSA, 3: ECDSA). The keys
are readable by their owner, and protect nothing: never trust such a root outside of tests.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return pki(o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "`DIR` to write into; it is made when it does not exist")
	f.StringVar(&o.keyType, "key-type", string(certs.KeyECDSAP256),
		"`TYPE` of all keys where one link is missing: ecdsa-p256, ecdsa-p384 or rsa-2048")
	f.IntVar(&o.missing, "missing", 1, "how many intermediates there are: 1, 2 or 3")
	f.StringVar(&o.aia, "aia", "", "base `URL` of the AIA URLs in leaf and intermediates, which end in intermediate-N.der")
	f.BoolVar(&o.force, "force", false, "replace files with another content")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func pki(o pkiOptions, args []string, out io.Writer) error {
	if len(args) == 0 {
		args = []string{hostsim.DefaultHost}
	}
	names, err := parseNames(args)
	if err != nil {
		return err
	}
	if o.out == "" {
		return usage(errors.New("name the folder for the files with --out"))
	}
	if o.aia != "" && !strings.HasPrefix(o.aia, "http://") {
		return usage(fmt.Errorf("--aia %s: clients ask http URLs only", o.aia))
	}
	keyType, err := certs.ParseKeyType(o.keyType)
	if err != nil {
		return usage(err)
	}
	p, keyType, err := o.hierarchy(keyType)
	if err != nil {
		return err
	}
	leaf := certs.NewLeafOptions(keyType, names)
	if o.aia != "" {
		url := func(i int) string { return fmt.Sprintf("%s/intermediate-%d.der", strings.TrimSuffix(o.aia, "/"), i+1) }
		leaf.AIA = url(0)
		if p, err = p.WithAIA(func(i int) string {
			if i+1 == len(p.Intermediates) {
				return "" // a root needs no URL
			}
			return url(i + 1)
		}); err != nil {
			return environment(err)
		}
	}
	id, err := p.Issue(leaf)
	if err != nil {
		return usage(err)
	}
	return writeFiles(o.out, pkiFiles(p, id), o.force, o.json, instructions{lines: delivery.LoadingLines(o.missing)}, out)
}

// hierarchy makes the CAs as the client matrix has them.
func (o pkiOptions) hierarchy(keyType certs.KeyType) (*certs.PKI, certs.KeyType, error) {
	var p *certs.PKI
	var err error
	switch o.missing {
	case 1:
		p, err = certs.NewPKI(certs.PKIOptions{RootKey: keyType, IntermediateKeys: []certs.KeyType{keyType}})
	case 2:
		keyType = certs.KeyRSA2048
		p, err = certs.NewGenerationY(keyType)
	case 3:
		keyType = certs.KeyECDSAP256
		p, err = certs.NewGenerationY(keyType)
	default:
		return nil, "", usage(fmt.Errorf("--missing %d: 1, 2 or 3", o.missing))
	}
	if err != nil {
		return nil, "", environment(err)
	}
	return p, keyType, nil
}

// pkiFiles are the leaf's as a delivery becomes, and those of the CAs.
func pkiFiles(p *certs.PKI, leaf *certs.Identity) []delivery.File {
	files := []delivery.File{
		{Name: delivery.CameraCert, Data: leaf.DER(), Mode: atomicfile.Public},
		{Name: delivery.CameraKey, Data: leaf.KeyDER(), Mode: atomicfile.Private},
		{Name: "privkey.pem", Data: leaf.EncodeKeyPEM(), Mode: atomicfile.Private},
		{Name: delivery.ChainFile, Data: certs.EncodePEM(p.Chain()...), Mode: atomicfile.Public},
		{Name: delivery.FullChain, Data: append(certs.EncodePEM(leaf.Certificate), certs.EncodePEM(p.Chain()...)...), Mode: atomicfile.Public},
	}
	for i, ca := range p.Intermediates {
		name := fmt.Sprintf("intermediate-%d", i+1)
		files = append(files,
			delivery.File{Name: name + ".der", Data: ca.DER(), Mode: atomicfile.Public},
			delivery.File{Name: name + ".key.pem", Data: ca.EncodeKeyPEM(), Mode: atomicfile.Private})
	}
	return append(files,
		delivery.File{Name: "root.der", Data: p.Root.DER(), Mode: atomicfile.Public},
		delivery.File{Name: "root.pem", Data: certs.EncodePEM(p.Root.Certificate), Mode: atomicfile.Public},
		delivery.File{Name: "root.key.pem", Data: p.Root.EncodeKeyPEM(), Mode: atomicfile.Private})
}
