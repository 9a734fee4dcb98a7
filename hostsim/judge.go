package hostsim

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// A Verdict says how a cell ended.
type Verdict string

// The verdicts. Only Completed and Refused speak of the certificate.
const (
	Completed     Verdict = "completed"      // the client got the page and accepted the certificate
	Refused       Verdict = "refused"        // the client did not accept the certificate
	NoHandshake   Verdict = "no handshake"   // camera and client found no common ground
	CameraBusy    Verdict = "camera busy"    // the camera reset the connection: its queue was full
	NotInstalled  Verdict = "not installed"  // the client is not on this machine
	CannotIsolate Verdict = "cannot isolate" // the machine does not permit what this client needs
	TimedOut      Verdict = "timed out"      // the deadline passed
	HarnessError  Verdict = "harness error"  // nothing can be said; the cause tells why
)

// How says what let a client complete.
type How string

// The ways. Sent, FromAIA, FromStore, FromVisit and ByItself completed the chain; with Anchor the chain ended
// at a certificate that the client was told to trust, before it came to the root.
const (
	Sent      How = "sent"   // the camera sent the intermediate
	FromAIA   How = "aia"    // the client fetched it
	FromStore How = "store"  // the client had it in its store
	FromVisit How = "visit"  // the client kept it from an earlier visit
	ByItself  How = "itself" // the client found it somewhere, as far as the camera can tell
	Anchor    How = "anchor" // the client took it, or the leaf, as a trust anchor
)

// Causes of a refusal.
const (
	CauseMissing    = "missing intermediate"
	CauseNoAnchor   = "the intermediate is no anchor"
	CauseUnknown    = "unknown issuer"
	CauseSelfSigned = "self-signed certificate not accepted"
	CauseNotPinned  = "the leaf is no anchor"
	CauseNoTrust    = "no trust anchor was given"
	CauseName       = "wrong name"
	CauseExpired    = "expired"
	CauseRejected   = "certificate rejected"

	causeInexplicable = "completed, although nothing could have supplied the intermediate"
)

// An Outcome is the verdict of one cell with what it rests on.
type Outcome struct {
	Verdict Verdict `json:"verdict"`
	Cause   string  `json:"cause,omitempty"` // of anything but Completed
	How     How     `json:"how,omitempty"`   // of Completed
	Proof   string  `json:"proof,omitempty"` // of Completed: what shows it
	// ChainCompleted is true when the client built the chain up to its root: never
	// for an anchor.
	ChainCompleted bool `json:"chain_completed"`

	// FirstTry is how the first try ended when it took a second one to come to this outcome.
	FirstTry string `json:"first_try,omitempty"`

	Message   string  `json:"message,omitempty"`   // what the client said
	Alert     string  `json:"alert,omitempty"`     // that the camera received
	Exception string  `json:"exception,omitempty"` // that the camera's script raised, of the deciding connection
	ExitCode  int     `json:"exit_code"`
	Fetches   int     `json:"aia_fetches"`
	Seconds   float64 `json:"seconds"`
	// HeldSeconds is how long the deciding connection to the camera was open.
	HeldSeconds float64 `json:"held_seconds"`
	// ClientHello is what the client offered on it.
	ClientHello *device.ClientHello `json:"client_hello,omitempty"`
	// Sighting is what the camera alone would say of it; nil behind a gateway.
	Sighting *Sighting `json:"sighting,omitempty"`
	Command  []string  `json:"command,omitempty"`
	Env      []string  `json:"env,omitempty"`
	Stdout   string    `json:"stdout,omitempty"` // of the client, at most maxKept octets
	Stderr   string    `json:"stderr,omitempty"` // the same
}

// Evidence is everything that is known of a cell when it ended.
type Evidence struct {
	Scenario Scenario
	Result   sandbox.Result
	Events   []device.Event
	Resets   int // connections that the camera reset because its queue was full
	Fetches  []aia.Fetch
	Served   *Served // what the clients were shown
	Silent   bool    // the client never prints a page
	Online   bool    // AIA servers were asked over the network, where nobody counts
	Nonce    string  // in the camera's page, and nowhere else
	Path     string  // that only this cell's client was told to ask for
}

// Judge makes the verdict of a cell from both ends. It trusts neither an exit
// status (some clients exit 0 on refusal), nor a finished handshake (many clients
// finish it and then leave), nor an alert (many send none): to complete, a client
// must have asked the camera for the page, have printed it, and have complained of nothing.
func Judge(e Evidence) Outcome {
	o := Outcome{
		ExitCode: e.Result.ExitCode, Seconds: e.Result.Duration.Seconds(), Command: e.Result.Args, Env: e.Result.Env,
		Fetches: served(e.Fetches), Stdout: clip(string(e.Result.Stdout), maxKept), Stderr: clip(string(e.Result.Stderr), maxKept),
	}
	event := e.deciding()
	if event != nil {
		if e.Served != nil && e.Scenario.Server != ServeGateway {
			sighting := See(event, e.Served)
			o.Sighting = &sighting
		}
		o.HeldSeconds = time.Duration(event.Duration).Seconds()
		o.ClientHello = event.ClientHello
		if a := event.AlertReceived(); a != nil {
			o.Alert = a.String()
		}
		if event.Exception != nil {
			o.Exception = event.Exception.Error()
		}
	}
	output := string(e.Result.Stdout) + "\n" + string(e.Result.Stderr)
	cause, message := complaint(output)
	o.Message = message
	printed := bytes.Contains(e.Result.Stdout, []byte(e.Nonce))
	asked := e.asked()
	switch {
	case e.Result.TimedOut:
		return o.end(TimedOut, "still running at the deadline")
	case e.Result.Signal != "":
		return o.end(HarnessError, "the client crashed ("+e.Result.Signal+")"+lastLine(output))
	case printed && !asked:
		return o.end(HarnessError, "the client printed the page without asking the camera for it")
	case printed && cause != "":
		return o.end(HarnessError, "the client complained about the certificate and fetched the page all the same: it does not insist")
	case printed:
		return o.complete(e, "the client printed the camera's page")
	case asked && e.Silent && cause == "":
		return o.complete(e, "the camera was asked for a page that only this client knew of")
	case asked:
		return o.end(HarnessError, "the client asked for the page but did not print it")
	case cause != "":
		return o.end(Refused, refusal(cause, e.Scenario, event))
	case event != nil && certificateAlert(event):
		return o.end(Refused, refusal(CauseRejected, e.Scenario, event))
	case e.Resets > 0:
		return o.end(CameraBusy, "the camera's queue was full")
	case event == nil:
		return o.end(HarnessError, "the client never connected"+lastLine(output))
	case event.AlertSent() != nil:
		return o.end(NoHandshake, "the camera answered "+event.AlertSent().String())
	case !event.Complete && event.ClientHello == nil:
		return o.end(NoHandshake, "the client sent no ClientHello"+lastLine(output))
	}
	return o.end(HarnessError, "no page, and no reason given"+lastLine(output))
}

func (o Outcome) end(v Verdict, cause string) Outcome {
	o.Verdict, o.Cause = v, cause
	return o
}

// complete tells how the chain was completed. What cannot be explained is no result.
func (o Outcome) complete(e Evidence, proof string) Outcome {
	o.Verdict, o.Proof = Completed, proof
	s := e.Scenario
	switch {
	case s.Trust == TrustLeaf, s.Trust == TrustStore:
		o.How = Anchor
	case s.Server.SendsChain():
		o.How = Sent
	case s.AIA != AIAAbsent && o.Fetches > 0:
		o.How = FromAIA
		o.Proof += fmt.Sprintf("; the AIA server was asked %d time(s)", o.Fetches)
	case s.AIA != AIAAbsent && e.Online:
		o.How = FromAIA
		o.Proof += "; the AIA server was asked over the network, uncounted"
	case s.Trust == TrustRootStore:
		o.How = FromStore
	case s.Warm:
		o.How = FromVisit
		o.Proof += "; the intermediate was sent on the visit before, and only then"
	default:
		return o.end(HarnessError, causeInexplicable)
	}
	o.ChainCompleted = o.How != Anchor
	return o
}

// deciding returns the connection that tells most: the one on which the page was
// asked for, else the last one with an alert, else the last one that said something.
func (e *Evidence) deciding() *device.Event {
	var best *device.Event
	weight := func(ev *device.Event) int {
		switch {
		case len(ev.Requests) > 0:
			return 3
		case ev.AlertReceived() != nil || ev.AlertSent() != nil:
			return 2
		case ev.ClientHello != nil:
			return 1
		}
		return 0
	}
	for i := range e.Events {
		if ev := &e.Events[i]; best == nil || weight(ev) >= weight(best) {
			best = ev
		}
	}
	return best
}

// asked tells whether the cell's own path was requested over a finished handshake.
func (e *Evidence) asked() bool {
	for _, ev := range e.Events {
		for _, r := range ev.Requests {
			if ev.Complete && strings.Contains(r.Line, e.Path) {
				return true
			}
		}
	}
	return false
}

func served(fetches []aia.Fetch) (n int) {
	for _, f := range fetches {
		if f.Status == 200 {
			n++
		}
	}
	return n
}

// certificateAlert tells whether the client sent one of the alerts that speak of
// certificates (RFC 5246 section 7.2.2: 42 to 46, 48, 49).
func certificateAlert(ev *device.Event) bool {
	a := ev.AlertReceived()
	return a != nil && certificateAlerts(a.Description)
}

func certificateAlerts(description uint8) bool {
	return description >= 42 && description <= 46 || description == 48 || description == 49
}

// refusal makes the cause precise with what the scenario and the camera know.
func refusal(cause string, s Scenario, event *device.Event) string {
	if cause == CauseRejected && event != nil {
		if a := event.AlertReceived(); a != nil {
			switch a.Description {
			case 45:
				cause = CauseExpired
			case 48:
				cause = CauseUnknown
			}
		}
	}
	if cause != CauseUnknown && cause != CauseRejected {
		return cause
	}
	switch {
	case s.Trust == TrustStore:
		return CauseNoAnchor
	case s.Trust == TrustLeaf && s.Leaf.SelfSigned():
		return CauseSelfSigned
	case s.Trust == TrustLeaf:
		return CauseNotPinned
	case s.Trust == TrustNothing:
		return CauseUnknown
	case s.Server == ServeLeaf && s.Trust != TrustOtherRoot:
		return CauseMissing
	}
	return cause
}

// What is kept of a client's words, octets.
const (
	maxMessage = 200
	maxKept    = 4 << 10
)

func clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// Printable makes what a client sent fit to be printed, at most that many octets: what could
// move a terminal's cursor is left out.
func Printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.TrimSpace(s))
	return clip(s, most)
}

func oneLine(s string) string { return Printable(s, maxMessage) }

// lastLine returns the last line of an output, for a cause that needs one.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + oneLine(last)
	}
	return ""
}
