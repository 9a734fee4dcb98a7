package mbedtls

// The codes that Mbed TLS 2 has in the place of general ones: each names the message that was wrong.
var (
	errBadHello             = &Error{-30976, "MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO"}
	errBadVersion           = &Error{-28288, "MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION"}
	ErrNoCipherChosen       = &Error{-29568, "MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN"}
	ErrNoUsableSuite        = &Error{-27008, "MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE"}
	errCertificateTooLarge  = &Error{-29952, "MBEDTLS_ERR_SSL_CERTIFICATE_TOO_LARGE"}
	errBadClientCertificate = &Error{-31232, "MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE"}
	errBadKeyExchange       = &Error{-31744, "MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE"}
	errBadPoint             = &Error{-31872, "MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_RP"}
	errBadSecret            = &Error{-32000, "MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_CS"}
	errBadVerify            = &Error{-32128, "MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_VERIFY"}
	errBadFinished          = &Error{-32384, "MBEDTLS_ERR_SSL_BAD_HS_FINISHED"}
)

var refusals2 = refusals{
	firstRecord:    refusal{0, errBadHello},
	firstLength:    refusal{0, errBadHello},
	helloLength:    refusal{0, errBadHello},
	version:        refusal{alertProtocolVersion, errBadVersion},
	hello:          refusal{alertDecodeError, errBadHello},
	renegotiation:  refusal{alertHandshakeFailure, errBadHello},
	groupsTwice:    refusal{alertDecodeError, errBadHello},
	noSuite:        refusal{alertHandshakeFailure, ErrNoCipherChosen},
	noUsableSuite:  refusal{alertHandshakeFailure, ErrNoUsableSuite},
	chain:          refusal{0, errCertificateTooLarge},
	noGroup:        refusal{0, ErrNoCipherChosen},
	certRecord:     refusal{alertUnexpectedMessage, ErrUnexpectedMessage},
	certMessage:    refusal{alertDecodeError, errBadClientCertificate},
	certList:       refusal{alertDecodeError, errBadClientCertificate},
	certSize:       refusal{alertDecodeError, errBadClientCertificate},
	certUsage:      errBadClientCertificate,
	recordType:     refusal{0, ErrInvalidRecord},
	recordContent:  ErrInvalidRecord,
	unnamedCurve:   errPKInvalidFormat,
	keyExchange:    refusal{0, errBadKeyExchange},
	point:          refusal{0, errBadPoint},
	offCurve:       refusal{0, errBadSecret},
	verifyMessage:  refusal{0, errBadVerify},
	verifyForm:     refusal{0, errBadVerify},
	verifyAlg:      refusal{0, errBadVerify},
	finishedRecord: refusal{alertUnexpectedMessage, ErrUnexpectedMessage},
	finished:       refusal{alertDecodeError, errBadFinished},
	finishedLength: refusal{alertDecodeError, errBadFinished},
	finishedValue:  refusal{alertDecryptError, errBadFinished},
}

// dialect228 is Mbed TLS 2.28.
var dialect228 = &dialect{
	name:           "2.28",
	refusals:       refusals2,
	negotiates:     true,
	checksMajor:    true,
	firstSignature: true,
	signsForRSA:    true,
	rsaFirst:       true,
	laxPKCS8:       true,
	laxNames:       true,
	weakChains:     true,
}

// dialect216 is Mbed TLS 2.16.
var dialect216 = earlier(*dialect228)

// earlier returns what 2.28 has changed.
func earlier(d dialect) *dialect {
	d.name = "2.16"
	d.recordType.alert, d.recordContent = alertUnexpectedMessage, ErrInvalidMAC
	d.finishedValue.alert = alertDecodeError
	d.followsFormats, d.laxOtherNames, d.boundsRecords, d.fullBits, d.keepsNobody = true, true, true, true, true
	return &d
}
