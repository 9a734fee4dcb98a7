package asclient

import (
	"slices"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

// A Code names a kind of finding.
type Code string

// A Rule is what is true of every finding with its code.
type Rule struct {
	Code     Code
	Severity preflight.Severity
	Summary  string
	Cause    string
	Fix      string
	Basis    preflight.Basis
}

// The codes of the findings, in the order of a check.
const (
	CodeAnchorNotLoaded      Code = "anchor-not-loaded"
	CodeSeveralInAnchor      Code = "several-in-anchor"
	CodeNoAnchorGiven        Code = "no-anchor-given"
	CodeNoTLS12              Code = "no-tls-1.2"
	CodeNotTLS               Code = "not-tls"
	CodeClientCertificate    Code = "client-certificate"
	CodeServerSilent         Code = "server-silent"
	CodeServerEnds           Code = "server-ends-it"
	CodeHandshakeFails       Code = "handshake-fails"
	CodeCertificateNotRead   Code = "certificate-not-read"
	CodeMessageTooLong       Code = "message-too-long"
	CodeTooManyIntermediates Code = "too-many-intermediates"
	CodeNoCommonSuite        Code = "no-common-suite"
	CodeIntermediateMissing  Code = "intermediate-missing"
	CodeWrongOrder           Code = "wrong-order"
	CodeOtherCA              Code = "other-ca"
	CodeServerExpired        Code = "server-expired"
	CodeServerFuture         Code = "server-not-yet-valid"
	CodeIssuerDates          Code = "issuer-dates"
	CodeAnchorDates          Code = "anchor-dates"
	CodeOtherName            Code = "other-name"
	CodeServerUsage          Code = "server-usage"
	CodeHashRefused          Code = "hash-refused"
	CodeKeyRefused           Code = "key-refused"
	CodeRefused              Code = "refused"
	CodeNoAnchor             Code = "no-anchor"
	CodeLeafAlone            Code = "leaf-alone"
	CodeLeafNotFirst         Code = "leaf-not-first"
	CodeIntermediateAnchor   Code = "intermediate-anchor"
	CodeServersOwnAnchor     Code = "servers-own-anchor"
	CodeAnchorEndsSoon       Code = "anchor-ends-soon"
	CodeKnownIssuer          Code = "known-issuer"
	CodeLongerAnchor         Code = "longer-anchor"
	CodeAnchorUnproven       Code = "anchor-unproven"
	CodeCertificateAsked     Code = "certificate-asked"
	CodeClockNeverSet        Code = "clock-never-set"
)

// OfConnection reports whether a finding is about the connection, and not about the server's certificates.
func (c Code) OfConnection() bool {
	return slices.Contains([]Code{
		CodeNoAnchorGiven, CodeNoTLS12, CodeNotTLS, CodeClientCertificate, CodeServerSilent, CodeServerEnds, CodeHandshakeFails,
	}, c)
}

// OfAnchor reports whether another anchor may be the cure of a finding.
func (c Code) OfAnchor() bool {
	return slices.Contains([]Code{CodeIntermediateMissing, CodeWrongOrder, CodeOtherCA, CodeIssuerDates, CodeAnchorDates, CodeKeyRefused}, c)
}

// Rules returns all rules, in the order of a check.
func Rules() []Rule {
	const (
		failed, warned, noted = preflight.SeverityError, preflight.SeverityWarning, preflight.SeverityNote
		measured, documented  = preflight.BasisMeasured, preflight.BasisDocumented
	)
	return []Rule{
		{CodeAnchorNotLoaded, failed, "the camera does not load the anchor",
			"load_verify_locations takes a certificate in DER, in PEM only where the firmware reads it, and of the kinds that Mbed TLS knows",
			"give the CA's certificate in DER", measured},
		{CodeSeveralInAnchor, warned, "the anchor's file holds more than one certificate, and the camera takes the first",
			"of several certificates in DER, load_verify_locations reads the first one",
			"write each in a file of its own, and call load_verify_locations once for each", measured},
		{CodeNoAnchorGiven, failed, "verification is required, and the camera has no anchor",
			"with verify_mode = ssl.CERT_REQUIRED the camera accepts no server before load_verify_locations has loaded an anchor",
			"give the anchor with --ca", measured},
		{CodeNoTLS12, failed, "the server does not speak TLS 1.2",
			"this camera speaks TLS 1.2 alone", "let the server offer TLS 1.2 as well, or put a proxy in front of it", measured},
		{CodeNotTLS, failed, "no TLS server answers there",
			"the server's first octets are no TLS", "use the port with TLS: 443 for HTTPS, 8883 for MQTT", measured},
		{CodeClientCertificate, failed, "the server wants a certificate of the camera's",
			"the server asked for a client certificate, and ended the connection when it did not get one that it accepts",
			"give the camera's certificate and key, and try them: leafcam connect with --cert and --key", measured},
		{CodeServerSilent, failed, "the server does not answer the handshake in time",
			"it may wait for words of another protocol (STARTTLS, a port without TLS), or be too slow",
			"use the port with TLS: 443 for HTTPS, 8883 for MQTT", measured},
		{CodeServerEnds, failed, "the server ends the handshake",
			"the server sent an alert, or closed the connection, for a reason of its own; often it has no cipher suite in common with the camera, " +
				"or does not know the name that the camera asked for",
			"look into the server's log, and allow a suite of the camera's: leafcam firmware --json lists them", measured},
		{CodeHandshakeFails, failed, "the camera ends the handshake",
			"something in the server's messages is not as the camera wants it", "update the server, or try another one of its endpoints", measured},
		{CodeCertificateNotRead, failed, "the camera does not read a certificate that the server sends",
			"Mbed TLS refuses its form, its key or one of its critical extensions, whether it needs the certificate or not",
			"have the server send another chain", measured},
		{CodeMessageTooLong, failed, "the server sends more certificates than the camera can read",
			"they have to fit into one record of TLS", "have the server send its own certificate and the intermediates, and nothing else", measured},
		{CodeTooManyIntermediates, failed, "the chain is too long for the camera",
			"Mbed TLS goes up eight intermediates at most", "have the server send a shorter chain", measured},
		{CodeNoCommonSuite, failed, "this firmware has no cipher suite for the server's key",
			"the kind of the server's key decides which suites it can have", "give the server a certificate with a key of another kind", measured},
		{CodeIntermediateMissing, failed, "the server does not send an intermediate that is between its certificate and the anchor",
			"the camera downloads nothing: what the server does not send, it does not have",
			"let the server send its whole chain (fullchain.pem in the place of cert.pem), or flash the intermediate itself", measured},
		{CodeWrongOrder, failed, "the server sends its chain in the wrong order",
			"Mbed TLS looks for the issuer of a certificate behind it, and never before it",
			"put the server's file in order: its own certificate, then the one that signed it, and so on", measured},
		{CodeOtherCA, failed, "the anchor is of another CA",
			"nothing that the server sends leads to the anchor: name and key of an issuer have to be the anchor's",
			"flash an anchor of the CA that issued the server's certificate", measured},
		{CodeServerExpired, failed, "the server's certificate has expired",
			"the camera compares dates with its clock", "renew the server's certificate; no anchor helps", measured},
		{CodeServerFuture, failed, "the server's certificate is not valid yet",
			"the camera compares dates with its clock", "set the camera's clock: import ntptime; ntptime.settime()", measured},
		{CodeIssuerDates, failed, "an intermediate of the server's is not valid at that time",
			"the camera compares the dates of every certificate on its way to the anchor",
			"have the server send the intermediate that is valid now, or flash an anchor below it", measured},
		{CodeAnchorDates, failed, "the anchor is not valid at that time",
			"the camera compares the anchor's dates as well", "flash an anchor that is valid", measured},
		{CodeOtherName, failed, "the server's certificate is for other names",
			"the camera compares server_hostname with the names in the certificate, and with its common name only where there are none",
			"connect to a name of the certificate, and give that one as server_hostname", measured},
		{CodeServerUsage, failed, "the server's certificate is not for servers",
			"its keyUsage or extKeyUsage does not allow what the camera's cipher suite needs",
			"have the server's certificate issued with digitalSignature and serverAuth", measured},
		{CodeHashRefused, failed, "a certificate of the server's is signed with a hash that the camera refuses",
			"Mbed TLS accepts SHA-256, SHA-384 and SHA-512", "have it issued again with SHA-256", measured},
		{CodeKeyRefused, failed, "a certificate on the way has a key that the camera refuses",
			"Mbed TLS accepts RSA keys from 2048 bits on, and P-256, P-384 and P-521",
			"have it issued for another key, or flash an anchor below it", measured},
		{CodeRefused, failed, "the camera refuses the server",
			"the exception does not say why: there is more wrong than MicroPython has room for",
			"look at the certificates with --json, and have the server's issued again", measured},
		{CodeNoAnchor, failed, "no anchor that is known here makes the camera accept the server",
			"an anchor is a certificate that has signed what the server sends, or what that one has signed",
			"get the CA's certificate, and name it with --root", measured},
		{CodeLeafAlone, warned, "the server sends its own certificate alone",
			"the camera downloads nothing: only the direct issuer of that certificate can be its anchor",
			"let the server send its whole chain (fullchain.pem in the place of cert.pem): then the root can be the anchor, which lives longer",
			measured},
		{CodeLeafNotFirst, warned, "the server's own certificate is not the first in the file",
			"a server presents the first certificate of its file as its own, and most do not start when the key is another one's",
			"put the server's own certificate first; the check was made as if it were", documented},
		{CodeIntermediateAnchor, warned, "the anchor is an intermediate",
			"an intermediate ends sooner than its root, and a CA may sign the server's next certificate with another one at any time",
			"flash the root, where the server's chain reaches it", documented},
		{CodeServersOwnAnchor, warned, "the anchor is the server's own certificate",
			"a self-signed certificate is its own anchor: when the server gets another one, the camera refuses it",
			"flash the next certificate before the server uses it; two anchors may be loaded at a time", measured},
		{CodeAnchorEndsSoon, warned, "the camera accepts the server not much longer",
			"a certificate on the way ends, and the camera has to be given another anchor, or the server another intermediate, before that day",
			"flash the anchor that lives longest, beside the present one", measured},
		{CodeKnownIssuer, warned, "the server's certificate is of a CA that no public client trusts",
			"it is recognised by its names", "make sure that the camera meets the same certificate in its own network", documented},
		{CodeLongerAnchor, noted, "another anchor lives longer",
			"the camera accepts the server by any certificate on its way", "flash that one, or both", measured},
		{CodeAnchorUnproven, warned, "an anchor comes from the connection alone",
			"no root that is known here and no certificate that you gave stands above it: anyone between you and the server can have sent it",
			"compare its SHA-256 fingerprint with the server's owner before you flash it", measured},
		{CodeCertificateAsked, noted, "the server asks for a certificate of the camera's",
			"the handshake succeeds without one, and the server may refuse what follows, as nginx does with its status 400",
			"try it with the camera's certificate: leafcam connect with --cert and --key", measured},
		{CodeClockNeverSet, noted, "with a clock that was never set, the camera refuses the server",
			"the camera lives at the start of its time, and every certificate is from its future",
			"set the clock before the first connection: import ntptime; ntptime.settime()", measured},
	}
}

func ruleOf(code Code) Rule {
	for _, r := range Rules() {
		if r.Code == code {
			return r
		}
	}
	panic("no rule " + string(code)) // the codes of this package
}
