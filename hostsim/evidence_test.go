package hostsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestJudge: what is hard to bring about with a program, or what must not be decided
// by one end alone.
func TestJudge(t *testing.T) {
	const nonce, path = "the-nonce", "/the-path"
	asked := trace.Event{Complete: true, ClientHello: &trace.ClientHello{}, Requests: []trace.Request{{Line: "GET " + path + " HTTP/1.1"}}}
	said := func(stdout, stderr string) sandbox.Result {
		return sandbox.Result{Stdout: []byte(stdout), Stderr: []byte(stderr)}
	}
	alert := func(description uint8, name string, sent bool) trace.Event {
		return trace.Event{ClientHello: &trace.ClientHello{}, Alerts: []trace.Alert{{Sent: sent, Level: 2, Description: description, Name: name}}}
	}
	for _, tc := range []struct {
		name     string
		evidence hostsim.Evidence
		verdict  verdict.Verdict
		how      verdict.How
		cause    string
	}{
		{
			"the page came",
			hostsim.Evidence{Scenario: hostsim.ScenarioSecondLoad(), Result: said(nonce, ""), Events: []trace.Event{asked}},
			verdict.VerdictCompleted, verdict.HowSent, "",
		},
		{
			"a browser's spare connections besides",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioSecondLoad(), Result: said(nonce, ""),
				Events: []trace.Event{asked, {}, {ClientHello: &trace.ClientHello{}}},
			},
			verdict.VerdictCompleted, verdict.HowSent, "",
		},
		{
			"by AIA",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioAIA(), Result: said(nonce, ""),
				Events: []trace.Event{asked}, Fetches: []aia.Fetch{{Status: 200}},
			},
			verdict.VerdictCompleted, verdict.HowAIA, "",
		},
		{
			"by AIA, which nobody asked",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioAIA(), Result: said(nonce, ""),
				Events: []trace.Event{asked}, Fetches: []aia.Fetch{{Status: 404}},
			},
			verdict.VerdictHarnessError, "", "nothing could have supplied",
		},
		{
			"the leaf alone was enough",
			hostsim.Evidence{Scenario: hostsim.ScenarioLeafOnly(), Result: said(nonce, ""), Events: []trace.Event{asked}},
			verdict.VerdictHarnessError, "", "nothing could have supplied",
		},
		{
			"the nonce on standard error",
			hostsim.Evidence{Scenario: hostsim.ScenarioSecondLoad(), Result: said("", nonce), Events: []trace.Event{asked}},
			verdict.VerdictHarnessError, "", "did not print it",
		},
		{
			"the nonce without a request",
			hostsim.Evidence{Scenario: hostsim.ScenarioSecondLoad(), Result: said(nonce, "")},
			verdict.VerdictHarnessError, "", "without asking the camera",
		},
		{
			"another path was asked for",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioSecondLoad(), Result: said(nonce, ""),
				Events: []trace.Event{{Complete: true, Requests: []trace.Request{{Line: "GET / HTTP/1.1"}}}},
			},
			verdict.VerdictHarnessError, "", "without asking the camera",
		},
		{
			"an alert and no words",
			hostsim.Evidence{Scenario: hostsim.ScenarioLeafOnly(), Events: []trace.Event{alert(48, "unknown_ca", false)}},
			verdict.VerdictRefused, "", string(verdict.CauseMissing),
		},
		{
			"an alert about dates and no words",
			hostsim.Evidence{
				Scenario: hostsim.Scenario{Server: hostsim.ServeSecondLoad, Leaf: hostsim.LeafExpired, Role: hostsim.RoleNegative},
				Events:   []trace.Event{alert(45, "certificate_expired", false)},
			},
			verdict.VerdictRefused, "", string(verdict.CauseExpired),
		},
		{
			"an alert that is not about certificates",
			hostsim.Evidence{Scenario: hostsim.ScenarioLeafOnly(), Events: []trace.Event{alert(80, "internal_error", false)}},
			verdict.VerdictHarnessError, "", "no reason given",
		},
		{
			"no common suite",
			hostsim.Evidence{Scenario: hostsim.ScenarioLeafOnly(), Events: []trace.Event{alert(40, "handshake_failure", true)}},
			verdict.VerdictNoHandshake, "", "handshake_failure",
		},
		{
			"a full queue",
			hostsim.Evidence{Scenario: hostsim.ScenarioLeafOnly(), Result: said("", "connection reset by peer"), Resets: 1},
			verdict.VerdictCameraBusy, "", "queue was full",
		},
		{
			"a full queue for one of two connections",
			hostsim.Evidence{Scenario: hostsim.ScenarioSecondLoad(), Result: said(nonce, ""), Events: []trace.Event{asked}, Resets: 1},
			verdict.VerdictCompleted, verdict.HowSent, "",
		},
		{
			"the deadline",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioLeafOnly(),
				Result:   sandbox.Result{TimedOut: true, Stderr: []byte("certificate has expired")},
			},
			verdict.VerdictTimedOut, "", "deadline",
		},
		{
			"a crash",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioLeafOnly(), Result: sandbox.Result{Signal: "segmentation fault", ExitCode: -1},
				Events: []trace.Event{alert(48, "unknown_ca", false)},
			},
			verdict.VerdictCrashed, "", "the client crashed (segmentation fault)",
		},
		{
			"words that would move the cursor",
			hostsim.Evidence{
				Scenario: hostsim.ScenarioLeafOnly(), Result: said("", "\x1b[2Jcertificate has expired\r\n"),
				Events: []trace.Event{alert(45, "certificate_expired", false)},
			},
			verdict.VerdictRefused, "", string(verdict.CauseExpired),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.evidence.Nonce, tc.evidence.Path, tc.evidence.Words = nonce, path, words
			o := hostsim.Judge(tc.evidence)
			require.Equal(t, tc.verdict, o.Verdict, o.Reason())
			require.Equal(t, tc.how, o.How)
			require.Contains(t, o.Reason(), tc.cause)
			require.NotContains(t, o.Message, "\x1b")
			require.Equal(t, o.Verdict == verdict.VerdictCompleted, o.ChainCompleted)
			require.Equal(t, string(tc.evidence.Result.Stdout), o.Stdout, "what the client printed is kept")
		})
	}
}
