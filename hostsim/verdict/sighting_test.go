package verdict_test

import (
	"crypto/x509"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
)

func TestServed(t *testing.T) {
	pki, err := certs.NewGenerationY(certs.KeyECDSAP256)
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	self, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	rooted, err := (&certs.PKI{Root: pki.Root}).Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	chain, root := pki.Chain(), pki.Root.Certificate
	names := make([]string, len(chain))
	for i, c := range chain {
		names[i] = `"` + certname.Title(c) + `"`
	}
	issuers := append(pki.Chain(), root)
	for _, tc := range []struct {
		name        string
		sent, known []*x509.Certificate
		gap         bool
		lacks       string
	}{
		{
			"leaf alone, chain known", []*x509.Certificate{leaf.Certificate}, issuers, true,
			"the intermediates " + names[0] + ", " + names[1] + " and " + names[2],
		},
		{"leaf alone, nothing known", []*x509.Certificate{leaf.Certificate}, nil, true, "the issuer " + names[0]},
		{"part of the chain", append([]*x509.Certificate{leaf.Certificate}, chain[:2]...), issuers, true, "the intermediate " + names[2]},
		{"whole chain", append([]*x509.Certificate{leaf.Certificate}, chain...), issuers, false, ""},
		{"whole chain, root unknown", append([]*x509.Certificate{leaf.Certificate}, chain...), nil, false, ""},
		{"issued by the root, and nothing else known", []*x509.Certificate{rooted.Certificate}, []*x509.Certificate{root}, false, ""},
		{"leaf alone, one intermediate of three known", []*x509.Certificate{leaf.Certificate}, chain[:1], true, "the intermediate " + names[0]},
		{"issued by the root", []*x509.Certificate{rooted.Certificate}, issuers, false, ""},
		{"self-signed", []*x509.Certificate{self.Certificate}, nil, false, ""},
		{"nothing", nil, nil, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := verdict.NewServed(tc.sent, tc.known)
			require.Equal(t, tc.gap, s.Gap())
			require.Equal(t, tc.lacks, s.Lacks())
		})
	}
}

// shown are the servers of the sightings below: the same leaf with one intermediate.
type shown struct{ alone, whole, self, expired, wrongKey, control, three, bare *verdict.Served }

func newShown(t *testing.T) shown {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	issue := func(o certs.LeafOptions) *x509.Certificate {
		o.DNS = []string{"cam.example.com"}
		leaf, err := pki.Issue(o)
		require.NoError(t, err)
		return leaf.Certificate
	}
	self, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	three, err := certs.NewGenerationY(certs.KeyECDSAP256)
	require.NoError(t, err)
	deep, err := three.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	leaf, known := issue(certs.LeafOptions{}), append(pki.Chain(), pki.Root.Certificate)
	expired := issue(certs.LeafOptions{NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})
	s := shown{
		verdict.NewServed([]*x509.Certificate{leaf}, known), verdict.NewServed(append([]*x509.Certificate{leaf}, pki.Chain()...), known),
		verdict.NewServed([]*x509.Certificate{self.Certificate}, nil), verdict.NewServed([]*x509.Certificate{expired}, known),
		verdict.NewServed([]*x509.Certificate{leaf}, known), verdict.NewServed([]*x509.Certificate{leaf}, known),
		verdict.NewServed([]*x509.Certificate{deep.Certificate}, three.Chain()), verdict.NewServed([]*x509.Certificate{leaf}, nil),
	}
	s.wrongKey.WrongKey, s.control.Untrusted = true, true
	return s
}

// Parts of events.
var (
	stranger = func(name string) *trace.ClientHello {
		hello := helloTo(name)
		hello.SignatureAlgorithms = []trace.Codepoint{0x0403, 0x0401}
		return hello
	}
	// OpenSSL's, as far as it is looked at.
	helloTo = func(name string, versions ...trace.Codepoint) *trace.ClientHello {
		return &trace.ClientHello{
			Version: 0x0303, ServerName: name, SupportedVersions: versions, CipherSuites: []trace.Codepoint{0xc02b},
			SignatureAlgorithms: []trace.Codepoint{0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809},
		}
	}
	chosen   = &trace.Chosen{Suite: 0xc02b}
	received = func(description uint8) []trace.Alert {
		return []trace.Alert{{Level: 2, Description: description, Name: trace.AlertName(description)}}
	}
	get     = []trace.Request{{Line: "GET /snapshot.jpg HTTP/1.1"}}
	preface = []trace.Request{{Line: "PRI * HTTP/2.0"}}
	cut     = []trace.Request{{Line: "GET /sna", Cut: true}}
)

func TestSee(t *testing.T) {
	s := newShown(t)
	const host = "cam.example.com"
	reset := &micropython.OSError{Errno: 104}
	timeout := &micropython.OSError{Errno: 110}
	for _, tc := range []struct {
		name     string
		event    trace.Event
		served   *verdict.Served
		verdict  verdict.Verdict
		cause    verdict.Cause
		guess    bool
		sentence string
	}{
		{"asks, leaf alone", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.alone,
			verdict.VerdictCompleted, "", false,
			"got the page without the intermediate being sent: it found it elsewhere, or it does not verify; the control tells. " +
				"It asked for /snapshot.jpg"},
		{"asks and is gone before the answer, leaf alone",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get, Exception: reset}, s.alone,
			verdict.VerdictCompleted, "", false,
			"asked for /snapshot.jpg without the intermediate being sent: it found it elsewhere, or it does not verify; the control tells"},
		{"asks, leaf alone, several missing", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.three,
			verdict.VerdictCompleted, "", false, "got the page without the intermediates being sent: it found them elsewhere"},
		{"asks, leaf alone, nothing known", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.bare,
			verdict.VerdictCompleted, "", false, "got the page without the issuer being sent: it found it elsewhere"},
		{"asks in HTTP/2", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: preface}, s.whole,
			verdict.VerdictCompleted, "", false,
			"accepted the chain that was sent and began HTTP/2 by prior knowledge, which the camera does not speak"},
		{"asks in HTTP/2, leaf alone", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: preface}, s.alone,
			verdict.VerdictCompleted, "", false,
			"began HTTP/2 by prior knowledge, which the camera does not speak, without the intermediate being sent"},
		{"leaves in the middle of a request", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: cut}, s.alone,
			verdict.VerdictNoRequest, verdict.CauseCut, false, `left in the middle of its request ("GET /sna")`},
		{"stops in the middle of a request",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: cut, Exception: timeout}, s.alone,
			verdict.VerdictNoRequest, verdict.CauseCut, false, `stopped in the middle of its request ("GET /sna") until the camera's timeout`},
		{"refuses in the middle of a request",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: cut, Alerts: received(48)}, s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, false, "refused: it does not know the issuer (unknown_ca)"},
		{"is cut off in the middle of a request",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: cut, Exception: net.ErrClosed}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseStopped, false, "was cut off: the camera was stopped"},
		{"asks, whole chain", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.whole,
			verdict.VerdictCompleted, "", false, "accepted the chain that was sent and asked for /snapshot.jpg"},
		{
			"asks, self-signed",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: []trace.Request{{Line: "POST /x HTTP/1.1"}}},
			s.self,
			verdict.VerdictCompleted, "", false, "accepted the self-signed certificate and sent POST /x",
		},
		{"asks, unknown issuer", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.control,
			verdict.VerdictCompleted, verdict.CauseBlind, false,
			"verifies nothing: it accepted a certificate of an unknown issuer and asked for /snapshot.jpg"},
		{
			"speaks another protocol inside",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: []trace.Request{{Line: "HELO\x1b[2J"}}},
			s.alone,
			verdict.VerdictCompleted, "", false, `the control tells. It sent "HELO\x1b[2J"`,
		},
		{"unknown_ca, leaf alone", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, false,
			`refused: it does not know the issuer (unknown_ca). It needs the intermediate "leafcam test root, intermediate 1"`},
		{"unknown_ca, whole chain", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.whole,
			verdict.VerdictRefused, verdict.CauseTrust, false,
			`refused: it does not know the issuer (unknown_ca). Nothing is missing: it does not trust the root "leafcam test root"`},
		{"unknown_ca, self-signed", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.self,
			verdict.VerdictRefused, verdict.CauseSelfSigned, false,
			"refused: it does not know the issuer (unknown_ca). It would have to trust this very certificate, which is self-signed"},
		{"certificate_expired, and it has", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(45)}, s.expired,
			verdict.VerdictRefused, verdict.CauseExpired, false,
			"refused: the certificate's dates are wrong for it (certificate_expired). It has expired on " +
				time.Now().Add(-24*time.Hour).UTC().Format(time.DateOnly)},
		{"certificate_expired, and it has not", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(45)}, s.alone,
			verdict.VerdictRefused, verdict.CauseExpired, false, "the client's clock may be wrong"},
		{"decrypt_error, another key", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(51)}, s.wrongKey,
			verdict.VerdictRefused, verdict.CauseWrongKey, false,
			"refused: a signature of the handshake does not verify for it (decrypt_error). The key on the camera is not the certificate's"},
		{"bad_certificate, leaf alone", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(42)}, s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, true,
			`refused the certificate (bad_certificate): most likely it does not know the issuer, ` +
				`because the camera did not send the intermediate "leafcam test root, intermediate 1"`},
		{"bad_certificate, another name", trace.Event{ClientHello: helloTo("other.example"), Chosen: chosen, Alerts: received(42)}, s.whole,
			verdict.VerdictRefused, verdict.CauseName, true,
			"refused the certificate (bad_certificate): most likely the name is wrong, " +
				"because it asked for other.example and the certificate is for cam.example.com"},
		{"bad_certificate, unknown issuer", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(42)}, s.control,
			verdict.VerdictRefused, verdict.CauseTrust, true,
			"refused the certificate (bad_certificate): as it has to be, because no client trusts this root"},
		{"internal_error after the certificate", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(80)}, s.expired,
			verdict.VerdictRefused, verdict.CauseExpired, true, "most likely the certificate's dates are wrong, because it has expired on"},
		{"protocol_version from the client", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(70)}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseGround, false, "left: it does not accept TLS 1.2 (protocol_version)"},
		{"closes in the handshake", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: reset}, s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, true,
			`closed without a word after the certificate: most likely it does not know the issuer, ` +
				`because the camera did not send the intermediate "leafcam test root, intermediate 1"`},
		{
			"closes with close_notify after the handshake",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Alerts: received(0)},
			s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, true, "closed without a word after the handshake: most likely it does not know the issuer",
		},
		{"closes, no server name", trace.Event{ClientHello: helloTo(""), Chosen: chosen, Exception: reset}, s.whole,
			verdict.VerdictRefused, verdict.CauseName, true,
			"because it asked for none (perhaps it was given an address) and the certificate is for cam.example.com"},
		{"closes, nothing wrong", trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true}, s.whole,
			verdict.VerdictRefused, verdict.CauseTrust, true,
			`most likely it does not trust the root "leafcam test root", because nothing is missing; or it only tried whether the port answers`},
		{"closes in the handshake, and looks like nobody", trace.Event{ClientHello: stranger(host), Chosen: chosen, Exception: reset}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseSilence, false,
			"left after its ClientHello without an alert, and looks like no client that is known: " +
				"it only tried what answers, or refused in silence"},
		{"refuses, and looks like nobody", trace.Event{ClientHello: stranger(host), Chosen: chosen, Alerts: received(48)}, s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, false, "refused: it does not know the issuer (unknown_ca)"},
		{"leaves after its hello", trace.Event{ClientHello: helloTo(host), Exception: reset}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseSilence, false, "left after its ClientHello"},
		{"plain HTTP to a script that leaves it waiting", trace.Event{Opening: "GET /", LeftOpen: true}, s.alone,
			verdict.VerdictNoHandshake, verdict.CausePlainHTTP, false,
			"spoke plain HTTP on the TLS port. Its address has to begin with https://. The script leaves the connection open"},
		{"plain HTTP", trace.Event{Opening: "GET /"}, s.alone,
			verdict.VerdictNoHandshake, verdict.CausePlainHTTP, false, "spoke plain HTTP on the TLS port. Its address has to begin with https://"},
		{"HTTP/2 without TLS", trace.Event{Opening: "PRI * HTTP/2.0\r\n"}, s.alone,
			verdict.VerdictNoHandshake, verdict.CausePlainHTTP, false,
			"spoke HTTP/2 by prior knowledge, without TLS, on the TLS port. Its address has to begin with https://"},
		{
			"plain HTTP of another method", trace.Event{Opening: "DELET"}, s.alone,
			verdict.VerdictNoHandshake, verdict.CausePlainHTTP, false, "spoke plain HTTP",
		},
		{
			"another protocol", trace.Event{Opening: "SSH-2"}, s.alone, verdict.VerdictNoHandshake,
			verdict.CauseNotTLS, false, `spoke no TLS: it began with "SSH-2"`,
		},
		{
			"part of a ClientHello", trace.Event{Opening: "\x16\x03\x01\x02\x00"}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseNotTLS, false, "sent no whole ClientHello",
		},
		{"nothing", trace.Event{}, s.alone, verdict.VerdictNoHandshake, verdict.CauseSilence, false, "connected and left without a word"},
		{
			"nothing until the timeout", trace.Event{Exception: timeout}, s.alone, verdict.VerdictNoHandshake,
			verdict.CauseSilence, false, "said nothing until the camera's timeout",
		},
		{
			"nothing after the handshake until the timeout",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Exception: timeout},
			s.alone,
			verdict.VerdictNoRequest, verdict.CauseSilence, false, "finished the handshake and asked for nothing until the camera's timeout",
		},
		{
			"stops in the handshake",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: timeout},
			s.alone, verdict.VerdictNoHandshake, verdict.CauseSilence, false, "stopped in the handshake until the camera's timeout",
		},
		{
			"an old version",
			trace.Event{
				ClientHello: &trace.ClientHello{Version: 0x0301},
				Alerts:      []trace.Alert{{Sent: true, Description: 70, Name: "protocol_version"}},
			},
			s.alone,
			verdict.VerdictNoHandshake, verdict.CauseGround, false,
			"found no common ground with the camera in versions (protocol_version): it offers no more than TLS 1.0, and the camera wants TLS 1.2",
		},
		{
			"TLS 1.3 alone",
			trace.Event{
				ClientHello: &trace.ClientHello{
					Version: 0x0303, SupportedVersions: []trace.Codepoint{0x3a3a, 0x0304},
					CipherSuites: []trace.Codepoint{0x2a2a, 0x1301, 0x00ff},
				},
				Alerts: []trace.Alert{{Sent: true, Description: 40, Name: "handshake_failure"}},
			},
			s.alone,
			verdict.VerdictNoHandshake, verdict.CauseGround, false,
			"found no common ground with the camera in versions (handshake_failure): it offers TLS 1.3 alone, and the camera speaks TLS 1.2",
		},
		{
			"out of memory", trace.Event{Exception: &micropython.OSError{Errno: 12}}, s.alone,
			verdict.VerdictNoHandshake, verdict.CauseMemory, false, "the camera had no memory left for it",
		},
		{
			"a certificate of its own that is not accepted",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: &micropython.ValueError{Message: "not signed by a trusted CA"}},
			s.alone,
			verdict.VerdictNoHandshake, verdict.CauseItsOwn, false, "the camera did not accept the client's own certificate",
		},
		{
			"no certificate of its own",
			trace.Event{
				ClientHello: helloTo(host), Chosen: chosen,
				Exception: &micropython.OSError{MbedTLS: &micropython.MbedTLSError{Code: -29824, Name: "MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE"}},
			},
			s.alone,
			verdict.VerdictNoHandshake, verdict.CauseItsOwn, false, "sent no certificate of its own, which the camera requires",
		},
		{
			"the camera stops",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: net.ErrClosed},
			s.alone, verdict.VerdictNoHandshake, verdict.CauseStopped, false, "was cut off: the camera was stopped",
		},
		{
			"a certificate that Go cannot parse",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)},
			verdict.NewServed(nil, nil),
			verdict.VerdictRefused, verdict.CauseUnknown, false, "refused: it does not know the issuer (unknown_ca)",
		},
		{
			"another server's errors",
			trace.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Exception: os.NewSyscallError("read", syscall.ECONNRESET)},
			s.alone,
			verdict.VerdictRefused, verdict.CauseMissing, true, "closed without a word after the handshake",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := verdict.See(&tc.event, tc.served)
			require.Contains(t, got.Sentence, tc.sentence)
			require.Equal(t, tc.verdict, got.Verdict)
			require.Equal(t, tc.cause, got.Cause)
			require.Equal(t, tc.guess, got.Guess)
		})
	}
}

// TestSeeOpen: what is said while a connection goes on.
func TestSeeOpen(t *testing.T) {
	s := newShown(t).alone
	for _, tc := range []struct {
		name     string
		event    trace.Event
		sentence string
	}{
		{"accepted", trace.Event{}, "is connected, and has not sent a ClientHello yet"},
		{"in the handshake", trace.Event{ClientHello: helloTo("x")}, "is in the handshake"},
		{"after it", trace.Event{ClientHello: helloTo("x"), Complete: true}, "finished the handshake, and has asked for nothing yet"},
		{"a stream", trace.Event{ClientHello: helloTo("x"), Complete: true, Requests: get},
			"asked for /snapshot.jpg without the intermediate being sent: it found it elsewhere, or it does not verify; the control tells"},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.sentence, verdict.SeeOpen(&tc.event, s).Sentence) })
	}
}

// TestSeeKnowing: what the control has shown settles what the camera alone cannot tell.
func TestSeeKnowing(t *testing.T) {
	s := newShown(t)
	asks := trace.Event{ClientHello: helloTo("cam.example.com"), Chosen: chosen, Complete: true, Requests: get}
	leaves := asks
	leaves.Requests = nil
	for _, tc := range []struct {
		name     string
		event    trace.Event
		served   *verdict.Served
		control  verdict.Control
		verdict  verdict.Verdict
		cause    verdict.Cause
		sentence string
	}{
		{"verifies, leaf alone", asks, s.alone, verdict.ControlRefused, verdict.VerdictCompleted, "",
			"got the page without the intermediate being sent: it found it elsewhere, for it refused the control. It asked for /snapshot.jpg"},
		{"verifies, whole chain", asks, s.whole, verdict.ControlRefused, verdict.VerdictCompleted, "",
			"accepted the chain that was sent and asked for /snapshot.jpg"},
		{"verifies nothing, leaf alone", asks, s.alone, verdict.ControlAccepted, verdict.VerdictCompleted, verdict.CauseBlind,
			"verifies nothing, as the control has shown: it asked for /snapshot.jpg"},
		{"verifies nothing, whole chain", asks, s.whole, verdict.ControlAccepted, verdict.VerdictCompleted, verdict.CauseBlind,
			"verifies nothing, as the control has shown: it asked for /snapshot.jpg"},
		{"refuses, and goes on all the same", asks, s.alone, verdict.ControlOverruled, verdict.VerdictCompleted, verdict.CauseBlind,
			"proves nothing, because the control was also accepted after a refusal: it asked for /snapshot.jpg"},
		{"goes on before the control itself", asks, s.control, verdict.ControlOverruled, verdict.VerdictCompleted, verdict.CauseBlind,
			"accepted a certificate of an unknown issuer, after a refusal: the user went on anyway, or two programs look alike. " +
				"It asked for /snapshot.jpg"},
		{"verifies nothing, and asks for nothing", leaves, s.alone, verdict.ControlAccepted, verdict.VerdictNoRequest, verdict.CauseSilence,
			"left after the handshake and asked for nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := verdict.SeeKnowing(&tc.event, tc.served, tc.control)
			require.Equal(t, verdict.Sighting{Verdict: tc.verdict, Cause: tc.cause, Sentence: tc.sentence}, got)
		})
	}
}
