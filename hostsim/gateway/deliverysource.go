package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/delivery"
)

// A Delivery is where a gateway takes its certificate from: a folder, files or archives, as a CA or an ACME client
// leaves them.
type Delivery struct {
	Paths []string
	// Read reads them.
	Read func(context.Context) (*delivery.Delivery, error)
}

// deliverySource reads a delivery again when one of its files has changed.
type deliverySource struct {
	Delivery
	state   string // of the files at the last reading
	last    reading
	lastErr error
}

// fresh is how long files may change without their times showing it: some file systems count in steps.
const fresh = 10 * time.Second

func (d *deliverySource) chain() string { return strings.Join(d.Paths, ", ") }

func (d *deliverySource) read(asked bool) (reading, error) {
	state, newest := d.stat()
	if !asked && state == d.state && time.Since(newest) > fresh {
		return d.last, d.lastErr
	}
	d.state = state
	d.last, d.lastErr = d.readNow(state)
	return d.last, d.lastErr
}

func (d *deliverySource) readNow(state string) (reading, error) {
	read, err := d.Read(context.Background())
	if err != nil {
		return reading{problem: problem{unread: [2]bool{true, true}, contents: contents{sha256.Sum256([]byte(state))}}}, err
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

// stat returns what tells whether the files are the same, and when the newest of them was changed.
func (d *deliverySource) stat() (state string, newest time.Time) {
	sum := sha256.New()
	for _, path := range d.Paths {
		// What cannot be looked at is read, and then its reader says why.
		_ = filepath.WalkDir(path, func(path string, _ fs.DirEntry, _ error) error {
			changed := statFile(sum, path)
			if changed.After(newest) {
				newest = changed
			}
			return nil
		})
	}
	return hex.EncodeToString(sum.Sum(nil)), newest
}

// statFile adds a file to a sum: links count as what they lead to, as certbot renews by them.
func statFile(sum hash.Hash, path string) time.Time {
	target, _ := filepath.EvalSymlinks(path)
	info, err := os.Stat(path)
	if err != nil {
		fmt.Fprintf(sum, "%q %q gone\n", path, target)
		return time.Time{}
	}
	fmt.Fprintf(sum, "%q %q %d %d %s\n", path, target, info.Size(), info.ModTime().UnixNano(), info.Mode())
	return info.ModTime()
}
