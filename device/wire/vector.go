package wire

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// A Head is the first line of a vector file: who was recorded, and with what.
type Head struct {
	Format     int    `json:"format"`
	Profile    string `json:"profile"` // name of the firmware
	ServerCert string `json:"server_cert"`
	CertFile   string `json:"cert_file"`
	KeyFile    string `json:"key_file"`
	Cert       []byte `json:"cert_der_b64"`
	Key        []byte `json:"key_der_b64"`
}

// A Vector is one recorded exchange.
type Vector struct {
	Name       string   `json:"name"`
	Tags       string   `json:"tags"`
	ServerCert string   `json:"server_cert"`
	Sent       []Octets `json:"sent_hex"` // each is one write of the client
	// GapMS is nil when the client waited, before each further write, for a
	// ServerHelloDone, the end, or 200 ms of silence; otherwise the plain pause in ms.
	GapMS *int    `json:"gap_ms"`
	Alert *[2]int `json:"alert"`
	Exchange
	Device          Device `json:"device"`
	DeviceException string `json:"device_exception"`
}

// An Exchange is what the client saw.
type Exchange struct {
	Received *Flight   `json:"received"`
	End      string    `json:"end"`     // EndClosed, EndOpen or EndCut
	TCPEnd   string    `json:"tcp_end"` // "fin", "rst"; informational
	AfterFIN *AfterFIN `json:"after_fin,omitempty"`
}

// How an exchange ends.
const (
	EndClosed = "closed" // by the server
	EndOpen   = "open"   // after 300 ms of silence
	EndCut    = "cut"    // by the replay, whose limit of octets or time was reached; in no recording
)

// AfterFIN is what came once the client had closed its direction.
type AfterFIN struct {
	Received *Flight `json:"received"`
	End      string  `json:"end"`
	TCPEnd   string  `json:"tcp_end"`
}

// Device is what the recorded server reported.
type Device struct {
	Result  string `json:"result"` // "EXC" or "OK"
	Phase   string `json:"phase,omitempty"`
	Type    string `json:"type,omitempty"`
	Args    string `json:"args,omitempty"`
	Line    string `json:"line,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	Request string `json:"request,omitempty"`
}

// A LoaderCase is one recorded call of load_cert_chain, and, when it loaded, the
// server's answer to two ClientHellos.
type LoaderCase struct {
	Title    string `json:"title"`
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
	Cert     []byte `json:"cert_b64"` // nil when the file did not exist
	Key      []byte `json:"key_b64"`
	Load     struct {
		OK   bool   `json:"ok"`
		Type string `json:"type,omitempty"`
		Args string `json:"args,omitempty"`
		Line string `json:"line,omitempty"`
	} `json:"load"`
	HelloAll       *LoaderAnswer `json:"hello_all"`
	HelloRSAKXOnly *LoaderAnswer `json:"hello_rsa_kx_only"`
}

// A LoaderAnswer is the server's answer to one ClientHello.
type LoaderAnswer struct {
	Exchange
	Device Device `json:"device"`
}

// LoaderHead is the first line of a file of loader cases.
type LoaderHead struct {
	Profile        string `json:"profile"`
	HelloAll       Octets `json:"hello_all_hex"`
	HelloRSAKXOnly Octets `json:"hello_rsa_kx_only_hex"`
}

// A Recorded scenario is what happened once keys existed; it is repeated by
// taking the same steps, not octet by octet.
type Recorded struct {
	Name        string          `json:"name"`
	Description string          `json:"desc"`
	Suite       string          `json:"suite"`
	Options     ScenarioOptions `json:"opts"`
	Events      []ScenarioEvent `json:"events"`
	Device      string          `json:"device"`
	// Refused says that there was no flight of a server, and so no steps of the client.
	Refused bool `json:"refused,omitempty"`
}

// ScenarioOptions are deviations of the recorded server.
type ScenarioOptions struct {
	Response int    `json:"resp,omitempty"` // octets of the body, 0 for the default
	Key      string `json:"key,omitempty"`  // name of the certificate and key, "" for the usual one
	Offer    Offer  `json:"offer,omitzero"` // of the client
}

// A ScenarioEvent is a record that the client decrypted, or the end.
type ScenarioEvent struct {
	Type    int    `json:"type,omitempty"`
	Version string `json:"version,omitempty"`
	Length  int    `json:"len,omitempty"`
	Data    string `json:"data,omitempty"` // at most 60 octets
	Alert   []int  `json:"alert,omitempty"`
	Name    string `json:"name,omitempty"`
	End     string `json:"end,omitempty"`
	OSError string `json:"oserror,omitempty"`
}

// A ClientVisit is a recorded visit with a client certificate, in a handshake that is complete otherwise.
type ClientVisit struct {
	Name   string   `json:"name"`
	Verify int      `json:"verify"`        // verify_mode: 1 optional, 2 required
	Chain  []Octets `json:"chain_hex"`     // as it was shown, in DER
	Key    string   `json:"key,omitempty"` // which of the head's keys signed the CertificateVerify
	Alert  *[2]int  `json:"alert"`         // nil for none
	Line   string   `json:"line"`          // of the exception; "" when the page was served
}

// ClientHead is the first line of a file of visits: what the server was set up with, as far as it was kept.
type ClientHead struct {
	Profile string            `json:"profile"` // name of the firmware, "" for either
	CAs     []Octets          `json:"cas_hex,omitempty"`
	Keys    map[string]Octets `json:"keys_hex,omitempty"` // of the clients, PKCS#8
	Now     string            `json:"now,omitempty"`      // the server's clock, RFC 3339
}

// Octets are written in hexadecimal.
type Octets []byte

// UnmarshalText reads hexadecimal digits.
func (o *Octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// MarshalText writes hexadecimal digits.
func (o Octets) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(o)), nil }

// Gap returns the pause before each further write, and whether it is a plain pause.
func (v *Vector) Gap() (pause time.Duration, plain bool) {
	if v.GapMS == nil {
		return 200 * time.Millisecond, false
	}
	return time.Duration(*v.GapMS) * time.Millisecond, true
}

// WriteVectors writes what [ReadVectors] reads.
func WriteVectors[H, E any](w io.Writer, head H, entries []E) error {
	zipped := gzip.NewWriter(w)
	enc := json.NewEncoder(zipped)
	if err := enc.Encode(head); err != nil {
		return err
	}
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return zipped.Close()
}

// ReadVectors reads a gzip file of JSON lines: one head, then entries. H is one of Head, LoaderHead, ClientHead and
// struct{ Profile string }, E one of Vector, LoaderCase, ClientVisit and Recorded.
func ReadVectors[H, E any](path string) (head H, entries []E, err error) {
	f, err := os.Open(path)
	if err != nil {
		return head, nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return head, nil, fmt.Errorf("%s: %w", path, err)
	}
	dec := json.NewDecoder(unzipped)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&head); err != nil {
		return head, nil, fmt.Errorf("%s: head: %w", path, err)
	}
	for {
		var e E
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return head, entries, nil
		} else if err != nil {
			return head, nil, fmt.Errorf("%s: entry %d: %w", path, len(entries)+1, err)
		}
		entries = append(entries, e)
	}
}
