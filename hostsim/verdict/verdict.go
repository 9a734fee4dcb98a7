package verdict

// A Verdict says how a cell ended.
type Verdict string

// The verdicts. Only Completed and Refused speak of the certificate.
const (
	VerdictCompleted     Verdict = "completed"      // the client got the page and accepted the certificate
	VerdictRefused       Verdict = "refused"        // the client did not accept the certificate
	VerdictNoHandshake   Verdict = "no handshake"   // camera and client found no common ground
	VerdictCameraBusy    Verdict = "camera busy"    // the camera reset the connection: its queue was full
	VerdictNotInstalled  Verdict = "not installed"  // the client is not on this machine
	VerdictCannotIsolate Verdict = "cannot isolate" // the machine does not permit what this client needs
	VerdictTimedOut      Verdict = "timed out"      // the deadline passed
	VerdictCrashed       Verdict = "crashed"        // the client ended by a signal
	VerdictHarnessError  Verdict = "harness error"  // nothing can be said; the cause tells why
)

// How says what let a client complete.
type How string

// The ways. Sent, FromAIA, FromStore, FromVisit and ByItself completed the chain; with Anchor the chain ended
// at a certificate that the client was told to trust, before it came to the root.
const (
	HowSent   How = "sent"   // the camera sent the intermediate
	HowAIA    How = "aia"    // the client fetched it
	HowStore  How = "store"  // the client had it in its store
	HowVisit  How = "visit"  // the client kept it from an earlier visit
	HowItself How = "itself" // the client found it somewhere, as far as the camera can tell
	HowAnchor How = "anchor" // the client took it, or the leaf, as a trust anchor
)

// A Cause says why a client did not complete: a short, stable word, beside which free text can say
// more.
type Cause string

// Causes of a refusal.
const (
	CauseMissing    Cause = "missing intermediate"
	CauseNoAnchor   Cause = "the intermediate is no anchor"
	CauseUnknown    Cause = "unknown issuer"
	CauseSelfSigned Cause = "self-signed certificate not accepted"
	CauseNotPinned  Cause = "the leaf is no anchor"
	CauseNoTrust    Cause = "no trust anchor was given"
	CauseName       Cause = "wrong name"
	CauseExpired    Cause = "expired"
	CauseRejected   Cause = "certificate rejected"
)

// Causes of cells that say nothing of the certificate.
const (
	CauseInexplicable Cause = "inexplicable"     // completed, although nothing could have supplied the intermediate
	CauseDeadline     Cause = "deadline"         // still running when it passed
	CauseCrashed      Cause = "crashed"          // the client ended by a signal
	CauseUnasked      Cause = "page unasked"     // printed, and the camera was not asked for it
	CauseComplained   Cause = "does not insist"  // complained, and fetched the page all the same
	CauseUnprinted    Cause = "page not printed" // asked for, and not printed
	CauseNoContact    Cause = "never connected"
	CauseNoReason     Cause = "no reason given"
	CauseQueueFull    Cause = "queue full" // the camera reset the connection
	CauseNoHello      Cause = "no ClientHello"
	CauseHarness      Cause = "harness"     // the machine or the harness stood in the way
	CauseNotFitting   Cause = "not fitting" // the scenario is not for the files, the client or the machine
	CauseAbsent       Cause = "not installed"
	CauseDoubt        Cause = "controls failed" // the client's controls did not come out right
	CauseNotTried     Cause = "not tried"
	CauseNotLoaded    Cause = "not loaded" // the camera does not load a certificate of the user's
)

// Verdicts of cells that were not run, or of rows as a whole.
const (
	VerdictNotApplicable Verdict = "not applicable"  // the user's files, or the client, do not allow the scenario
	VerdictOtherSystem   Verdict = "other system"    // the client belongs to another operating system
	VerdictNeverVerifies Verdict = "does not verify" // the client accepts any certificate, as everybody knows
)

// Known reports whether it is one of those above.
func (v Verdict) Known() bool {
	switch v {
	case VerdictCompleted, VerdictRefused, VerdictNoHandshake, VerdictCameraBusy, VerdictNotInstalled,
		VerdictCannotIsolate, VerdictTimedOut, VerdictCrashed, VerdictHarnessError,
		VerdictNotApplicable, VerdictOtherSystem, VerdictNeverVerifies:
		return true
	}
	return false
}
