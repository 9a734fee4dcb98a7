package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/delivery"
)

// A Delivery is where a gateway takes its certificate from: a folder, files or archives, as a CA or an ACME client
// leaves them.
type Delivery struct {
	Paths []string
	// Besides are files that Read needs, too, such as one with a password.
	Besides []string
	// Read reads them.
	Read func(context.Context) (*delivery.Delivery, error)
}

// deliverySource reads a delivery again when one of its files has changed.
type deliverySource struct {
	Delivery
	state   string // of the files at the last reading
	last    reading
	lastErr error
	rest    time.Time // until when nobody looks unasked
}

// fresh is how long files may change without their times showing it: some file systems count in steps.
const fresh = 10 * time.Second

// idle is how many times as long as a look took nobody looks again: a delivery that is long to read, or changes all the
// time, takes a small part of a processor.
const idle = 20

func (d *deliverySource) chain() string { return strings.Join(d.Paths, ", ") }

// read reads what has changed, and what could not be read: why it could not may have ended without a trace in the files.
func (d *deliverySource) read(asked bool) (reading, error) {
	if !asked && time.Now().Before(d.rest) {
		return d.last, d.lastErr
	}
	began := time.Now()
	defer func() { d.rest = time.Now().Add(idle * time.Since(began)) }()
	found := lookAt(slices.Concat(d.Paths, d.Besides))
	state := found.state()
	if !asked && state == d.state && d.lastErr == nil && time.Since(found.newest).Abs() > fresh {
		return d.last, nil
	}
	d.state = state
	d.last, d.lastErr = d.readNow()
	return d.last, d.lastErr
}

func (d *deliverySource) readNow() (reading, error) {
	read, err := d.Read(context.Background())
	if err != nil {
		return reading{problem: problem{unread: [2]bool{true, true}, contents: contents{kindOf(err)}}}, err
	}
	var files [2][]byte
	if read.Leaf != nil {
		files[0] = bytes.Clone(read.Leaf.Raw)
	}
	for _, c := range read.Chain {
		files[0] = append(files[0], c.Raw...)
	}
	if read.Key != nil {
		files[1] = read.Key.DER
	}
	return reading{problem{contents: contentsOf(files)}, func() (*tls.Certificate, error) { return pairOf(read) }}, nil
}

// pairOf makes of a delivery what is served: the leaf and its issuers.
func pairOf(d *delivery.Delivery) (*tls.Certificate, error) {
	if _, err := d.CameraFiles(); err != nil {
		return nil, err
	}
	switch {
	case d.Leaf.Parsed == nil:
		return nil, fmt.Errorf("the certificate cannot be served: %w", d.Leaf.ParseError)
	case d.Key.Signer == nil:
		return nil, fmt.Errorf("the private key cannot be used: %s", d.Key.Describe())
	}
	pair := &tls.Certificate{PrivateKey: d.Key.Signer, Leaf: d.Leaf.Parsed, Certificate: [][]byte{d.Leaf.Raw}}
	for _, c := range d.Chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// digits are what differs in the errors of one kind: sizes, places, names of temporary files.
var digits = regexp.MustCompile("[0-9]+")

// kindOf tells errors apart that are to be logged each.
func kindOf(err error) [sha256.Size]byte {
	return sha256.Sum256(digits.ReplaceAll([]byte(err.Error()), []byte("0")))
}
