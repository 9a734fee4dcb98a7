package asclient

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/printable"
)

// Alerts by their descriptions (RFC 5246 section 7.2).
const (
	alertFatal           = 2
	alertUnsupported     = 43
	alertUnknownCA       = 48
	alertDecryptError    = 51
	alertProtocolVersion = 70
)

// A plainPort is one that a protocol without TLS is registered for.
type plainPort struct{ protocol, secured string }

var plainPorts = map[string]plainPort{
	"80": {"HTTP", "443"}, "1883": {"MQTT", "8883"}, "25": {"SMTP", "465"}, "587": {"SMTP", "465"}, "143": {"IMAP", "993"},
	"389": {"LDAP", "636"}, "5672": {"AMQP", "5671"}, "21": {"FTP", "990"},
}

// reason says why a visit ended, where that is not the verification: the code of a finding, and what is so and what to do
// where the rule does not say it all. connect is the command that connects to the server.
func (v *Visit) reason(connect string) (code Code, title, fix string) {
	alert, sent := v.lastAlert()
	var stack *micropython.MbedTLSError
	unsecured, isPlain := plainPorts[v.Server.Port]
	wordless := len(v.Opening) == 0 && (alert == nil || isTimeout(v.Exception))
	switch {
	case errors.As(v.Exception, &stack) && stack.Code == codeNoAnchor:
		return CodeNoAnchorGiven, "", ""
	case alert != nil && alert.Description == alertProtocolVersion:
		return CodeNoTLS12, "", ""
	case isPlain && (wordless || len(v.Opening) > 0 && !isTLS(v.Opening)):
		return CodeNotTLS, fmt.Sprintf("port %s speaks %s without TLS", v.Server.Port, unsecured.protocol),
			fmt.Sprintf("use the port of %s with TLS: %s", unsecured.protocol, unsecured.secured)
	case bytes.HasPrefix(v.Opening, []byte("HTTP/")):
		return CodeNotTLS, v.describeOpening(), "use the port of HTTP with TLS: 443"
	case len(v.Opening) > 0 && !isTLS(v.Opening):
		return CodeNotTLS, v.describeOpening(), ""
	case v.Asked && (alert == nil || !sent):
		return CodeClientCertificate, v.describeRefusal(alert), v.cureRefusal(connect, alert)
	case isTimeout(v.Exception):
		return CodeServerSilent, "", ""
	case alert != nil && !sent:
		return CodeServerEnds, describeAlert("the server ends the handshake", alert), ""
	case wordless:
		return CodeServerEnds, "the server closed the connection without a word; a port without TLS does that, such as MQTT's",
			"use the port with TLS: 443 for HTTPS, 8883 for MQTT; if it is, look into the server's log"
	case alert == nil:
		return CodeServerEnds, "the server closed the connection during the handshake", ""
	}
	return CodeHandshakeFails, describeAlert("the camera ends the handshake", alert), ""
}

func (v *Visit) describeOpening() string {
	return fmt.Sprintf("no TLS server answers there: it began with \"%s\"", printable.Text(string(v.Opening), opening))
}

// describeRefusal says that the server refuses the camera. Which exception that is, depends on when the server's answer comes.
func (v *Visit) describeRefusal(alert *trace.Alert) string {
	said := "the server wants a certificate of the camera's, and ended the connection"
	if v.Own > 0 {
		said = "the server does not accept the camera's certificate, and ended the connection"
	}
	return describeAlert(said, alert) + "; OSError 32 (EPIPE), 104 (ECONNRESET) and -30592 are the same thing here"
}

// cureRefusal is what to do about it.
func (v *Visit) cureRefusal(connect string, alert *trace.Alert) string {
	const secondLoad = "wants the intermediate, which the camera sends only with a second load: " +
		"context.load_cert_chain(\"intermediate-1.der\", \"server.key.der\"), the line that leafcam convert prints"
	const forClients = "have the camera's certificate issued for clients (clientAuth in its extKeyUsage)"
	switch {
	case v.Own == 0:
		return fmt.Sprintf("give the camera's certificate and key, and try them: %s --cert FILE --key FILE", connect)
	case alert != nil && alert.Description == alertDecryptError:
		return "give the private key that belongs to the camera's certificate"
	case alert != nil && alert.Description == alertUnsupported && v.Own > 1:
		return forClients
	case alert != nil && alert.Description == alertUnsupported:
		return forClients + "; or the server " + secondLoad
	case v.Own > 1:
		return "the server does not know the CA of the camera's certificate, or does not take that certificate: look into its log"
	case alert == nil || alert.Description == alertUnknownCA:
		return "the server does not know the CA of the camera's certificate, or " + secondLoad
	}
	return "look into the server's log: it does not take that certificate, or " + secondLoad
}

// lastAlert is the last fatal alert of a visit, and whether the camera sent it.
func (v *Visit) lastAlert() (last *trace.Alert, sent bool) {
	for i, a := range v.Alerts {
		if a.Level == alertFatal {
			last, sent = &v.Alerts[i], a.Sent
		}
	}
	return last, sent
}

func describeAlert(said string, alert *trace.Alert) string {
	if alert == nil {
		return said
	}
	return fmt.Sprintf("%s with the alert %s", said, alert.Name)
}

// isTLS reports whether a server's first octets begin a record (RFC 5246 section 6.2.1).
func isTLS(first []byte) bool { return first[0] >= 20 && first[0] <= 23 }
