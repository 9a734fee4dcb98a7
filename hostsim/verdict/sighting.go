package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/printable"
)

// A Sighting is the verdict that the camera alone can give on a connection, in plain words. It
// rests on one end only: a client that asks for a page has found the chain's missing links, or
// verifies nothing, which the camera cannot tell apart; and one that closes without a word leaves
// but a guess.
type Sighting struct {
	Verdict Verdict `json:"verdict"` // completed, refused, no handshake, camera busy or open
	Cause   Cause   `json:"cause,omitempty"`
	// Guess says that the client did not give the cause: it is the most likely one.
	Guess    bool   `json:"guess"`
	Sentence string `json:"sentence"`
}

// VerdictOpen is the verdict on a connection that goes on and has asked for nothing yet.
const VerdictOpen Verdict = "open"

// Causes that only a camera sees.
const (
	CausePlainHTTP Cause = "plain HTTP on the TLS port"
	CauseNotTLS    Cause = "no TLS"
	CauseSilence   Cause = "nothing was said"
	CauseMemory    Cause = "no memory left on the camera"
	CauseGround    Cause = "no common ground"
	CauseItsOwn    Cause = "the client's own certificate"
	CauseStopped   Cause = "the camera stopped"
	CauseTrust     Cause = "the root is not trusted"
	CauseWrongKey  Cause = "the key is not the certificate's"
	CauseBlind     Cause = "verifies nothing"
)

// See judges a connection that has ended.
func See(e *trace.Event, s *Served) Sighting {
	v := view{e, s}
	switch {
	case len(e.Requests) > 0:
		return v.asked()
	case v.outOfMemory():
		return v.says(VerdictNoHandshake, CauseMemory, "the camera had no memory left for it")
	case v.refusedByCamera() != "":
		return v.says(VerdictNoHandshake, CauseItsOwn, v.refusedByCamera())
	case v.leftWithAlert():
		return v.left(e.AlertReceived())
	case e.AlertSent() != nil:
		return v.noCommonGround()
	case e.ClientHello == nil:
		return v.noHello()
	}
	return v.leftSilently()
}

// SeeOpen judges a connection that goes on.
func SeeOpen(e *trace.Event, s *Served) Sighting {
	v := view{e, s}
	switch {
	case len(e.Requests) > 0:
		return v.asked()
	case e.Complete:
		return v.says(VerdictOpen, "", "finished the handshake, and has asked for nothing yet")
	case e.ClientHello != nil:
		return v.says(VerdictOpen, "", "is in the handshake")
	}
	return v.says(VerdictOpen, "", "is connected, and has not sent a ClientHello yet")
}

// SeeReset is the sighting of a connection that the camera reset because its queue was full.
func SeeReset() Sighting {
	return Sighting{Verdict: VerdictCameraBusy, Sentence: "was reset: the camera is busy and its queue is full"}
}

// view is what a sighting is made from.
type view struct {
	e *trace.Event
	s *Served
}

func (v view) says(verdict Verdict, cause Cause, sentence string) Sighting {
	return Sighting{Verdict: verdict, Cause: cause, Sentence: sentence}
}

// asked is the sighting of a client that sent a request.
func (v view) asked() Sighting {
	var what []string
	for _, r := range v.e.Requests {
		what = append(what, requested(r.Line))
	}
	cause, did := Cause(""), "accepted the certificate"
	switch {
	case v.s.Untrusted:
		cause, did = CauseBlind, string(CauseBlind)+": it accepted a certificate of an unknown issuer"
	case v.s.SelfSigned():
		did = "accepted the self-signed certificate"
	case v.s.Gap():
		did = "completed the chain"
	case len(v.s.Sent) > 1:
		did = "accepted the chain that was sent"
	}
	return v.says(VerdictCompleted, cause, did+" and "+strings.Join(what, ", "))
}

// requested says what a request line asks for.
func requested(line string) string {
	method, rest, _ := strings.Cut(line, " ")
	path, _, isHTTP := strings.Cut(rest, " HTTP/")
	switch {
	case !isHTTP:
		return `sent "` + printable.Line(line) + `"`
	case method == "GET":
		return "asked for " + printable.Line(path)
	}
	return "sent " + printable.Line(method+" "+path)
}

// noHello is the sighting of a client that sent no ClientHello, or no whole one.
func (v view) noHello() Sighting {
	opening := v.e.Opening
	switch {
	case opening == "" && timedOut(v.e):
		return v.says(VerdictNoHandshake, CauseSilence, "connected and said nothing until the camera's timeout")
	case opening == "":
		return v.says(VerdictNoHandshake, CauseSilence,
			"connected and left without a word: a port check, or a connection that was kept in reserve")
	case speaksHTTP(opening):
		return v.says(VerdictNoHandshake, CausePlainHTTP, "spoke plain HTTP on the TLS port. Its address has to begin with https://")
	case opening[0] == recordHandshake:
		return v.says(VerdictNoHandshake, CauseNotTLS, "sent no whole ClientHello")
	}
	return v.says(VerdictNoHandshake, CauseNotTLS, `spoke no TLS: it began with "`+printable.Visible(opening)+`"`)
}

// recordHandshake is the type of a record with handshake messages (RFC 5246 section 6.2.1).
const recordHandshake = 22

// speaksHTTP tells whether the first octets of a connection, of which the camera reads five, are
// those of an HTTP request.
func speaksHTTP(opening string) bool {
	for _, method := range []string{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI * "} {
		if strings.HasPrefix(opening, method) || len(opening) >= 4 && strings.HasPrefix(method, opening) {
			return true
		}
	}
	return false
}

// noCommonGround is the sighting of a client that the camera refused with an alert.
func (v view) noCommonGround() Sighting {
	sent := v.e.AlertSent()
	if v.e.ClientHello == nil || v.e.Chosen != nil {
		return v.says(VerdictNoHandshake, CauseNotTLS, "sent what the camera does not take (the camera's alert: "+sent.Name+")")
	}
	return v.says(VerdictNoHandshake, CauseGround, "found no common ground with the camera ("+sent.Name+"): "+v.offered())
}

// offered says what of a ClientHello keeps the camera from answering it.
func (v view) offered() string {
	const tls12, tls13suites = 0x0303, 0x13
	hello := v.e.ClientHello
	newest, only13 := NewestVersion(hello), len(hello.CipherSuites) > 0
	for _, suite := range hello.CipherSuites {
		only13 = only13 && (suite>>8 == tls13suites || IsGREASE(suite) || suite == scsv)
	}
	switch {
	case newest < tls12:
		return "it offers no more than " + VersionName(newest) + ", and the camera wants TLS 1.2"
	case only13:
		return "it offers TLS 1.3 alone, and the camera speaks TLS 1.2"
	}
	return "none of the cipher suites and groups that it offers suits the camera and its key"
}

// scsv is TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746), which is no cipher suite.
const scsv = 0x00ff

// NewestVersion returns the newest protocol version that a client offers.
func NewestVersion(hello *trace.ClientHello) trace.Codepoint {
	newest := hello.Version
	for _, version := range hello.SupportedVersions {
		if !IsGREASE(version) {
			newest = max(newest, version)
		}
	}
	return newest
}

// VersionName returns the name of a protocol version as TLS numbers it (RFC 8446 section 4.2.1).
func VersionName(version trace.Codepoint) string {
	const ssl3, tls10 = 0x0300, 0x0301
	switch {
	case version == ssl3:
		return "SSL 3.0"
	case version >= tls10 && version <= tls10+3:
		return fmt.Sprintf("TLS 1.%d", version-tls10)
	}
	return fmt.Sprintf("version %04x", uint16(version))
}

// leftSilently is the sighting of a client that left after its ClientHello without asking for
// anything and without an alert.
func (v view) leftSilently() Sighting {
	switch {
	case stopped(v.e):
		return v.says(VerdictNoHandshake, CauseStopped, "was cut off: the camera was stopped")
	case v.e.Complete && timedOut(v.e):
		return v.says(VerdictNoHandshake, CauseSilence, "finished the handshake and asked for nothing until the camera's timeout")
	case timedOut(v.e):
		return v.says(VerdictNoHandshake, CauseSilence, "stopped in the handshake until the camera's timeout")
	case v.e.Chosen == nil:
		return v.says(VerdictNoHandshake, CauseSilence, "left after its ClientHello")
	}
	when := "after the certificate"
	if v.e.Complete {
		when = "after the handshake"
	}
	cause, because := v.suspicion(time.Now())
	o := v.says(VerdictRefused, cause, "closed without a word "+when+": "+because)
	o.Guess = true
	return o
}
