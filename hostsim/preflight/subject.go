package preflight

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/leafcam/leafcam/certs/delivery"
)

// A Subject is what is checked.
type Subject struct {
	Name string // as it was named
	// CertFile and KeyFile are where Cert and Key are from, as they would be flashed.
	CertFile, KeyFile string
	Cert, Key         []byte // a nil Key is elsewhere, or missing
	// Delivery is what came with them, and how it was understood.
	Delivery *delivery.Delivery
	// Converted says that Cert and Key are what convert makes of the delivery.
	Converted bool
	// Leaf is what the certificate of the delivery was chosen by; "" where nobody chose.
	Leaf string
	// First is the first path that was named, where findings about no single file are shown.
	First string
	// Server is the address of the server that presented the certificates; "" for files.
	Server string
	// Host is the name that the server was asked for.
	Host string
	// Mismatch says that the delivery's key is known not to be the leaf's.
	Mismatch bool

	presented []*x509.Certificate // by the server, in its order
}

// FromDelivery returns the subject of a delivery: what would be flashed is what convert makes of
// it. The error is the delivery's Problem, when there is no leaf to check.
func FromDelivery(d *delivery.Delivery) (*Subject, error) {
	mismatch := errors.Is(d.Problem, delivery.ErrKeyMismatch)
	if d.Leaf == nil || d.Problem != nil && !mismatch {
		return nil, d.Problem
	}
	s := &Subject{Name: strings.Join(d.Paths, ", "), First: d.Paths[0], Delivery: d, Converted: true, Mismatch: mismatch, Cert: d.Leaf.Raw}
	for _, item := range d.Items {
		switch item.Use {
		case delivery.UseLeaf:
			s.CertFile = item.File
		case delivery.UseKey:
			s.KeyFile = item.File
		}
	}
	if d.Key != nil {
		key, err := d.Key.CameraDER()
		if err != nil {
			return nil, err
		}
		s.Key = key
	}
	return s, nil
}

// FromFiles reads two files as they would be flashed, and further ones of which the chain is
// taken. An empty keyFile is a key that is elsewhere.
func FromFiles(ctx context.Context, certFile, keyFile string, more []string, o delivery.Options) (*Subject, error) {
	o.LeaveEncrypted = true // the camera has no password either
	s := &Subject{Name: certFile, First: certFile, CertFile: certFile, KeyFile: keyFile}
	paths := []string{certFile}
	if keyFile != "" {
		s.Name += ", " + keyFile
		paths = append(paths, keyFile)
	}
	var err error
	// What cannot be understood is the camera's matter: it may load nevertheless.
	o.Leaf = certFile // what lies in the others is no better one
	if s.Delivery, err = delivery.Read(ctx, append(paths, more...), o); err != nil {
		return nil, err
	}
	if errors.Is(s.Delivery.Problem, delivery.ErrNoSuchLeaf) {
		o.Leaf = ""
		if s.Delivery, err = delivery.Read(ctx, append(paths, more...), o); err != nil {
			return nil, err
		}
	}
	if s.Cert, err = s.octetsOf(ctx, certFile); err != nil {
		return nil, err
	}
	if keyFile != "" {
		if s.Key, err = s.octetsOf(ctx, keyFile); err != nil {
			return nil, err
		}
	}
	s.Mismatch = errors.Is(s.Delivery.Problem, delivery.ErrKeyMismatch)
	if errors.Is(s.Delivery.Problem, delivery.ErrTooMuch) {
		return nil, s.Delivery.Problem
	}
	return s, nil
}

// octetsOf returns what is in a file of the delivery: as it was read, where that was what the file itself holds.
func (s *Subject) octetsOf(ctx context.Context, file string) ([]byte, error) {
	if item := s.item(file); item != nil && item.Archive == "" && item.Content() != nil {
		return item.Content(), nil
	}
	return delivery.ReadFile(ctx, file)
}

// files returns the file that findings about no single file are shown at, and the archives of those
// that lie in one.
func (s *Subject) files() (first string, archives map[string]string) {
	archives = map[string]string{}
	if s.Delivery != nil {
		for _, item := range s.Delivery.Items {
			archives[item.File] = item.Archive
		}
	}
	return s.First, archives
}
