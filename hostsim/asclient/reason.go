package asclient

import (
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/printable"
)

// Alerts by their descriptions (RFC 5246 section 7.2).
const (
	alertFatal           = 2
	alertProtocolVersion = 70
)

// reason says why a visit ended, where that is not the verification: the code of a finding, and what is so where the rule
// does not say it all.
func (v *Visit) reason() (code Code, title string) {
	alert, sent := v.lastAlert()
	var stack *micropython.MbedTLSError
	switch {
	case errors.As(v.Exception, &stack) && stack.Code == codeNoAnchor:
		return CodeNoAnchorGiven, ""
	case alert != nil && alert.Description == alertProtocolVersion:
		return CodeNoTLS12, ""
	case len(v.Opening) > 0 && !isTLS(v.Opening):
		return CodeNotTLS, fmt.Sprintf("no TLS server answers there: it began with \"%s\"", printable.Text(string(v.Opening), opening))
	case v.Asked && (alert == nil || !sent):
		said := "the server wants a certificate of the camera's, and ended the connection"
		if v.Showed {
			said = "the server does not accept the camera's certificate, and ended the connection"
		}
		return CodeClientCertificate, describeAlert(said, alert)
	case isTimeout(v.Exception):
		return CodeServerSilent, ""
	case alert != nil && !sent:
		return CodeServerEnds, describeAlert("the server ends the handshake", alert)
	case alert == nil && len(v.Opening) == 0:
		return CodeServerEnds, "the server closed the connection without a word; it may be a port without TLS"
	case alert == nil:
		return CodeServerEnds, "the server closed the connection during the handshake"
	}
	return CodeHandshakeFails, describeAlert("the camera ends the handshake", alert)
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

// isTLS tells whether a server's first octets begin a record (RFC 5246 section 6.2.1).
func isTLS(first []byte) bool { return first[0] >= 20 && first[0] <= 23 }
