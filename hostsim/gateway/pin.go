package gateway

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/certname"
)

// A Pin is what the camera has to present: one certificate, or any with one public key.
type Pin struct {
	certificate []byte // DER; nil when the key is pinned
	spki        []byte
	title       string
}

// NewPin returns a pin for a certificate; with keyOnly, for its public key, so that the camera's
// certificate may be renewed.
func NewPin(c *x509.Certificate, keyOnly bool) *Pin {
	p := &Pin{spki: c.RawSubjectPublicKeyInfo, title: certname.Title(c)}
	if !keyOnly {
		p.certificate = c.Raw
	}
	return p
}

// ReadPin reads the certificate of a pin from a file in DER or PEM.
func ReadPin(path string, keyOnly bool) (*Pin, error) {
	list, err := delivery.ReadCertificates(path)
	if err != nil {
		return nil, err
	}
	return NewPin(list[0], keyOnly), nil
}

// A PinError says that the camera presents something else than what is pinned.
type PinError struct {
	Presented *x509.Certificate
	Wanted    string // title of the pinned certificate
	KeyOnly   bool
}

// Error names the certificate by its fingerprint.
func (e *PinError) Error() string {
	what := "another certificate"
	if e.KeyOnly {
		what = "a certificate with another key"
	}
	sum := sha256.Sum256(e.Presented.Raw)
	return fmt.Sprintf("the camera presents %s than the pinned one of \"%s\": \"%s\", SHA-256 %s",
		what, e.Wanted, certname.Title(e.Presented), hex.EncodeToString(sum[:]))
}

// verify is the only thing that decides on the camera's certificate: neither names nor dates
// nor issuers count.
func (p *Pin) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the camera presents no certificate")
	}
	presented := state.PeerCertificates[0]
	if p.certificate != nil && bytes.Equal(presented.Raw, p.certificate) ||
		p.certificate == nil && bytes.Equal(presented.RawSubjectPublicKeyInfo, p.spki) {
		return nil
	}
	return &PinError{presented, p.title, p.certificate == nil}
}

// tlsConfig is how the camera is connected to.
func (p *Pin) tlsConfig(serverName string, client *tls.Certificate) *tls.Config {
	c := &tls.Config{
		ServerName: serverName, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection compares with the pin
		VerifyConnection:   p.verify,
	}
	if client != nil {
		c.Certificates = []tls.Certificate{*client}
	}
	return c
}
