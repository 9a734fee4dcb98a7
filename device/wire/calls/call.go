package calls

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// A Head is the first line of a recording of calls.
type Head struct {
	Format  int       `json:"format"`
	Profile string    `json:"profile"` // name of the firmware
	Seed    uint64    `json:"seed"`    // that the calls were made from
	Time    time.Time `json:"time"`    // of the camera's clock
	// Pairs are the certificates that the calls name.
	Pairs []Pair `json:"pairs"`
}

// A Pair is a certificate and its key.
type Pair struct {
	Name string      `json:"name"`
	Cert wire.Octets `json:"cert"` // DER
	Key  wire.Octets `json:"key"`  // PKCS#8
}

// A Call is one call of a camera.
type Call struct {
	Name   string    `json:"name"`
	Kind   string    `json:"kind"`
	Camera Camera    `json:"camera"`
	Server Behaviour `json:"server"`
	// Seen is what the server saw, in the form that [Serve] gives it.
	Seen   []string    `json:"seen"`
	Device wire.Device `json:"device"`
}

// A Camera is what a camera is set up with before it calls.
type Camera struct {
	Verify   int      `json:"verify"`   // verify_mode: 0, 1 or 2
	Hostname *string  `json:"hostname"` // server_hostname; nil is None
	CAs      []string `json:"cas"`      // names of pairs, each given to load_verify_locations
	Own      string   `json:"own"`      // name of the pair that is loaded by load_cert_chain; "" for none
	Lazy     bool     `json:"lazy"`     // do_handshake_on_connect=False
}

// A Behaviour is what a server does.
type Behaviour struct {
	Suite     uint16   `json:"suite"`
	Group     uint16   `json:"group"`     // of ECDHE: 23, 24 or 25
	Algorithm uint16   `json:"algorithm"` // of the signature in the ServerKeyExchange
	Chain     []string `json:"chain"`     // names of pairs, in the order sent; the first one has the key
	Steps     []Step   `json:"steps"`
}

// What a [Step] does.
const (
	AwaitHello    = "await hello"    // read up to the ClientHello
	AwaitFinished = "await finished" // read up to the client's Finished
	AwaitData     = "await data"     // read up to a record of application data
	ServerHello   = "server hello"
	Certificate   = "certificate"
	KeyExchange   = "key exchange" // left out for suites of static RSA
	Request       = "request"      // CertificateRequest
	HelloDone     = "hello done"
	Message       = "message" // a handshake message of the Body's octets, header included
	Record        = "record"  // a record of Type with the Body's octets
	ChangeCipher  = "change cipher"
	Finished      = "finished"
	Raw           = "raw" // octets that are no record
)

// A Step is one thing that a server does. What it sends may be changed before.
type Step struct {
	Do   string      `json:"do"`
	Body wire.Octets `json:"body,omitzero"`
	Type uint8       `json:"type,omitempty"` // of a [Record]
	// Edits change the message before it is sent; its header's length is then set right, unless Length says otherwise.
	Edits  []Edit `json:"edits,omitempty"`
	Length bool   `json:"length,omitempty"` // the header's length stays as it was
	// Params change the parameters of a key exchange before they are signed.
	Params []Edit `json:"params,omitempty"`
	// Held keeps the message for the record of the next step.
	Held bool `json:"held,omitempty"`
	// Split is how many octets the first records have; the last has the rest.
	Split []int `json:"split,omitempty"`
	// Version is that of the record, and of the hash over it; 0 is TLS 1.2.
	Version uint16 `json:"version,omitempty"`
	// Plain sends the record as it is, though the cipher was changed.
	Plain bool `json:"plain,omitempty"`
	// Spoil changes the last octet of a protected record.
	Spoil bool `json:"spoil,omitempty"`
}

// An Edit replaces octets, or flips bits of one: what is different each time has to be changed so that it is surely
// another.
type Edit struct {
	At     int         `json:"at"` // negative: from the end
	Cut    int         `json:"cut,omitempty"`
	Insert wire.Octets `json:"insert,omitempty"`
	Flip   uint8       `json:"flip,omitempty"`
}

// apply returns data with the edits made one after the other. Those that do not fit reach as far as they can.
func apply(data []byte, edits []Edit) []byte {
	for _, e := range edits {
		at := e.At
		if at < 0 {
			at += len(data)
		}
		at = min(max(at, 0), len(data))
		end := min(at+max(e.Cut, 0), len(data))
		changed := append([]byte{}, data[:at]...)
		data = append(append(changed, e.Insert...), data[end:]...)
		if at < len(data) {
			data[at] ^= e.Flip
		}
	}
	return data
}

// pair finds a certificate with its key.
func (h Head) pair(name string) (cert []byte, key crypto.Signer, err error) {
	for _, p := range h.Pairs {
		if p.Name != name {
			continue
		}
		parsed, err := x509.ParsePKCS8PrivateKey(p.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("the key of %s: %w", name, err)
		}
		return p.Cert, parsed.(crypto.Signer), nil
	}
	return nil, nil, fmt.Errorf("the recording has no certificate %q", name)
}

// Certs returns the certificates of that name, in DER.
func (h Head) Certs(names []string) (list [][]byte, err error) {
	for _, name := range names {
		cert, _, err := h.pair(name)
		if err != nil {
			return nil, err
		}
		list = append(list, cert)
	}
	return list, nil
}

// Own returns the certificate and the key that a camera loads, in the form that every firmware loads.
func (h Head) Own(c Camera) (cert, key []byte, err error) {
	if c.Own == "" {
		return nil, nil, nil
	}
	cert, parsed, err := h.pair(c.Own)
	if err != nil {
		return nil, nil, err
	}
	key, _, err = wire.MarshalKey(parsed)
	return cert, key, err
}
