package mbedtls

import "strconv"

// An Error is an error code of Mbed TLS.
type Error struct {
	Code int    // the code as Mbed TLS returns it: negative
	Name string // MBEDTLS_ERR_…, as mbedtls_strerror is configured to print it on the camera
}

// Error returns the name and the code.
func (e *Error) Error() string { return e.Name + " (" + strconv.Itoa(e.Code) + ")" }

// The errors that the server side can return (CAMERA.md section 7).
var (
	ErrConnEOF             = &Error{-29312, "MBEDTLS_ERR_SSL_CONN_EOF"}
	ErrHandshakeFailure    = &Error{-28160, "MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE"}
	ErrBadProtocolVersion  = &Error{-28288, "MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION"}
	ErrDecodeError         = &Error{-29440, "MBEDTLS_ERR_SSL_DECODE_ERROR"}
	ErrUnexpectedMessage   = &Error{-30464, "MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE"}
	ErrInvalidRecord       = &Error{-29184, "MBEDTLS_ERR_SSL_INVALID_RECORD"}
	ErrInvalidMAC          = &Error{-29056, "MBEDTLS_ERR_SSL_INVALID_MAC"}
	ErrIllegalParameter    = &Error{-26112, "MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER"}
	ErrBadInputData        = &Error{-28928, "MBEDTLS_ERR_SSL_BAD_INPUT_DATA"}
	ErrFeatureUnavailable  = &Error{-28800, "MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE"}
	ErrFatalAlertMessage   = &Error{-30592, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"}
	ErrPeerCloseNotify     = &Error{-30848, "MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY"}
	ErrBufferTooSmall      = &Error{-27136, "MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL"}
	ErrNoClientCertificate = &Error{-29824, "MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE"}
	ErrCAChainRequired     = &Error{-30336, "MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED"}
	ErrBadCertificate      = &Error{-31232, "MBEDTLS_ERR_SSL_BAD_CERTIFICATE"}
	ErrECPVerifyFailed     = &Error{-19968, "MBEDTLS_ERR_ECP_VERIFY_FAILED"}
	ErrInternal            = &Error{-27648, "MBEDTLS_ERR_SSL_INTERNAL_ERROR"}
	// ErrWantRead is what a read returns when it consumed a no_renegotiation
	// warning and has nothing to deliver (CAMERA.md section 5.2).
	ErrWantRead = &Error{-26880, "MBEDTLS_ERR_SSL_WANT_READ"}

	ErrRSAVerifyFailed = &Error{-17280, "MBEDTLS_ERR_RSA_VERIFY_FAILED"}
	ErrRSABadInputData = &Error{-16512, "MBEDTLS_ERR_RSA_BAD_INPUT_DATA"}
	ErrPKTypeMismatch  = &Error{-16128, "MBEDTLS_ERR_PK_TYPE_MISMATCH"}

	// What fails for want of memory (CAMERA.md section 8).
	ErrMPIAlloc        = &Error{-16, "MBEDTLS_ERR_MPI_ALLOC_FAILED"}
	ErrRSAPrivateAlloc = &Error{-17168, "MBEDTLS_ERR_RSA_PRIVATE_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED"}

	// ErrPKBadInputData and ErrX509BadInputData are the general errors of the
	// two loaders: MicroPython maps every failure of a parser to them.
	ErrPKBadInputData   = &Error{-16000, "MBEDTLS_ERR_PK_BAD_INPUT_DATA"}
	ErrX509BadInputData = &Error{-10240, "MBEDTLS_ERR_X509_BAD_INPUT_DATA"}
)
