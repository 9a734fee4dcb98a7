package asclient

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/certname"
)

// Format is the version of a report's JSON form.
const Format = 1

// A Verdict is the answer in short.
type Verdict string

// The verdicts.
const (
	VerdictAccepted Verdict = "accepted" // by the anchors that were given
	VerdictRefused  Verdict = "refused"
	VerdictAnchors  Verdict = "anchors" // none was given, and there are some with which the camera accepts
)

// A Report is the outcome of a check.
type Report struct {
	Format   int    `json:"format"`
	Subject  string `json:"subject"`  // what was checked, as it was named
	Visited  bool   `json:"visited"`  // the server was connected to; otherwise files were read
	Firmware string `json:"firmware"` // that was emulated
	Hostname string `json:"hostname"` // server_hostname
	// ScriptHostname is the one for the camera's script: Hostname, or where the certificate is for other names one that it
	// has; "" for none that fits.
	ScriptHostname string    `json:"script_hostname"`
	At             time.Time `json:"at"` // the camera's clock

	Verdict   Verdict `json:"verdict"`
	Exception string  `json:"exception"` // of the camera, as it prints it; "" for none
	// RefusedBy says who refuses whom: the camera the server, or the server the camera, which accepts it; "" where there is no refusal.
	RefusedBy Side `json:"refused_by"`
	// Until is the last second in which the camera accepts the server with the anchors that were given, or with the first one
	// of the list when none was; the server's own certificate is taken to be renewed. Null where it does not accept.
	Until *time.Time `json:"until"`

	// Sent are the certificates that the server sends, in its order.
	Sent []Shown `json:"sent"`
	How  string  `json:"how"` // of files: which certificates a server is taken to send
	// Suite and version of a visit; "" for none.
	Suite   string `json:"cipher_suite"`
	Version string `json:"tls_version"`

	Given   []Given  `json:"given"`
	Anchors []Anchor `json:"anchors"` // that are possible, the one that lives longest first
	// Unusable are certificates on the way which the camera does not accept as an anchor, at any time.
	Unusable []Unusable `json:"unusable"`
	Findings []Finding  `json:"findings"`
}

// A Side is one end of a connection.
type Side string

// The sides.
const (
	SideCamera Side = "camera"
	SideServer Side = "server"
)

// StaysRefused reports whether the camera refuses the server with an anchor, on account of something else than the anchor.
func (r *Report) StaysRefused(a *Anchor) bool {
	return a.Now != "" || r.Finding(CodeHandshakeFails) != nil
}

// Unusable is a certificate on the way that is no anchor for this camera.
type Unusable struct {
	Kind   Kind   `json:"kind"`
	Source Source `json:"source"`
	Shown
	Exception string `json:"exception"` // that the camera raises with it
}

// Shown is what is told of a certificate.
type Shown struct {
	Title     string    `json:"title"`
	Issuer    string    `json:"issuer"`
	Key       string    `json:"key"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"` // of its DER
	Octets    int       `json:"octets"` // of its DER
	Problem   string    `json:"problem"`
}

// Given is an anchor that was given.
type Given struct {
	File      string `json:"file"`
	Kind      Kind   `json:"kind"` // "" where it is not known
	Loads     bool   `json:"loads"`
	Exception string `json:"exception"` // of load_verify_locations
	Shown
}

// A Kind is what an anchor is.
type Kind string

// The kinds.
const (
	KindRoot         Kind = "root"
	KindCrossSign    Kind = "cross-sign" // a root's name and key, signed by another issuer
	KindIntermediate Kind = "intermediate"
	KindOwn          Kind = "the server's own certificate"
)

// An Anchor is a certificate with which the camera accepts the server.
type Anchor struct {
	Kind   Kind   `json:"kind"`
	Source Source `json:"source"` // where it is known from
	Shown
	// From and Until are the first and the last second in which the camera accepts the server by it, renewals of the server's
	// own certificate included.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Ends is the certificate whose end is the end: the anchor itself, or one on the way to it.
	Ends string `json:"ends"`
	// Reached says that the camera accepts what the server sends. Otherwise it accepts when the server sends Missing as well.
	Reached bool     `json:"reached"`
	Missing []string `json:"missing"`
	// Now is the exception that the camera raises with it at this time; "" when it accepts.
	Now      string   `json:"now"`
	Warnings []string `json:"warnings"`
	// Unproven says that it came over a connection, and that nothing which is known here or was given stands above it.
	Unproven bool `json:"unproven"`

	certificate *x509.Certificate
	holds       bool // the camera accepts at this time, once the server's own certificate is renewed
}

// DER returns the anchor as it is flashed.
func (a *Anchor) DER() []byte { return a.certificate.Raw }

// A Finding is something that you have to know.
type Finding struct {
	Code     Code               `json:"code"`
	Severity preflight.Severity `json:"severity"`
	Title    string             `json:"title"` // what is so
	Cause    string             `json:"cause"`
	Fix      string             `json:"fix"`
	Basis    preflight.Basis    `json:"basis"`
}

// Finding returns the first finding with a code, or nil.
func (r *Report) Finding(code Code) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Code == code {
			return &r.Findings[i]
		}
	}
	return nil
}

// Count returns how many findings have a severity.
func (r *Report) Count(s preflight.Severity) (n int) {
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// show describes a certificate in DER, also one that crypto/x509 does not parse.
func show(der []byte) Shown {
	sum := sha256.Sum256(der)
	s := Shown{SHA256: hex.EncodeToString(sum[:]), Octets: len(der), Title: "a certificate that Go cannot parse"}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		s.Problem = err.Error()
		if from, until, ok := validity(der); ok {
			s.NotBefore, s.NotAfter = from.UTC(), until.UTC()
		}
		return s
	}
	s.Title, s.Issuer, s.Key = certname.Title(c), certname.Short(c.Issuer), certs.DescribeKey(c)
	s.NotBefore, s.NotAfter = c.NotBefore.UTC(), c.NotAfter.UTC()
	return s
}

// ShownBy describes the certificates that a server showed.
func ShownBy(v *Visit) []Shown {
	list := []Shown{}
	for _, der := range v.Chain {
		list = append(list, show(der))
	}
	return list
}

// Line describes a certificate on one line.
func (s Shown) Line() string {
	if s.Problem != "" {
		return fmt.Sprintf("%s: %s", s.Title, s.Problem)
	}
	return fmt.Sprintf("\"%s\", %s, until %s", s.Title, s.Key, day(s.NotAfter))
}
