package verdict

import (
	"errors"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/printable"
)

// A Sighting is the verdict that the camera alone can give on a connection, in plain words. It
// rests on one end only: a client that gets a page has found the chain's missing links elsewhere, or
// verifies nothing, which the camera cannot tell apart without a [Control]; and one that closes without
// a word leaves but a guess.
type Sighting struct {
	Verdict Verdict `json:"verdict"` // completed, refused, no handshake, no request, camera busy or open
	Cause   Cause   `json:"cause,omitempty"`
	Ground  Ground  `json:"ground,omitempty"` // what is not in common, with CauseGround
	// Guess says that the client did not give the cause: it is the most likely one.
	Guess    bool   `json:"guess"`
	Sentence string `json:"sentence"`
}

// Verdicts that only a camera gives.
const (
	VerdictOpen      Verdict = "open"       // the connection goes on and has asked for nothing yet
	VerdictNoRequest Verdict = "no request" // the handshake was finished, and no whole request came
)

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
	CauseCut       Cause = "the request was cut off"
)

// A Control is what is known of a client from a server that nobody should connect to.
type Control string

// What a control has shown.
const (
	ControlUntried   Control = ""
	ControlRefused   Control = "refused"   // the client verifies
	ControlAccepted  Control = "accepted"  // it verifies nothing
	ControlOverruled Control = "overruled" // it verifies, and the user went on anyway
)

// See judges a connection that has ended, of a client of which nothing else is known.
func See(e *trace.Event, s *Served) Sighting { return SeeKnowing(e, s, ControlUntried) }

// SeeKnowing judges a connection that has ended with what a control has shown of the client, before or since.
func SeeKnowing(e *trace.Event, s *Served, c Control) Sighting {
	o := view{e, s, c}.ended()
	if e.LeftOpen {
		o.Sentence += ". The script leaves the connection open"
	}
	return o
}

func (v view) ended() Sighting {
	e := v.e
	switch {
	case e.Asked():
		return v.asked(e.Exception == nil)
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
	case stopped(e):
		return v.says(VerdictNoHandshake, CauseStopped, "was cut off: the camera was stopped")
	case len(e.Requests) > 0:
		return v.cut()
	case errors.Is(e.Exception, micropython.ErrEnded):
		return v.endedByCamera()
	}
	return v.leftSilently()
}

// SeeOpen judges a connection that goes on, of a client of which nothing else is known.
func SeeOpen(e *trace.Event, s *Served) Sighting { return SeeOpenKnowing(e, s, ControlUntried) }

// SeeOpenKnowing judges a connection that goes on with what a control has shown of the client.
func SeeOpenKnowing(e *trace.Event, s *Served, c Control) Sighting {
	v := view{e, s, c}
	switch {
	case e.Asked():
		return v.asked(false)
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
	e       *trace.Event
	s       *Served
	control Control
}

func (v view) says(verdict Verdict, cause Cause, sentence string) Sighting {
	return Sighting{Verdict: verdict, Cause: cause, Sentence: sentence}
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
	case strings.HasPrefix(opening, "PRI *"):
		return v.says(VerdictNoHandshake, CausePlainHTTP,
			"spoke HTTP/2 by prior knowledge, without TLS, on the TLS port. Its address has to begin with https://")
	case speaksHTTP(opening):
		return v.says(VerdictNoHandshake, CausePlainHTTP, "spoke plain HTTP on the TLS port. Its address has to begin with https://")
	case opening[0] == recordHandshake:
		return v.says(VerdictNoHandshake, CauseNotTLS, "sent no whole ClientHello")
	}
	return v.says(VerdictNoHandshake, CauseNotTLS, `spoke no TLS: it began with "`+printable.Visible(opening)+`"`)
}

// recordHandshake is the type of a record with handshake messages (RFC 5246 section 6.2.1).
const recordHandshake = 22

// speaksHTTP reports whether the first octets of a connection, of which the camera reads five, are
// those of an HTTP request.
func speaksHTTP(opening string) bool {
	for _, method := range []string{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE "} {
		if strings.HasPrefix(opening, method) || len(opening) >= 4 && strings.HasPrefix(method, opening) {
			return true
		}
	}
	return false
}

// cut is the sighting of a client whose request never came to its end.
func (v view) cut() Sighting {
	request := `its request ("` + printable.Line(v.e.Requests[0].Line) + `")`
	if timedOut(v.e) {
		return v.says(VerdictNoRequest, CauseCut, "stopped in the middle of "+request+" until the camera's timeout")
	}
	return v.says(VerdictNoRequest, CauseCut, "left in the middle of "+request)
}

// endedByCamera is the sighting of a client whose connection the camera ended without an alert.
func (v view) endedByCamera() Sighting {
	var code *micropython.MbedTLSError
	name := ""
	if errors.As(v.e.Exception, &code) {
		name = " (" + code.Name + ")"
	}
	done := "was dropped"
	if v.e.LeftOpen {
		done = "was given up"
	}
	switch {
	case v.s.WrongKey && !v.e.Complete:
		return v.says(VerdictNoHandshake, CauseWrongKey, done+" by the camera, which could not sign"+name+": "+string(CauseWrongKey))
	case errors.Is(v.e.Exception, micropython.ErrHandshake) && !v.e.Complete:
		return v.withoutGround(name)
	}
	return v.says(VerdictNoHandshake, CauseNotTLS, done+" by the camera, which could not go on"+name)
}

// leftSilently is the sighting of a client that left after its ClientHello without asking for
// anything and without an alert.
func (v view) leftSilently() Sighting {
	switch {
	case v.e.Complete && timedOut(v.e):
		return v.says(VerdictNoRequest, CauseSilence, "finished the handshake and asked for nothing until the camera's timeout")
	case timedOut(v.e):
		return v.says(VerdictNoHandshake, CauseSilence, "stopped in the handshake until the camera's timeout")
	case v.e.Chosen == nil:
		return v.says(VerdictNoHandshake, CauseSilence, "left after its ClientHello")
	case v.control == ControlAccepted && v.e.Complete: // it has nothing against any certificate
		return v.says(VerdictNoRequest, CauseSilence, "left after the handshake and asked for nothing")
	case v.control == ControlAccepted:
		return v.says(VerdictNoHandshake, CauseSilence, "left in the handshake")
	case !v.e.Complete && GuessStack(v.e.ClientHello) == "":
		return v.says(VerdictNoHandshake, CauseSilence,
			"left after its ClientHello without an alert, and looks like no client that is known: it only tried what answers, or refused in silence")
	}
	when := "after the certificate"
	if v.e.Complete {
		when = "after the handshake"
	}
	cause, because := v.suspicion(time.Now())
	o := v.says(VerdictRefused, cause, "closed without a word "+when+": "+because+"; or it only tried whether the port answers")
	o.Guess = true
	return o
}
