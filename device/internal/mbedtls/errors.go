package mbedtls

import (
	"errors"
	"strconv"
)

// An Error is an error code of Mbed TLS.
type Error struct {
	Code int    // the code as Mbed TLS returns it: negative
	Name string // MBEDTLS_ERR_…, as mbedtls_strerror is configured to print it on the camera
}

// Error returns the name and the code.
func (e *Error) Error() string { return e.Name + " (" + strconv.Itoa(e.Code) + ")" }

// with returns what a layer makes of an error of the layer below it: the codes added up, and both names.
func (e *Error) with(below error) error {
	var low *Error
	if !errors.As(below, &low) {
		return e
	}
	return &Error{e.Code + low.Code, e.Name + "+" + low.Name}
}

// The errors that a connection can return (CAMERA.md section 7).
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
	errSSLTypeMismatch     = &Error{-27904, "MBEDTLS_ERR_SSL_PK_TYPE_MISMATCH"}
	// ErrWantRead is what a read returns when it consumed a no_renegotiation
	// warning and has nothing to deliver (CAMERA.md section 5.2).
	ErrWantRead = &Error{-26880, "MBEDTLS_ERR_SSL_WANT_READ"}

	ErrRSAVerifyFailed  = &Error{-17280, "MBEDTLS_ERR_RSA_VERIFY_FAILED"}
	ErrRSABadInputData  = &Error{-16512, "MBEDTLS_ERR_RSA_BAD_INPUT_DATA"}
	ErrPKTypeMismatch   = &Error{-16128, "MBEDTLS_ERR_PK_TYPE_MISMATCH"}
	ErrPKSigLenMismatch = &Error{-14592, "MBEDTLS_ERR_PK_SIG_LEN_MISMATCH"}

	// What fails for want of memory (CAMERA.md section 8).
	ErrMPIAlloc        = &Error{-16, "MBEDTLS_ERR_MPI_ALLOC_FAILED"}
	ErrRSAPrivateAlloc = &Error{-17168, "MBEDTLS_ERR_RSA_PRIVATE_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED"}

	// ErrPKBadInputData and ErrX509BadInputData are the general errors of the
	// two loaders: MicroPython maps every failure of a parser to them.
	ErrPKBadInputData   = &Error{-16000, "MBEDTLS_ERR_PK_BAD_INPUT_DATA"}
	ErrX509BadInputData = &Error{-10240, "MBEDTLS_ERR_X509_BAD_INPUT_DATA"}

	// What the verification of a client's chain ends with (CAMERA.md section 6).
	ErrX509VerifyFailed = &Error{-9984, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"}
	ErrX509Fatal        = &Error{-12288, "MBEDTLS_ERR_X509_FATAL_ERROR"}
)

// The codes of certificates that do not parse, each of its part of the certificate. Most are raised with
// one of the next group.
var (
	errX509FeatureUnavailable = &Error{-8320, "MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE"}
	errX509InvalidFormat      = &Error{-8576, "MBEDTLS_ERR_X509_INVALID_FORMAT"}
	errX509InvalidVersion     = &Error{-8704, "MBEDTLS_ERR_X509_INVALID_VERSION"}
	errX509InvalidSerial      = &Error{-8832, "MBEDTLS_ERR_X509_INVALID_SERIAL"}
	errX509InvalidAlg         = &Error{-8960, "MBEDTLS_ERR_X509_INVALID_ALG"}
	errX509InvalidName        = &Error{-9088, "MBEDTLS_ERR_X509_INVALID_NAME"}
	errX509InvalidDate        = &Error{-9216, "MBEDTLS_ERR_X509_INVALID_DATE"}
	errX509InvalidSignature   = &Error{-9344, "MBEDTLS_ERR_X509_INVALID_SIGNATURE"}
	errX509InvalidExtensions  = &Error{-9472, "MBEDTLS_ERR_X509_INVALID_EXTENSIONS"}
	errX509UnknownVersion     = &Error{-9600, "MBEDTLS_ERR_X509_UNKNOWN_VERSION"}
	errX509UnknownSigAlg      = &Error{-9774, "MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG+MBEDTLS_ERR_OID_NOT_FOUND"}
	errX509SigMismatch        = &Error{-9856, "MBEDTLS_ERR_X509_SIG_MISMATCH"}

	errPKUnknownNamedCurve  = &Error{-14848, "MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE"}
	errPKInvalidAlg         = &Error{-14976, "MBEDTLS_ERR_PK_INVALID_ALG"}
	errPKInvalidPublicKey   = &Error{-15104, "MBEDTLS_ERR_PK_INVALID_PUBKEY"}
	errPKUnknownAlg         = &Error{-15488, "MBEDTLS_ERR_PK_UNKNOWN_PK_ALG"}
	errPKFeatureUnavailable = &Error{-14720, "MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE"}
	errPKInvalidFormat      = &Error{-15616, "MBEDTLS_ERR_PK_KEY_INVALID_FORMAT"}

	errECPInvalidKey         = &Error{-19584, "MBEDTLS_ERR_ECP_INVALID_KEY"}
	errECPFeatureUnavailable = &Error{-20096, "MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE"}
	errECPBadInputData       = &Error{-20352, "MBEDTLS_ERR_ECP_BAD_INPUT_DATA"}
	errRSAPublicFailed       = &Error{-17024, "MBEDTLS_ERR_RSA_PUBLIC_FAILED"}
)

// The codes of the layers of ASN.1 and of numbers.
var (
	errOIDNotFound     = &Error{-46, "MBEDTLS_ERR_OID_NOT_FOUND"}
	errOutOfData       = &Error{-96, "MBEDTLS_ERR_ASN1_OUT_OF_DATA"}
	errUnexpectedTag   = &Error{-98, "MBEDTLS_ERR_ASN1_UNEXPECTED_TAG"}
	errInvalidLength   = &Error{-100, "MBEDTLS_ERR_ASN1_INVALID_LENGTH"}
	errLengthMismatch  = &Error{-102, "MBEDTLS_ERR_ASN1_LENGTH_MISMATCH"}
	errInvalidData     = &Error{-104, "MBEDTLS_ERR_ASN1_INVALID_DATA"}
	errMPIBadInputData = &Error{-4, "MBEDTLS_ERR_MPI_BAD_INPUT_DATA"}
)
