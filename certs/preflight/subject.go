package preflight

import (
	"errors"
	"os"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// A Subject is what is checked.
type Subject struct {
	Name string // as it was named
	// CertFile and KeyFile are where Cert and Key are from, as they would be flashed.
	CertFile, KeyFile string
	Cert, Key         []byte // a nil Key is elsewhere, or missing
	// Delivery is what came with them, and how it was understood.
	Delivery *certs.Delivery
	// Converted says that Cert and Key are what convert makes of the delivery.
	Converted bool
	// Mismatch says that the delivery's key is known not to be the leaf's.
	Mismatch bool
}

// FromDelivery reads a delivery: what would be flashed is what convert makes of it. The subject
// is nil when that cannot be told; the error is ReadDelivery's.
func FromDelivery(paths []string, o certs.DeliveryOptions) (*Subject, *certs.Delivery, error) {
	d, err := certs.ReadDelivery(paths, o)
	mismatch := errors.Is(err, certs.ErrKeyMismatch)
	if err != nil && (!mismatch || d.Leaf == nil) {
		return nil, d, err
	}
	s := &Subject{Name: strings.Join(paths, ", "), Delivery: d, Converted: true, Mismatch: mismatch, Cert: d.Leaf.Raw}
	for _, item := range d.Items {
		switch item.Use {
		case certs.UseLeaf:
			s.CertFile = item.File
		case certs.UseKey:
			s.KeyFile = item.File
		}
	}
	if d.Key != nil {
		if s.Key, err = d.Key.CameraDER(); err != nil {
			return nil, d, err
		}
	}
	return s, d, nil
}

// FromFiles reads two files as they would be flashed, and further ones of which the chain is
// taken. An empty keyFile is a key that is elsewhere.
func FromFiles(certFile, keyFile string, more []string, o certs.DeliveryOptions) (*Subject, error) {
	o.LeaveEncrypted = true // the camera has no password either
	s := &Subject{Name: certFile, CertFile: certFile, KeyFile: keyFile}
	paths := []string{certFile}
	var err error
	if s.Cert, err = os.ReadFile(certFile); err != nil {
		return nil, err
	}
	if keyFile != "" {
		s.Name += ", " + keyFile
		paths = append(paths, keyFile)
		if s.Key, err = os.ReadFile(keyFile); err != nil {
			return nil, err
		}
	}
	// What cannot be understood is the camera's matter: it may load nevertheless.
	s.Delivery, err = certs.ReadDelivery(append(paths, more...), o)
	s.Mismatch = errors.Is(err, certs.ErrKeyMismatch)
	if errors.Is(err, certs.ErrTooMuch) || errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return s, nil
}
