package verdict

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/policy"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
)

// suspicion is the most likely cause of a refusal that the client did not explain, with a
// sentence that says so.
func (v view) suspicion(now time.Time) (cause Cause, because string) {
	leaf := v.s.Leaf()
	if leaf == nil {
		return CauseRejected, "nothing is known of the certificate here"
	}
	asked := ""
	if v.e.ClientHello != nil {
		asked = v.e.ClientHello.ServerName
	}
	dates := outOfDate(leaf, now)
	switch {
	case v.s.Untrusted:
		return CauseTrust, "as it has to be, because no client trusts this root"
	case v.s.WrongKey:
		return CauseWrongKey, "most likely the handshake's signature failed, because the key on the camera is not the certificate's"
	case asked != "" && leaf.VerifyHostname(asked) != nil:
		return CauseName, fmt.Sprintf("most likely the name is wrong, because it asked for %s and the certificate is for %s",
			printable.Line(asked), namesOf(leaf))
	case dates != "":
		return CauseExpired, "most likely the certificate's dates are wrong, because " + dates
	case v.s.SelfSigned():
		return CauseSelfSigned, "most likely it does not trust the certificate, because that is self-signed"
	case v.s.Gap():
		return CauseMissing, "most likely it does not know the issuer, because the camera did not send " + v.s.Lacks() + v.habits()
	case asked == "" && len(leaf.IPAddresses) == 0:
		return CauseName,
			"most likely the name is wrong, because it asked for none (perhaps it was given an address) and the certificate is for " + namesOf(leaf)
	}
	if found, stack := v.refusedByAll(asked, now); found.Fault != "" {
		return CauseRejected, fmt.Sprintf("most likely it does not accept the certificate %q, because clients with %s mind that: %s",
			certname.Title(found.Certificate), stack, found.Fault.Words())
	}
	return CauseTrust,
		fmt.Sprintf("most likely it does not trust the root \"%s\", because nothing is missing", v.s.RootName())
}

// refusedByAll returns what the models of all clients with the guessed TLS library refuse about what was sent,
// if there is such a thing.
func (v view) refusedByAll(asked string, now time.Time) (found policy.Found, stack string) {
	if v.s.Root == nil {
		return policy.Found{}, ""
	}
	stack = GuessStack(v.e.ClientHello)
	q := policy.Question{Sent: v.s.Sent, Roots: []*x509.Certificate{v.s.Root}, Host: asked, At: now}
	for _, p := range policy.Families() {
		if p.Stack != stack {
			continue
		}
		for _, model := range p.Verifiers() {
			answer := model.Verify(q)
			if answer.Completes || answer.Certificate == nil {
				return policy.Found{}, stack
			}
			found = answer.Found
		}
	}
	return found, stack
}

// habits says whether clients of the guessed TLS library look for missing intermediates.
func (v view) habits() string {
	stack := GuessStack(v.e.ClientHello)
	families, searching := 0, 0
	for _, p := range policy.Families() {
		if p.Stack != stack {
			continue
		}
		families++
		if p.AIA && p.AIAOption == "" || p.Preloaded {
			searching++
		}
	}
	switch {
	case families == 0 || 2*searching >= families:
		return ""
	case searching == 0:
		return fmt.Sprintf(" and clients with %s do not look for it", stack)
	}
	return fmt.Sprintf(" and most clients with %s do not look for it", stack)
}

// leftWithAlert reports whether the last thing that the client said was an alert other than a
// plain end.
func (v view) leftWithAlert() bool {
	const closeNotify = 0
	a := v.e.AlertReceived()
	return a != nil && a.Description != closeNotify
}

// alertWords is what alerts of a client mean after the certificate (RFC 5246 section 7.2.2, RFC
// 8446 section 6.2). Those that are not here say nothing of the cause.
var alertWords = map[uint8]struct {
	cause  Cause
	ground Ground
	words  string
}{
	43:  {CauseRejected, "", "it cannot use this kind of certificate"},
	44:  {CauseRejected, "", "it takes the certificate for revoked"},
	45:  {CauseExpired, "", "the certificate's dates are wrong for it"},
	48:  {CauseUnknown, "", "it does not know the issuer"},
	51:  {CauseRejected, "", "a signature of the handshake does not verify for it"},
	70:  {CauseGround, GroundVersions, "it does not accept TLS 1.2"},
	71:  {CauseGround, "", "what the camera chose is too weak for it"},
	90:  {CauseRejected, "", "its user or its program cancelled"},
	113: {CauseRejected, "", "it wants a stapled OCSP answer, which the camera never sends"},
}

// left is the sighting of a client that left with an alert.
func (v view) left(a *trace.Alert) Sighting {
	now := time.Now()
	known, explicit := alertWords[a.Description]
	switch {
	case known.cause == CauseGround:
		o := v.says(VerdictNoHandshake, CauseGround, fmt.Sprintf("left: %s (%s)", known.words, a.Name))
		o.Ground = known.ground
		return o
	case v.e.Chosen == nil:
		return v.says(VerdictNoHandshake, CauseGround, "left with alert "+a.Name)
	case !explicit:
		cause, because := v.suspicion(now)
		o := v.says(VerdictRefused, cause, fmt.Sprintf("refused the certificate (%s): %s", a.Name, because))
		o.Guess = true
		return o
	}
	o := v.says(VerdictRefused, known.cause, fmt.Sprintf("refused: %s (%s)", known.words, a.Name))
	cause, more := v.explain(known.cause, now)
	o.Cause = cause
	if more != "" {
		o.Sentence += ". " + more
	}
	return o
}

// explain makes the cause that an alert gives precise with what is known of the chain.
func (v view) explain(cause Cause, now time.Time) (precise Cause, more string) {
	leaf := v.s.Leaf()
	if leaf == nil {
		return cause, ""
	}
	switch cause {
	case CauseUnknown:
		switch {
		case v.s.SelfSigned():
			return CauseSelfSigned, "It would have to trust this very certificate, which is self-signed"
		case v.s.Gap():
			return CauseMissing, "It needs " + v.s.Lacks()
		}
		if v.s.Untrusted {
			return CauseTrust, "That is as it has to be: no client trusts this root"
		}
		return CauseTrust, fmt.Sprintf("Nothing is missing: it does not trust the root \"%s\"", v.s.RootName())
	case CauseExpired:
		if dates := outOfDate(leaf, now); dates != "" {
			return cause, strings.ToUpper(dates[:1]) + dates[1:]
		}
		return cause, fmt.Sprintf("It is valid from %s to %s: the client's clock may be wrong",
			leaf.NotBefore.UTC().Format(time.DateOnly), leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	if v.s.WrongKey {
		return CauseWrongKey, "The key on the camera is not the certificate's"
	}
	return cause, ""
}

// refusedByCamera says why the camera refused the client's certificate; "" when it did not.
func (v view) refusedByCamera() string {
	const what = "the camera did not accept the client's own certificate"
	var value *micropython.ValueError
	sent := v.e.AlertSent()
	switch {
	case errors.Is(v.e.Exception, micropython.ErrNoClientCertificate):
		return "sent no certificate of its own, which the camera requires"
	case sent != nil && CertificateAlert(sent.Description):
		return what + " (" + sent.Name + ")"
	case errors.As(v.e.Exception, &value):
		return what
	}
	return ""
}

// outOfMemory reports whether an allocation of the camera failed.
func (v view) outOfMemory() bool { return errors.Is(v.e.Exception, micropython.ErrNoMemory) }

func timedOut(e *trace.Event) bool {
	var timeout net.Error
	return errors.As(e.Exception, &timeout) && timeout.Timeout()
}

// stopped reports whether the server was closed while the connection was open.
func stopped(e *trace.Event) bool { return errors.Is(e.Exception, net.ErrClosed) }

// CertificateAlert reports whether an alert speaks of a certificate: bad, unsupported, revoked, expired,
// unknown, of an unknown CA, or refused (RFC 5246 section 7.2.2).
func CertificateAlert(description uint8) bool {
	return description >= 42 && description <= 46 || description == 48 || description == 49
}
