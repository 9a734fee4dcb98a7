package hostsim

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/printable"
)

// An Outcome is the verdict of one cell with what it rests on.
type Outcome struct {
	Verdict verdict.Verdict `json:"verdict"`
	Cause   verdict.Cause   `json:"cause,omitempty"` // of anything but Completed
	// Detail says more of the cause, for people.
	Detail string      `json:"detail,omitempty"`
	How    verdict.How `json:"how,omitempty"`   // of Completed
	Proof  string      `json:"proof,omitempty"` // of Completed: what shows it
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
	// CPUSeconds is what the client and its children used of the processors. It is short of what a client used that was ended at
	// its deadline.
	CPUSeconds float64 `json:"cpu_seconds"`
	// HeldSeconds is how long the deciding connection to the camera was open.
	HeldSeconds float64 `json:"held_seconds"`
	// ClientHello is what the client offered on it.
	ClientHello *trace.ClientHello `json:"client_hello,omitempty"`
	// Sighting is what the camera alone would say of it; nil behind a gateway.
	Sighting *verdict.Sighting `json:"sighting,omitempty"`
	Command  []string          `json:"command,omitempty"`
	Env      []string          `json:"env,omitempty"`
	Stdout   string            `json:"stdout,omitempty"` // of the client, at most maxKept octets
	Stderr   string            `json:"stderr,omitempty"` // the same

	// wordless says that the client was shown a certificate as the positive control shows one, and left in
	// words that nobody knows. Only the row can tell what that means.
	wordless bool
}

// maxKept is what is kept of a client's output, octets.
const maxKept = 4 << 10

// Evidence is everything that is known of a cell when it ended.
type Evidence struct {
	Scenario Scenario
	Result   sandbox.Result
	Events   []trace.Event
	Resets   int // connections that the camera reset because its queue was full
	Fetches  []aia.Fetch
	Served   *verdict.Served // what the clients were shown
	Words    verdict.Words   // what the client prints when it refuses
	Silent   bool            // the client never prints a page
	Online   bool            // AIA servers were asked over the network, where nobody counts
	Nonce    string          // in the camera's page, and nowhere else
	Path     string          // that only this cell's client was told to ask for
}

// Judge makes the verdict of a cell from both ends. It trusts neither an exit
// status (some clients exit 0 on refusal), nor a finished handshake (many clients
// finish it and then leave), nor an alert (many send none): to complete, a client
// must have asked the camera for the page, have printed it, and have complained of nothing.
func Judge(e Evidence) Outcome {
	o := judge(e)
	if e.Served != nil && e.Served.WrongKey {
		o = o.wrongKey()
	}
	return o
}

// wrongKey is the outcome with a key that is not the certificate's: whatever a client says of a
// handshake that nobody could finish, that is why.
func (o Outcome) wrongKey() Outcome {
	met := o.Verdict == verdict.VerdictRefused || o.Cause == verdict.CauseNoReason
	switch {
	case met:
		o = o.end(verdict.VerdictRefused, verdict.CauseWrongKey, "")
	case o.Verdict == verdict.VerdictNoHandshake && o.Cause == verdict.CauseGround:
		o.Cause, o.Detail = verdict.CauseWrongKey, string(verdict.CauseWrongKey)+"; "+o.Detail
	}
	o.wordless = false
	return o
}

func judge(e Evidence) Outcome {
	o := Outcome{
		ExitCode: e.Result.ExitCode, Seconds: e.Result.Duration.Seconds(), CPUSeconds: e.Result.CPU.Seconds(),
		Command: e.Result.Args, Env: e.Result.Env,
		Fetches: served(e.Fetches),
		Stdout:  printable.Clip(string(e.Result.Stdout), maxKept),
		Stderr:  printable.Clip(string(e.Result.Stderr), maxKept),
	}
	event := e.deciding()
	if event != nil {
		if e.Served != nil {
			sighting := verdict.See(event, e.Served)
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
	explain := e.Scenario.explain()
	cause, message := e.Words.Complaint(output)
	o.Message = message
	printed := bytes.Contains(e.Result.Stdout, []byte(e.Nonce))
	asked := e.asked()
	switch {
	case e.Result.TimedOut:
		return o.end(verdict.VerdictTimedOut, verdict.CauseDeadline, "still running at the deadline")
	case e.Result.Signal != "":
		return o.end(verdict.VerdictCrashed, verdict.CauseCrashed, "the client crashed ("+e.Result.Signal+")"+after(lastLine(output)))
	case printed && !asked:
		return o.end(verdict.VerdictHarnessError, verdict.CauseUnasked, "the client printed the page without asking the camera for it")
	case printed && cause != "":
		return o.end(verdict.VerdictHarnessError, verdict.CauseComplained,
			"the client complained about the certificate and fetched the page all the same: it does not insist")
	case printed:
		return o.complete(e, explain, "the client printed the camera's page")
	case asked && e.Silent && cause == "":
		return o.complete(e, explain, "the camera was asked for a page that only this client knew of")
	case asked:
		return o.end(verdict.VerdictHarnessError, verdict.CauseUnprinted, "the client asked for the page but did not print it")
	case cause != "":
		return o.end(verdict.VerdictRefused, explain.refusal(byAlert(cause, event)), "")
	case event != nil && certificateAlert(event):
		o.Message = lastLine(output)
		return o.end(verdict.VerdictRefused, explain.refusal(byAlert(verdict.CauseRejected, event)), "")
	case e.Resets > 0:
		return o.end(verdict.VerdictCameraBusy, verdict.CauseQueueFull, "the camera's queue was full")
	case event == nil:
		return o.end(verdict.VerdictHarnessError, verdict.CauseNoContact, "the client never connected"+after(lastLine(output)))
	case event.AlertSent() != nil:
		return o.end(verdict.VerdictNoHandshake, verdict.CauseGround, "the camera answered "+event.AlertSent().String())
	case !event.Complete && event.ClientHello == nil:
		return o.end(verdict.VerdictNoHandshake, verdict.CauseNoHello, "the client sent no ClientHello"+after(lastLine(output)))
	}
	o.Message = lastLine(output)
	o.wordless = event.Chosen != nil && serverKinds[e.Scenario.complete().Server].asControl
	if o.Message == "" {
		return o.end(verdict.VerdictHarnessError, verdict.CauseNoReason, "no page, and no reason given")
	}
	return o.end(verdict.VerdictHarnessError, verdict.CauseNoReason, "no page, and no reason that is known: "+o.Message)
}

// Reason is why a cell did not complete, for people: the detail, or the cause where that says it all.
func (o Outcome) Reason() string { return cmp.Or(o.Detail, string(o.Cause)) }

func (o Outcome) end(v verdict.Verdict, cause verdict.Cause, detail string) Outcome {
	o.Verdict, o.Cause, o.Detail = v, cause, detail
	return o
}

// complete tells how the chain was completed. What cannot be explained is no result.
func (o Outcome) complete(e Evidence, explain explanation, proof string) Outcome {
	o.Verdict, o.Proof = verdict.VerdictCompleted, proof
	switch {
	case explain.how != "":
		o.How = explain.how
	case explain.aia && o.Fetches > 0:
		o.How = verdict.HowAIA
		o.Proof += fmt.Sprintf("; the AIA server was asked %d time(s)", o.Fetches)
	case explain.aia && e.Online:
		o.How = verdict.HowAIA
		o.Proof += "; the AIA server was asked over the network, uncounted"
	case explain.other != "":
		o.How = explain.other
		if explain.other == verdict.HowVisit {
			o.Proof += "; the intermediate was sent on the visit before, and only then"
		}
	default:
		return o.end(verdict.VerdictHarnessError, verdict.CauseInexplicable, "completed, although nothing could have supplied the intermediate")
	}
	o.ChainCompleted = o.How != verdict.HowAnchor
	return o
}

// deciding returns the connection that tells most: the one on which the page was
// asked for, else the last one with an alert, else the last one that said something.
func (e *Evidence) deciding() *trace.Event {
	var best *trace.Event
	weight := func(ev *trace.Event) int {
		switch {
		case ev.Asked():
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

// asked reports whether the cell's own path was requested over a finished handshake.
func (e *Evidence) asked() bool {
	for _, ev := range e.Events {
		for _, r := range ev.Requests {
			if ev.Complete && !r.Cut && strings.Contains(r.Line, e.Path) {
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

// certificateAlert reports whether the client sent one of the alerts that speak of
// certificates (RFC 5246 section 7.2.2: 42 to 46, 48, 49).
func certificateAlert(ev *trace.Event) bool {
	a := ev.AlertReceived()
	return a != nil && verdict.CertificateAlert(a.Description)
}

// byAlert makes a cause that names nothing precise with the client's alert.
func byAlert(cause verdict.Cause, event *trace.Event) verdict.Cause {
	if cause != verdict.CauseRejected || event == nil {
		return cause
	}
	if a := event.AlertReceived(); a != nil {
		switch a.Description {
		case alertCertificateExpired:
			return verdict.CauseExpired
		case alertUnknownCA:
			return verdict.CauseUnknown
		}
	}
	return cause
}

// Alerts that name their cause (RFC 5246 section 7.2.2).
const (
	alertCertificateExpired = 45
	alertUnknownCA          = 48
)

// lastLine returns the last line of an output, fit for a terminal; "" when there is none.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return printable.Line(last)
	}
	return ""
}

// after puts words behind a cause; there may be none.
func after(words string) string {
	if words == "" {
		return ""
	}
	return ": " + words
}
