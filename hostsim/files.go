package hostsim

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// Files is what somebody wants to put on a camera, with what belongs to it.
type Files struct {
	Cert, Key []byte              // as flashed
	Leaf      *x509.Certificate   // Cert, parsed
	Chain     []*x509.Certificate // intermediates, the leaf's issuer first
	Root      *x509.Certificate   // that the chain ends at
}

// selfSigned reports whether the leaf is its own issuer.
func (f *Files) selfSigned() bool { return certs.SelfSigned(f.Leaf) }

// suit reports whether a scenario can be run with the files; the reason says why not. Controls always
// can: they use a test PKI.
func (f *Files) suit(asks demands) (ok bool, reason string) {
	switch {
	case !asks.question:
		return true, ""
	case asks.selfSigned != f.selfSigned():
		if f.selfSigned() {
			return false, "the leaf is self-signed: there is no chain to complete"
		}
		return false, "the leaf is not self-signed"
	case f.selfSigned() && asks.selfCA != (f.Leaf.BasicConstraintsValid && f.Leaf.IsCA):
		return false, "it is about the other kind of self-signed certificate"
	case asks.otherChain:
		return false, "it is about another chain than yours"
	case asks.aia && len(f.Leaf.IssuingCertificateURL) == 0:
		return false, "the leaf carries no AIA URL"
	case asks.ownAIA:
		return false, "it is about other AIA URLs than yours"
	case asks.chain && len(f.Chain) == 0:
		return false, "no intermediate was given"
	}
	return true, ""
}

// FilePaths are the files that ReadFiles reads. Cert and Key are required; without a Root it is
// the one that Chain ends with, or the public root that signed the chain.
type FilePaths struct {
	Cert, Key string // as flashed
	Chain     string // file, archive or folder with the intermediates, in any order; a root may be among them, and others
	Root      string // PEM or DER
}

// What ReadFiles can find wrong.
var (
	ErrNotLoaded     = errors.New("the camera does not load the pair") // the error wraps the exception
	ErrGoCannotParse = errors.New("loads on the camera, but Go cannot parse it")
	ErrNoRoot        = errors.New("its chain ends at no root that is known here")
)

// ReadFiles reads a user's files. The camera itself decides whether the pair loads, with
// ErrNotLoaded. A PEM file with a chain counts as its leaf: whether the rest is sent is the
// scenario's matter.
func ReadFiles(firmware *device.Firmware, paths FilePaths) (*Files, error) {
	loaded := device.NewSSLContext(firmware)
	if err := loaded.LoadCertChainFiles(paths.Cert, paths.Key); err != nil {
		return nil, &notLoaded{err}
	}
	f := &Files{}
	for i, der := range loaded.Chain() {
		parsed, err := certs.ParseCertificates(der)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", paths.Cert, ErrGoCannotParse, err)
		}
		if i == 0 {
			f.Cert, f.Leaf = der, parsed[0]
		} else {
			f.Chain = append(f.Chain, parsed[0])
		}
	}
	var err error
	if f.Key, err = inputfile.Read(paths.Key, inputfile.Small); err != nil {
		return nil, err
	}
	// A second load takes a key in DER whatever the firmware.
	if der, err := certs.ParseKeyPEM(f.Key); err == nil {
		f.Key = der
	}
	return f, f.findIssuers(paths)
}

// FilesOf returns the files that a delivery becomes, with the root that it ends at, or with another one that clients
// are given. The errors are those of [ReadFiles]; one with a delivery that has no key is its own.
func FilesOf(firmware *device.Firmware, d *delivery.Delivery, root *x509.Certificate) (*Files, error) {
	files, err := d.CameraFiles()
	if err != nil {
		return nil, err
	}
	f := &Files{Cert: files[0].Data, Key: files[1].Data, Leaf: d.Leaf.Parsed, Chain: d.Chain, Root: root}
	if err := device.NewSSLContext(firmware).LoadCertChain(f.Cert, f.Key); err != nil {
		return nil, &notLoaded{err}
	}
	if f.Leaf == nil {
		return nil, fmt.Errorf("%w: %w", ErrGoCannotParse, d.Leaf.ParseError)
	}
	switch {
	case f.Root != nil:
	case f.selfSigned():
		f.Root = f.Leaf
	case d.Root != nil:
		f.Root = d.Root
	default:
		if f.Root = certs.FindRoot(f.top()); f.Root == nil {
			return nil, ErrNoRoot
		}
	}
	return f, nil
}

// top is the certificate that the root has signed.
func (f *Files) top() *x509.Certificate {
	if len(f.Chain) > 0 {
		return f.Chain[len(f.Chain)-1]
	}
	return f.Leaf
}

// findIssuers finds the chain and the root of the leaf.
func (f *Files) findIssuers(paths FilePaths) error {
	if f.selfSigned() {
		f.Root = f.Leaf
		return nil
	}
	list := f.Chain // what a PEM file holds besides the leaf
	if paths.Chain != "" {
		more, err := delivery.ReadIssuers(context.Background(), paths.Chain)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	f.Chain, f.Root = certs.BuildChain(f.Leaf, list)
	if paths.Chain != "" && len(f.Chain) == 0 && f.Root == nil {
		return fmt.Errorf("%s: no certificate in it belongs to the chain of %q", paths.Chain, f.Leaf.Subject)
	}
	if paths.Root != "" {
		list, err := delivery.ReadCertificates(paths.Root)
		if err != nil {
			return err
		}
		f.Root = list[0]
		return nil
	}
	if f.Root == nil {
		f.Root = certs.FindRoot(f.top())
	}
	if f.Root == nil {
		return fmt.Errorf("%s: %w", paths.Cert, ErrNoRoot)
	}
	return nil
}

// notLoaded is an exception of the camera that counts as ErrNotLoaded.
type notLoaded struct{ exception error }

func (e *notLoaded) Error() string        { return e.exception.Error() }
func (e *notLoaded) Unwrap() error        { return e.exception }
func (e *notLoaded) Is(target error) bool { return target == ErrNotLoaded }
