package hostsim

import (
	"regexp"
	"strings"
)

// complaints are what clients say of a certificate, the particular before the general. A
// client whose words nobody knows here gets no verdict of refusal by them alone.
var complaints = []struct {
	cause   string
	pattern *regexp.Regexp
}{
	{CauseName, anyOf(
		`host ?name mismatch`,
		`no alternative certificate subject name`,
		`ERR_TLS_CERT_ALTNAME_INVALID`,
		`ERR_CERT_COMMON_NAME_INVALID`,
		`No subject alternative (DNS )?name`,
		`hostname verification failed`,
		`host ?name does not match`,
		`host name verification failed`,
		`certificate not valid for name`,
		`requested domain name does not match`,
		`does not match the URL`,
		`Subject checks failed`,
		`certificate different from the configured one`,
		`certificate is valid for .*, not `,
		`does(n't| not) match (the |any of the )?(subject alternative|host ?name|expected|target host|requested host|certificate|')`,
		`does not match: CN`,
		`certificate is for `,
		`issued for a different hostname`,
		`\)!=cert\(`,
		`owner does not match`,
		`verify error:num=6[24]`,
		`No name matching`,
		`SSL_ERROR_BAD_CERT_DOMAIN`,
		`did not match expected name`,
		`did not match any of the valid hosts`,
		`Bad cert ident`,
		`hostname_check_failed`,
		`subject name mismatch`,
		`X509_BAD_SERVER_NAME`,
		`not match with the expected CN`,
		`not present in server certificate`,
		`G_TLS_CERTIFICATE_BAD_IDENTITY`,
		`NotValidForName`,
		`certificate does not match`,
		`Hostname .* not verified`,
		`SQUID_X509_V_ERR_DOMAIN_MISMATCH`,
	)},
	{CauseNoTrust, anyOf(
		`error setting certificate file`,
		`no certificate or crl found`,
		`no certificates? (were )?found`,
		`no trusted certificates`,
		`trustAnchors parameter must be non-empty`,
		`no CA certificates? `,
		`could not load (CA|trust)`,
		`cafile.*(empty|invalid)`,
	)},
	{CauseExpired, anyOf(
		`certificate has expired`,
		`certificate is expired`,
		`(uses|chain uses) expired certificate`,
		`CERT_HAS_EXPIRED`,
		`ERR_CERT_DATE_INVALID`,
		`validity (has expired|check failed)`,
		`expired or is not yet valid`,
		`CertificateExpired`,
		`CertExpired`,
		`SEC_ERROR_EXPIRED_CERTIFICATE`,
		`X509_EXPIRED`,
		`cert_expired`,
		`certificate expired`,
		`date error, current date after`,
		`G_TLS_CERTIFICATE_EXPIRED`,
		`X509_V_ERR_CERT_HAS_EXPIRED`,
		`expired invalid`,
		`.expired'`,
	)},
	{CauseUnknown, anyOf(
		`unable to get (local )?issuer`,
		`unable to verify the first certificate`,
		`UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)`,
		`signed by unknown authority`,
		`issuer is (unknown|not known|not recognized|not trusted)`,
		`UnknownIssuer`,
		`ERR_CERT_AUTHORITY_INVALID`,
		`ERR_CERT_INVALID`,
		`unable to find (valid certification path|certificate chain)`,
		`self.signed certificate`,
		`not trusted`,
		`Issuer certificate is invalid`,
		`Path does not chain`,
		`SEC_ERROR_UNKNOWN_ISSUER`,
		`issuer certificate (of a locally looked up certificate )?could not be found`,
		`not correctly signed by the trusted CA`,
		`X509_NOT_TRUSTED`,
		`No issuer certificate for`,
		`Certificate issuer not found`,
		`Cannot establish trust`,
		`no signer error`,
		`Unknown CA`,
		`G_TLS_CERTIFICATE_UNKNOWN_CA`,
		`selfsigned_peer`,
		`signer-not-found`,
		`CaUsedAsEndEntity`,
		`CA_CERT_USED_AS_END_ENTITY`,
	)},
	{CauseRejected, anyOf(
		`certificate verif(y|ication) (failed|failure|error)`,
		`CERTIFICATE_VERIFY_FAILED`,
		`verify error:num=`,
		`PKIX path`,
		`net::ERR_CERT_`,
		`ERR_SSL_`,
		`SSLHandshakeException`,
		`x509: `,
		`certificate problem`,
		`Invalid certificate`,
		`peer certificate or SSH remote key was not OK`,
		`could not be verified`,
		`failed verification`,
		`Unacceptable (TLS )?certificate`,
		`ELinks: SSL error`,
		`SSL handshake failure`,
		`TrustFailure`,
		`ERR_SECURE_CONNECT_FAIL`,
		`authentication of server cert failed`,
		`verification failed for server`,
		`bad_certificate`,
		`lynx: Can't access startfile https`,
	)},
}

// anyOf is an expression for one of the words, in any case.
func anyOf(words ...string) *regexp.Regexp {
	return regexp.MustCompile("(?i)" + strings.Join(words, "|"))
}

// complaint returns the cause and the line that a client printed about the
// certificate, or empty strings.
func complaint(output string) (cause, line string) {
	for _, c := range complaints {
		for l := range strings.Lines(output) {
			if c.pattern.MatchString(l) {
				return c.cause, oneLine(logPrefix.ReplaceAllString(l, ""))
			}
		}
	}
	return "", ""
}

// logPrefix is what Chromium and GStreamer put before their messages.
var logPrefix = regexp.MustCompile(`^\[\d+:\d+:[^\]]*\] |^\d+:\d\d:\d\d\.\d+ .* souphttpsrc [^ ]* `)
