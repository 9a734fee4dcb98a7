package hostsim

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
)

// errNotApplicable is why a scenario is left out for a client.
var errNotApplicable = errors.New("does not apply")

// errWrongKey is why nothing but a camera, which compares nothing, serves a user's files.
var errWrongKey = &unfit{verdict.CauseWrongKey, "no server but the camera starts with a key that is not the certificate's"}

// unfit is what of a user's files does not allow a scenario.
type unfit struct {
	cause  verdict.Cause
	detail string
}

func (u *unfit) Error() string { return u.detail }

// notLoading says that a camera does not load one of a user's certificates.
func notLoading(what string, c *x509.Certificate, exception error) error {
	return &unfit{verdict.CauseNotLoaded, fmt.Sprintf("the camera does not load the %s %q: %v", what, certname.Title(c), exception)}
}

// blame makes a user's file the cause of what a camera with all of them raised: the first that a camera
// like it does not load by itself. Of a test PKI it is the exception, which is nobody's fault but ours.
func (p *presented) blame(load func(*x509.Certificate) error, exception error) error {
	if !p.own {
		return exception
	}
	if err := load(p.leaf); err != nil {
		return notLoading("certificate", p.leaf, err)
	}
	for _, c := range p.chain {
		if err := load(c); err != nil {
			return notLoading("intermediate", c, err)
		}
	}
	return &unfit{verdict.CauseNotLoaded, fmt.Sprintf("the camera does not load the chain: %v", exception)}
}

// wrongKey reports whether the key of the files is known not to be the leaf's, which the camera never asks.
func (f *Files) wrongKey(firmware *device.Firmware) bool {
	context := device.NewSSLContext(firmware)
	if context.LoadCertChain(f.Cert, f.Key) != nil {
		return false
	}
	fits, known := context.PairFits()
	return known && !fits
}

// signable returns an error unless another server than the camera can serve with the key.
func (p *presented) signable() error {
	switch {
	case p.wrongKey:
		return errWrongKey
	case p.signer == nil:
		return fmt.Errorf("%w: crypto/tls cannot serve with this key", errNotApplicable)
	}
	return nil
}
