package verdict

import (
	"strings"

	"github.com/leafcam/leafcam/internal/printable"
)

// asked is the sighting of a client that sent a whole request; answered says that the camera had nothing to
// complain of while it answered.
func (v view) asked(answered bool) Sighting {
	var what []string
	for _, r := range v.e.Requests {
		if !r.Cut {
			what = append(what, requested(r.Line))
		}
		answered = answered && !isPreface(r.Line)
	}
	did := strings.Join(what, ", ")
	switch {
	case v.s.Untrusted && v.control == ControlOverruled:
		return v.says(VerdictCompleted, CauseBlind,
			"accepted a certificate of an unknown issuer, after a refusal: the user went on anyway, or two programs look alike. It "+did)
	case v.s.Untrusted:
		return v.says(VerdictCompleted, CauseBlind, string(CauseBlind)+": it accepted a certificate of an unknown issuer and "+did)
	case v.control == ControlAccepted:
		return v.says(VerdictCompleted, CauseBlind, string(CauseBlind)+", as the control has shown: it "+did)
	case v.control == ControlOverruled:
		return v.says(VerdictCompleted, CauseBlind, "proves nothing, because the control was also accepted after a refusal: it "+did)
	case v.s.SelfSigned():
		did = "accepted the self-signed certificate and " + did
	case v.s.Gap() && answered:
		did = "got the page " + v.acrossTheGap() + ". It " + did
	case v.s.Gap():
		did += " " + v.acrossTheGap()
	case len(v.s.Sent) > 1:
		did = "accepted the chain that was sent and " + did
	default:
		did = "accepted the certificate and " + did
	}
	return v.says(VerdictCompleted, "", did)
}

// acrossTheGap says how a client can have come to accept a chain with a gap.
func (v view) acrossTheGap() string {
	what, it := "the intermediate", "it"
	switch {
	case len(v.s.Missing) == 0 && !publiclyIssued(v.s.Sent[0]):
		what = "the issuer" // perhaps a root
	case len(v.s.Missing) > 1:
		what, it = "the intermediates", "them"
	}
	across := "without " + what + " being sent: it found " + it + " elsewhere"
	if v.control == ControlRefused {
		return across + ", for it refused the control"
	}
	return across + ", or it does not verify; the control tells"
}

// requested says what a request line asks for.
func requested(line string) string {
	method, rest, _ := strings.Cut(line, " ")
	path, _, isHTTP := strings.Cut(rest, " HTTP/")
	switch {
	case isPreface(line):
		return "began HTTP/2 by prior knowledge, which the camera does not speak,"
	case !isHTTP:
		return `sent "` + printable.Line(line) + `"`
	case method == "GET":
		return "asked for " + printable.Line(path)
	}
	return "sent " + printable.Line(method+" "+path)
}

// isPreface reports whether a request line is the one that every client of HTTP/2 begins with (RFC 9113 section 3.4).
func isPreface(line string) bool { return line == "PRI * HTTP/2.0" }
