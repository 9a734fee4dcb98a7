package hostsim

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

// Files is what somebody wants to put on a camera, with what belongs to it.
type Files struct {
	Cert, Key []byte              // as flashed
	Leaf      *x509.Certificate   // Cert, parsed
	Chain     []*x509.Certificate // intermediates, the leaf's issuer first
	Root      *x509.Certificate   // that the chain ends at
}

// SelfSigned tells whether the leaf is its own issuer.
func (f *Files) SelfSigned() bool { return certs.SelfSigned(f.Leaf) }

// Suits tells whether a scenario can be run with the files; the reason says why not.
// Controls always can: they use a test PKI.
func (f *Files) Suits(s Scenario) (ok bool, reason string) {
	switch {
	case s.Role != RoleQuestion:
		return true, ""
	case s.Leaf.SelfSigned() != f.SelfSigned():
		if f.SelfSigned() {
			return false, "the leaf is self-signed: there is no chain to complete"
		}
		return false, "the leaf is not self-signed"
	case f.SelfSigned() && (s.Leaf == LeafSelfSignedCA) != (f.Leaf.BasicConstraintsValid && f.Leaf.IsCA):
		return false, "it is about the other kind of self-signed certificate"
	case s.Missing > 1 || s.Key != "":
		return false, "it is about another chain than yours"
	case s.AIA != AIAAbsent && len(f.Leaf.IssuingCertificateURL) == 0:
		return false, "the leaf carries no AIA URL"
	case s.AIA == AIAHTTPS || s.AIA == AIALoop:
		return false, "it is about other AIA URLs than yours"
	case (s.AIA != AIAAbsent || s.Server.SendsChain() || s.Trust == TrustRootStore || s.Trust == TrustStore || s.Warm) && len(f.Chain) == 0:
		return false, "no intermediate was given"
	}
	return true, ""
}

// FilePaths are the files that ReadFiles reads. Cert and Key are required; without a Root it is
// the one that Chain ends with, or the public root that signed the chain.
type FilePaths struct {
	Cert, Key string // as flashed
	Chain     string // intermediates, PEM or DER, in any order; a root may be among them
	Root      string // PEM or DER
}

// LoadError is the exception with which the camera refuses a pair of files.
type LoadError struct{ Exception error }

func (e *LoadError) Error() string { return e.Exception.Error() }
func (e *LoadError) Unwrap() error { return e.Exception }

// What is wrong with files that the camera loads.
var (
	ErrGoCannotParse = errors.New("loads on the camera, but Go cannot parse it")
	ErrNoRoot        = errors.New("its chain ends at no root that is known here")
)

// ReadFiles reads a user's files. The camera itself decides whether the pair loads, with a
// *LoadError. A PEM file with a chain counts as its leaf: whether the rest is sent is the
// scenario's matter.
func ReadFiles(firmware *device.Firmware, paths FilePaths) (*Files, error) {
	loaded := device.NewSSLContext(firmware)
	if err := loaded.LoadCertChainFiles(paths.Cert, paths.Key); err != nil {
		return nil, &LoadError{err}
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
	if f.Key, err = os.ReadFile(paths.Key); err != nil {
		return nil, err
	}
	// A second load takes a key in DER whatever the firmware.
	if der, err := certs.ParseKeyPEM(f.Key); err == nil {
		f.Key = der
	}
	return f, f.findIssuers(paths)
}

// findIssuers finds the chain and the root of the leaf.
func (f *Files) findIssuers(paths FilePaths) error {
	if f.SelfSigned() {
		f.Root = f.Leaf
		return nil
	}
	list := f.Chain // what a PEM file holds besides the leaf
	if paths.Chain != "" {
		more, err := certs.ReadCertificates(paths.Chain)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	var err error
	if f.Chain, f.Root, err = certs.OrderChain(f.Leaf, list); err != nil {
		return fmt.Errorf("%s: %w", cmp.Or(paths.Chain, paths.Cert), err)
	}
	if paths.Root != "" {
		list, err := certs.ReadCertificates(paths.Root)
		if err != nil {
			return err
		}
		f.Root = list[0]
		return nil
	}
	if f.Root == nil {
		top := f.Leaf
		if len(f.Chain) > 0 {
			top = f.Chain[len(f.Chain)-1]
		}
		f.Root = certs.FindRoot(top)
	}
	if f.Root == nil {
		return fmt.Errorf("%s: %w", paths.Cert, ErrNoRoot)
	}
	return nil
}
