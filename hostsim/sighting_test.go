package hostsim_test

import (
	"crypto/x509"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
)

func TestServed(t *testing.T) {
	pki, err := certs.NewGenerationY(certs.ECDSAP256)
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
		names[i] = `"` + certs.Title(c) + `"`
	}
	issuers := append(pki.Chain(), root)
	for _, tc := range []struct {
		name        string
		sent, known []*x509.Certificate
		gap         bool
		lacks       string
	}{
		{"leaf alone, chain known", []*x509.Certificate{leaf.Certificate}, issuers, true, "the intermediates " + names[0] + ", " + names[1] + " and " + names[2]},
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
			s := hostsim.NewServed(tc.sent, tc.known)
			require.Equal(t, tc.gap, s.Gap())
			require.Equal(t, tc.lacks, s.Lacks())
		})
	}
}

// shown are the servers of the sightings below: the same leaf with one intermediate.
type shown struct{ alone, whole, self, expired, wrongKey, control *hostsim.Served }

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
	leaf, known := issue(certs.LeafOptions{}), append(pki.Chain(), pki.Root.Certificate)
	expired := issue(certs.LeafOptions{NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})
	s := shown{
		hostsim.NewServed([]*x509.Certificate{leaf}, known), hostsim.NewServed(append([]*x509.Certificate{leaf}, pki.Chain()...), known),
		hostsim.NewServed([]*x509.Certificate{self.Certificate}, nil), hostsim.NewServed([]*x509.Certificate{expired}, known),
		hostsim.NewServed([]*x509.Certificate{leaf}, known), hostsim.NewServed([]*x509.Certificate{leaf}, known),
	}
	s.wrongKey.WrongKey, s.control.Untrusted = true, true
	return s
}

// Parts of events.
var (
	helloTo = func(name string, versions ...device.Codepoint) *device.ClientHello {
		return &device.ClientHello{Version: 0x0303, ServerName: name, SupportedVersions: versions, CipherSuites: []device.Codepoint{0xc02b}}
	}
	chosen   = &device.Chosen{Suite: 0xc02b}
	received = func(description uint8) []device.Alert {
		return []device.Alert{{Level: 2, Description: description, Name: device.AlertName(description)}}
	}
	get = []device.Request{{Line: "GET /snapshot.jpg HTTP/1.1"}}
)

func TestSee(t *testing.T) {
	s := newShown(t)
	const host = "cam.example.com"
	reset := &device.OSError{Errno: 104}
	timeout := &device.OSError{Errno: 110}
	for _, tc := range []struct {
		name     string
		event    device.Event
		served   *hostsim.Served
		verdict  hostsim.Verdict
		cause    string
		guess    bool
		sentence string
	}{
		{"asks, leaf alone", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.alone,
			hostsim.Completed, "", false, "completed the chain and asked for /snapshot.jpg"},
		{"asks, whole chain", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.whole,
			hostsim.Completed, "", false, "accepted the chain that was sent and asked for /snapshot.jpg"},
		{"asks, self-signed", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: []device.Request{{Line: "POST /x HTTP/1.1"}}}, s.self,
			hostsim.Completed, "", false, "accepted the self-signed certificate and sent POST /x"},
		{"asks, unknown issuer", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: get}, s.control,
			hostsim.Completed, hostsim.CauseBlind, false, "verifies nothing: it accepted a certificate of an unknown issuer and asked for /snapshot.jpg"},
		{"speaks another protocol inside", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Requests: []device.Request{{Line: "HELO\x1b[2J"}}}, s.alone,
			hostsim.Completed, "", false, `completed the chain and sent "HELO[2J"`},
		{"unknown_ca, leaf alone", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.alone,
			hostsim.Refused, hostsim.CauseMissing, false, `refused: it does not know the issuer (unknown_ca). It needs the intermediate "leafcam test root, intermediate 1"`},
		{"unknown_ca, whole chain", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.whole,
			hostsim.Refused, hostsim.CauseTrust, false, `refused: it does not know the issuer (unknown_ca). Nothing is missing: it does not trust the root "leafcam test root"`},
		{"unknown_ca, self-signed", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, s.self,
			hostsim.Refused, hostsim.CauseSelfSigned, false, "refused: it does not know the issuer (unknown_ca). It would have to trust this very certificate, which is self-signed"},
		{"certificate_expired, and it has", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(45)}, s.expired,
			hostsim.Refused, hostsim.CauseExpired, false, "refused: the certificate's dates are wrong for it (certificate_expired). It has expired on " + time.Now().Add(-24*time.Hour).UTC().Format(time.DateOnly)},
		{"certificate_expired, and it has not", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(45)}, s.alone,
			hostsim.Refused, hostsim.CauseExpired, false, "the client's clock may be wrong"},
		{"decrypt_error, another key", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(51)}, s.wrongKey,
			hostsim.Refused, hostsim.CauseWrongKey, false, "refused: a signature of the handshake does not verify for it (decrypt_error). The key on the camera is not the certificate's"},
		{"bad_certificate, leaf alone", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(42)}, s.alone,
			hostsim.Refused, hostsim.CauseMissing, true, `refused the certificate (bad_certificate): most likely it does not know the issuer, because the camera did not send the intermediate "leafcam test root, intermediate 1"`},
		{"bad_certificate, another name", device.Event{ClientHello: helloTo("other.example"), Chosen: chosen, Alerts: received(42)}, s.whole,
			hostsim.Refused, hostsim.CauseName, true, "refused the certificate (bad_certificate): most likely the name is wrong, because it asked for other.example and the certificate is for cam.example.com"},
		{"internal_error after the certificate", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(80)}, s.expired,
			hostsim.Refused, hostsim.CauseExpired, true, "most likely the certificate's dates are wrong, because it has expired on"},
		{"protocol_version from the client", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(70)}, s.alone,
			hostsim.NoHandshake, hostsim.CauseGround, false, "left: it does not accept TLS 1.2 (protocol_version)"},
		{"closes in the handshake", device.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: reset}, s.alone,
			hostsim.Refused, hostsim.CauseMissing, true, `closed without a word after the certificate: most likely it does not know the issuer, because the camera did not send the intermediate "leafcam test root, intermediate 1"`},
		{"closes with close_notify after the handshake", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Alerts: received(0)}, s.alone,
			hostsim.Refused, hostsim.CauseMissing, true, "closed without a word after the handshake: most likely it does not know the issuer"},
		{"closes, no server name", device.Event{ClientHello: helloTo(""), Chosen: chosen, Exception: reset}, s.whole,
			hostsim.Refused, hostsim.CauseName, true, "because it asked for none (perhaps it was given an address) and the certificate is for cam.example.com"},
		{"closes, nothing wrong", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true}, s.whole,
			hostsim.Refused, hostsim.CauseTrust, true, `most likely it does not trust the root "leafcam test root", because nothing is missing; or it only tried whether the port answers`},
		{"leaves after its hello", device.Event{ClientHello: helloTo(host), Exception: reset}, s.alone,
			hostsim.NoHandshake, hostsim.CauseSilence, false, "left after its ClientHello"},
		{"plain HTTP", device.Event{Opening: "GET /"}, s.alone,
			hostsim.NoHandshake, hostsim.CausePlainHTTP, false, "spoke plain HTTP on the TLS port. Its address has to begin with https://"},
		{"plain HTTP of another method", device.Event{Opening: "DELET"}, s.alone, hostsim.NoHandshake, hostsim.CausePlainHTTP, false, "spoke plain HTTP"},
		{"another protocol", device.Event{Opening: "SSH-2"}, s.alone, hostsim.NoHandshake, hostsim.CauseNotTLS, false, `spoke no TLS: it began with "SSH-2"`},
		{"part of a ClientHello", device.Event{Opening: "\x16\x03\x01\x02\x00"}, s.alone, hostsim.NoHandshake, hostsim.CauseNotTLS, false, "sent no whole ClientHello"},
		{"nothing", device.Event{}, s.alone, hostsim.NoHandshake, hostsim.CauseSilence, false, "connected and left without a word"},
		{"nothing until the timeout", device.Event{Exception: timeout}, s.alone, hostsim.NoHandshake, hostsim.CauseSilence, false, "said nothing until the camera's timeout"},
		{"nothing after the handshake until the timeout", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Exception: timeout}, s.alone,
			hostsim.NoHandshake, hostsim.CauseSilence, false, "finished the handshake and asked for nothing until the camera's timeout"},
		{"stops in the handshake", device.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: timeout}, s.alone, hostsim.NoHandshake, hostsim.CauseSilence, false, "stopped in the handshake until the camera's timeout"},
		{"an old version", device.Event{ClientHello: &device.ClientHello{Version: 0x0301}, Alerts: []device.Alert{{Sent: true, Description: 70, Name: "protocol_version"}}}, s.alone,
			hostsim.NoHandshake, hostsim.CauseGround, false, "found no common ground with the camera (protocol_version): it offers no more than TLS 1.0, and the camera wants TLS 1.2"},
		{"TLS 1.3 alone", device.Event{ClientHello: &device.ClientHello{Version: 0x0303, SupportedVersions: []device.Codepoint{0x3a3a, 0x0304}, CipherSuites: []device.Codepoint{0x2a2a, 0x1301, 0x00ff}}, Alerts: []device.Alert{{Sent: true, Description: 40, Name: "handshake_failure"}}}, s.alone,
			hostsim.NoHandshake, hostsim.CauseGround, false, "it offers TLS 1.3 alone, and the camera speaks TLS 1.2"},
		{"no common suite", device.Event{ClientHello: helloTo(host, 0x0303), Alerts: []device.Alert{{Sent: true, Description: 40, Name: "handshake_failure"}}}, s.alone,
			hostsim.NoHandshake, hostsim.CauseGround, false, "none of the cipher suites and groups that it offers suits the camera and its key"},
		{"out of memory", device.Event{Exception: &device.OSError{Errno: 12}}, s.alone, hostsim.NoHandshake, hostsim.CauseMemory, false, "the camera had no memory left for it"},
		{"a certificate of its own that is not accepted", device.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: &device.ValueError{Message: "not signed by a trusted CA"}}, s.alone,
			hostsim.NoHandshake, hostsim.CauseItsOwn, false, "the camera did not accept the client's own certificate"},
		{"no certificate of its own", device.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: &device.OSError{MbedTLS: &device.MbedTLSError{Code: -29824, Name: "MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE"}}}, s.alone,
			hostsim.NoHandshake, hostsim.CauseItsOwn, false, "sent no certificate of its own, which the camera requires"},
		{"the camera stops", device.Event{ClientHello: helloTo(host), Chosen: chosen, Exception: net.ErrClosed}, s.alone, hostsim.NoHandshake, hostsim.CauseStopped, false, "was cut off: the camera was stopped"},
		{"a certificate that Go cannot parse", device.Event{ClientHello: helloTo(host), Chosen: chosen, Alerts: received(48)}, hostsim.NewServed(nil, nil),
			hostsim.Refused, hostsim.CauseUnknown, false, "refused: it does not know the issuer (unknown_ca)"},
		{"another server's errors", device.Event{ClientHello: helloTo(host), Chosen: chosen, Complete: true, Exception: os.NewSyscallError("read", syscall.ECONNRESET)}, s.alone,
			hostsim.Refused, hostsim.CauseMissing, true, "closed without a word after the handshake"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := hostsim.See(&tc.event, tc.served)
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
		event    device.Event
		sentence string
	}{
		{"accepted", device.Event{}, "is connected, and has not sent a ClientHello yet"},
		{"in the handshake", device.Event{ClientHello: helloTo("x")}, "is in the handshake"},
		{"after it", device.Event{ClientHello: helloTo("x"), Complete: true}, "finished the handshake, and has asked for nothing yet"},
		{"a stream", device.Event{ClientHello: helloTo("x"), Complete: true, Requests: get}, "completed the chain and asked for /snapshot.jpg"},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.sentence, hostsim.SeeOpen(&tc.event, s).Sentence) })
	}
}
