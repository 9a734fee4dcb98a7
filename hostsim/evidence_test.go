package hostsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/aia"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// TestJudge: what is hard to bring about with a program, or what must not be decided
// by one end alone.
func TestJudge(t *testing.T) {
	const nonce, path = "the-nonce", "/the-path"
	asked := device.Event{Complete: true, ClientHello: &device.ClientHello{}, Requests: []device.Request{{Line: "GET " + path + " HTTP/1.1"}}}
	said := func(stdout, stderr string) sandbox.Result {
		return sandbox.Result{Stdout: []byte(stdout), Stderr: []byte(stderr)}
	}
	alert := func(description uint8, name string, sent bool) device.Event {
		return device.Event{ClientHello: &device.ClientHello{}, Alerts: []device.Alert{{Sent: sent, Level: 2, Description: description, Name: name}}}
	}
	for _, tc := range []struct {
		name     string
		evidence hostsim.Evidence
		verdict  hostsim.Verdict
		how      hostsim.How
		cause    string
	}{
		{"the page came", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said(nonce, ""), Events: []device.Event{asked}}, hostsim.Completed, hostsim.Sent, ""},
		{"a browser's spare connections besides", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said(nonce, ""), Events: []device.Event{asked, {}, {ClientHello: &device.ClientHello{}}}}, hostsim.Completed, hostsim.Sent, ""},
		{"by AIA", hostsim.Evidence{Scenario: hostsim.ByAIA, Result: said(nonce, ""), Events: []device.Event{asked}, Fetches: []aia.Fetch{{Status: 200}}}, hostsim.Completed, hostsim.FromAIA, ""},
		{"by AIA, which nobody asked", hostsim.Evidence{Scenario: hostsim.ByAIA, Result: said(nonce, ""), Events: []device.Event{asked}, Fetches: []aia.Fetch{{Status: 404}}}, hostsim.HarnessError, "", "nothing could have supplied"},
		{"the leaf alone was enough", hostsim.Evidence{Scenario: hostsim.LeafOnly, Result: said(nonce, ""), Events: []device.Event{asked}}, hostsim.HarnessError, "", "nothing could have supplied"},
		{"the nonce on standard error", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said("", nonce), Events: []device.Event{asked}}, hostsim.HarnessError, "", "did not print it"},
		{"the nonce without a request", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said(nonce, "")}, hostsim.HarnessError, "", "without asking the camera"},
		{"another path was asked for", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said(nonce, ""), Events: []device.Event{{Complete: true, Requests: []device.Request{{Line: "GET / HTTP/1.1"}}}}}, hostsim.HarnessError, "", "without asking the camera"},
		{"an alert and no words", hostsim.Evidence{Scenario: hostsim.LeafOnly, Events: []device.Event{alert(48, "unknown_ca", false)}}, hostsim.Refused, "", hostsim.CauseMissing},
		{"an alert about dates and no words", hostsim.Evidence{Scenario: hostsim.Expired, Events: []device.Event{alert(45, "certificate_expired", false)}}, hostsim.Refused, "", hostsim.CauseExpired},
		{"an alert that is not about certificates", hostsim.Evidence{Scenario: hostsim.LeafOnly, Events: []device.Event{alert(80, "internal_error", false)}}, hostsim.HarnessError, "", "no reason given"},
		{"no common suite", hostsim.Evidence{Scenario: hostsim.LeafOnly, Events: []device.Event{alert(40, "handshake_failure", true)}}, hostsim.NoHandshake, "", "handshake_failure"},
		{"a full queue", hostsim.Evidence{Scenario: hostsim.LeafOnly, Result: said("", "connection reset by peer"), Resets: 1}, hostsim.CameraBusy, "", "queue was full"},
		{"a full queue for one of two connections", hostsim.Evidence{Scenario: hostsim.SecondLoad, Result: said(nonce, ""), Events: []device.Event{asked}, Resets: 1}, hostsim.Completed, hostsim.Sent, ""},
		{"the deadline", hostsim.Evidence{Scenario: hostsim.LeafOnly, Result: sandbox.Result{TimedOut: true, Stderr: []byte("certificate has expired")}}, hostsim.TimedOut, "", "deadline"},
		{"words that would move the cursor", hostsim.Evidence{Scenario: hostsim.LeafOnly, Result: said("", "\x1b[2Jcertificate has expired\r\n"), Events: []device.Event{alert(45, "certificate_expired", false)}}, hostsim.Refused, "", hostsim.CauseExpired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.evidence.Nonce, tc.evidence.Path = nonce, path
			o := hostsim.Judge(tc.evidence)
			require.Equal(t, tc.verdict, o.Verdict, o.Cause)
			require.Equal(t, tc.how, o.How)
			require.Contains(t, o.Cause, tc.cause)
			require.NotContains(t, o.Message, "\x1b")
			require.Equal(t, o.Verdict == hostsim.Completed, o.ChainCompleted)
			require.Equal(t, string(tc.evidence.Result.Stdout), o.Stdout, "what the client printed is kept")
		})
	}
}
