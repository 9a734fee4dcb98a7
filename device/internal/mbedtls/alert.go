package mbedtls

import "strconv"

// Alert levels (RFC 5246 section 7.2).
const (
	AlertWarning = 1
	AlertFatal   = 2
)

// Alert descriptions that the server itself sends or treats specially
// (RFC 5246 section 7.2).
const (
	alertCloseNotify        = 0
	alertUnexpectedMessage  = 10
	alertBadRecordMAC       = 20
	alertHandshakeFailure   = 40
	alertBadCertificate     = 42
	alertUnsupportedCert    = 43
	alertCertificateExpired = 45
	alertCertificateUnknown = 46
	alertIllegalParameter   = 47
	alertUnknownCA          = 48
	alertAccessDenied       = 49
	alertDecodeError        = 50
	alertDecryptError       = 51
	alertProtocolVersion    = 70
	alertInternalError      = 80
	alertNoRenegotiation    = 100
)

var alertNames = map[uint8]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
	22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
	42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
	45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
	49: "access_denied", 50: "decode_error", 51: "decrypt_error", 60: "export_restriction",
	70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
	109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable",
	112: "unrecognized_name", 113: "bad_certificate_status_response", 114: "bad_certificate_hash_value",
	115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}

// AlertName returns the name that RFC 5246, RFC 6066 or RFC 8446 gives to an
// alert description, or "alert N" for a number that has none.
func AlertName(description uint8) string {
	if name, ok := alertNames[description]; ok {
		return name
	}
	return "alert " + strconv.Itoa(int(description))
}
