package clients

import "github.com/leafcam/leafcam/hostsim/verdict"

// What TLS libraries, and what stands between them and many programs, print of a certificate that they
// refuse. A client has the words of its library, and its own besides: these stand with the client.

var openSSLWords = verdict.Words{}.
	Says(verdict.CauseName, `hostname mismatch`, `IP address mismatch`).
	Says(verdict.CauseNoTrust, `no certificate or crl found`).
	Says(verdict.CauseExpired, `certificate has expired`).
	Says(verdict.CauseUnknown, `unable to get (local )?issuer`, `unable to verify the first certificate`,
		`self.signed certificate`, `not trusted`).
	Says(verdict.CauseRejected, `certificate verif(y|ication) (failed|failure|error)`).
	Or(chainWords)

// chainWords are what OpenSSL finds wrong with a chain besides: some programs print that alone.
var chainWords = verdict.Words{}.
	Says(verdict.CauseRejected, `uns(uitable|upported) certificate purpose`, `path length constraint exceeded`,
		`(permitted|excluded) subtree violation`, `invalid CA certificate`, `certificate signature failure`,
		`certificate is not yet valid`, `certificate chain too long`, `unhandled critical extension`)

var gnuTLSWords = verdict.Words{}.
	Says(verdict.CauseName, `name in the certificate does not match`).
	Says(verdict.CauseExpired, `uses expired certificate`, `certificate is expired`).
	Says(verdict.CauseUnknown, `issuer is (unknown|not known)`, `not trusted`).
	Says(verdict.CauseRejected, `certificate verif(y|ication) (failed|failure|error)`)

// glibWords are of glib-networking, which has GnuTLS below.
var glibWords = verdict.Words{}.
	Says(verdict.CauseName, `G_TLS_CERTIFICATE_BAD_IDENTITY`).
	Says(verdict.CauseExpired, `G_TLS_CERTIFICATE_EXPIRED`).
	Says(verdict.CauseUnknown, `G_TLS_CERTIFICATE_UNKNOWN_CA`).
	Says(verdict.CauseRejected, `Unacceptable TLS certificate`)

// ffmpegWords are of FFmpeg, which has GnuTLS below.
var ffmpegWords = verdict.Words{}.
	Says(verdict.CauseName, `owner does not match hostname`).
	Says(verdict.CauseRejected, `Peer certificate failed verification`)

// curlWords are libcurl's own; what it quotes of the TLS library below is not among them.
var curlWords = verdict.Words{}.
	Says(verdict.CauseName, `no alternative certificate subject name`, `certificate subject name .* does not match`).
	Says(verdict.CauseNoTrust, `error setting certificate file`).
	Says(verdict.CauseRejected, `SSL certificate problem`, `peer certificate or SSH remote key was not OK`)

// pythonWords are of Python's module ssl, which has OpenSSL below.
var pythonWords = openSSLWords.
	Says(verdict.CauseRejected, `CERTIFICATE_VERIFY_FAILED`)

// nodeWords are of Node.js, which has OpenSSL below, and of Bun, which speaks like it.
var nodeWords = openSSLWords.
	Says(verdict.CauseName, `ERR_TLS_CERT_ALTNAME_INVALID`).
	Says(verdict.CauseExpired, `CERT_HAS_EXPIRED`).
	Says(verdict.CauseUnknown, `UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)`).
	Says(verdict.CauseRejected, `ERR_SSL_`, `\b(INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED)\b`,
		`\bCERT_(NOT_YET_VALID|SIGNATURE_FAILURE|CHAIN_TOO_LONG|REVOKED|UNTRUSTED|REJECTED)\b`)

// boringSSLWords are of programs that keep to themselves what BoringSSL has found.
var boringSSLWords = verdict.Words{}.
	Says(verdict.CauseRejected, `CERTIFICATE_VERIFY_FAILED`)

// chromiumWords are of Chromium's verifier; the time stands before them.
var chromiumWords = verdict.Words{}.
	Says(verdict.CauseName, `ERR_CERT_COMMON_NAME_INVALID`).
	Says(verdict.CauseExpired, `ERR_CERT_DATE_INVALID`).
	Says(verdict.CauseUnknown, `ERR_CERT_AUTHORITY_INVALID`, `ERR_CERT_INVALID`).
	Says(verdict.CauseRejected, `net::ERR_CERT_`, `ERR_SSL_`).
	After(`\[\d+:\d+:[^\]]*\] `)

// nssWords are of NSS and of mozilla::pkix, by name and in full.
var nssWords = verdict.Words{}.
	Says(verdict.CauseName, `SSL_ERROR_BAD_CERT_DOMAIN`, `requested domain name does not match`).
	Says(verdict.CauseExpired, `SEC_ERROR_EXPIRED_CERTIFICATE`, `certificate has expired`).
	Says(verdict.CauseUnknown, `SEC_ERROR_UNKNOWN_ISSUER`, `issuer is not recognized`, `Issuer certificate is invalid`,
		`not trusted`, `CA_CERT_USED_AS_END_ENTITY`)

// browserWords are of browsers that are driven from afar, whichever they are.
var browserWords = chromiumWords.Or(nssWords)

var goWords = verdict.Words{}.
	Says(verdict.CauseName, `certificate is valid for .*, not `).
	Says(verdict.CauseExpired, `expired or is not yet valid`).
	Says(verdict.CauseUnknown, `signed by unknown authority`).
	Says(verdict.CauseRejected, `x509: `)

// jsseWords are of Java's own TLS and of its PKIX, which others use, too.
var jsseWords = verdict.Words{}.
	Says(verdict.CauseName, `No subject alternative (DNS )?name`, `No name matching`).
	Says(verdict.CauseNoTrust, `trustAnchors parameter must be non-empty`).
	Says(verdict.CauseExpired, `validity check failed`, `CertificateExpired`).
	Says(verdict.CauseUnknown, `unable to find (valid certification path|certificate chain)`, `Path does not chain`).
	Says(verdict.CauseRejected, `PKIX path`, `SSLHandshakeException`)

var rustlsWords = verdict.Words{}.
	Says(verdict.CauseName, `certificate not valid for name`, `NotValidForName`).
	Says(verdict.CauseExpired, `certificate expired`, `CertExpired`).
	Says(verdict.CauseUnknown, `UnknownIssuer`, `CaUsedAsEndEntity`)

var erlangWords = verdict.Words{}.
	Says(verdict.CauseName, `hostname_check_failed`).
	Says(verdict.CauseExpired, `certificate expired`, `cert_expired`).
	Says(verdict.CauseUnknown, `Unknown CA`, `selfsigned_peer`).
	Says(verdict.CauseRejected, `bad_certificate`, `\{bad_cert,`)

// schannelWords are of Windows.
var schannelWords = verdict.Words{}.
	Says(verdict.CauseName, `RemoteCertificateNameMismatch`).
	Says(verdict.CauseExpired, `certificate has expired`).
	Says(verdict.CauseUnknown, `unable to get issuer certificate`, `not trusted`)
