package verdict_test

import (
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// servedKey is a leaf with a kind of key, and nothing else.
func servedKey(t *testing.T, kind certs.KeyType) *verdict.Served {
	t.Helper()
	leaf, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: kind})
	require.NoError(t, err)
	return verdict.NewServed([]*x509.Certificate{leaf.Certificate}, nil)
}

// TestNoCommonGround: which of the things that have to be in common is not.
func TestNoCommonGround(t *testing.T) {
	type list = []trace.Codepoint
	ec, p384, rsa := servedKey(t, certs.KeyECDSAP256), servedKey(t, certs.KeyECDSAP384), servedKey(t, certs.KeyRSA2048)
	other := *ec
	other.Elsewhere = true
	refused := []trace.Alert{{Sent: true, Level: 2, Description: 40, Name: "handshake_failure"}}
	for _, tc := range []struct {
		name                       string
		suites, groups, signatures list
		served                     *verdict.Served
		ground                     verdict.Ground
		because                    string
	}{
		{"suites of TLS 1.3 alone", list{0x1301, 0x2a2a}, list{23}, list{0x0403}, ec, verdict.GroundVersions, "it offers TLS 1.3 alone"},
		{"ChaCha20 alone", list{0xcca9, 0x00ff}, list{23}, list{0x0403}, ec,
			verdict.GroundSuites, "none of the 1 that it offers is one of the camera's for its EC key"},
		{"RSA suites before an EC key", list{0xc02f, 0x009c}, list{23}, list{0x0401}, ec,
			verdict.GroundSuites, "none of the 2 that it offers is one of the camera's for its EC key"},
		{"EC suites before an RSA key", list{0xc02b}, list{23}, list{0x0403}, rsa,
			verdict.GroundSuites, "none of the 1 that it offers is one of the camera's for its RSA key"},
		{"PSS alone", list{0xc02f}, list{23}, list{0x0804}, rsa,
			verdict.GroundSignatures, "none that it offers is one of the camera's for its RSA key"},
		{"SHA-1 alone", list{0xc02b}, list{23}, list{0x0203}, ec,
			verdict.GroundSignatures, "none that it offers is one of the camera's for its EC key"},
		{"x25519 alone", list{0xc02b}, list{0x3a3a, 29, 0x9999}, list{0x0403}, ec,
			verdict.GroundGroups, "it offers x25519, 9999, and the camera has secp256r1, secp384r1, secp521r1"},
		{"no group", list{0xc02b}, nil, list{0x0403}, ec, verdict.GroundGroups, "it offers none, and the camera has"},
		{"not the group of the key", list{0xc02b}, list{23, 25}, list{0x0403}, p384,
			verdict.GroundGroups, "it offers secp256r1, secp521r1, and the camera's key is on secp384r1"},
		{"a key whose usage does not allow it", list{0x009c}, nil, nil, rsa, "", "nothing of what it offers suits the camera and its key"},
		{"another server", list{0xcca9}, nil, nil, &other, "", "nothing of what it offers suits the camera and its key"},
		{"nothing is known of the certificate", list{0xcca9}, nil, nil, verdict.NewServed(nil, nil), "", "nothing of what it offers suits"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hello := &trace.ClientHello{Version: 0x0303, CipherSuites: tc.suites, Groups: tc.groups, SignatureAlgorithms: tc.signatures}
			got := verdict.See(&trace.Event{ClientHello: hello, Alerts: refused}, tc.served)
			require.Equal(t, verdict.VerdictNoHandshake, got.Verdict)
			require.Equal(t, verdict.CauseGround, got.Cause)
			require.Equal(t, tc.ground, got.Ground)
			in := ""
			if tc.ground != "" {
				in = " in " + string(tc.ground)
			}
			require.Contains(t, got.Sentence, "found no common ground with the camera"+in+" (handshake_failure): "+tc.because)
		})
	}
}

// TestOldVersions: a camera that does not speak a client's version says so by its alert; one that does refuses something else.
func TestOldVersions(t *testing.T) {
	for _, tc := range []struct {
		alert  trace.Alert
		ground verdict.Ground
	}{
		{trace.Alert{Sent: true, Level: 2, Description: 70, Name: "protocol_version"}, verdict.GroundVersions},
		{trace.Alert{Sent: true, Level: 2, Description: 40, Name: "handshake_failure"}, verdict.GroundSuites},
	} {
		t.Run(tc.alert.Name, func(t *testing.T) {
			hello := &trace.ClientHello{Version: 0x0301, CipherSuites: []trace.Codepoint{0x0039}}
			got := verdict.See(&trace.Event{ClientHello: hello, Alerts: []trace.Alert{tc.alert}}, servedKey(t, certs.KeyRSA2048))
			require.Equal(t, tc.ground, got.Ground)
		})
	}
}

// TestCameraLeaves: who was left did not leave.
func TestCameraLeaves(t *testing.T) {
	rsa := servedKey(t, certs.KeyRSA2048)
	wrong := *rsa
	wrong.WrongKey = true
	raised := func(code int, name string) error {
		return &micropython.OSError{MbedTLS: &micropython.MbedTLSError{Code: code, Name: name}}
	}
	hello := helloTo("cam.example.com")
	hello.CipherSuites, hello.Groups, hello.SignatureAlgorithms = []trace.Codepoint{0xc02f}, []trace.Codepoint{22}, []trace.Codepoint{0x0401}
	for _, tc := range []struct {
		name     string
		raised   error
		left     bool
		served   *verdict.Served
		cause    verdict.Cause
		sentence string
	}{
		{"an RSA key, and no group to agree on", raised(-28160, "MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE"), false, rsa, verdict.CauseGround,
			"found no common ground with the camera in groups (MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE): " +
				"it offers secp256k1, and the camera has secp256r1, secp384r1, secp521r1"},
		{"a chain that is too large", raised(-27136, "MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL"), false, rsa, verdict.CauseNotTLS,
			"was dropped by the camera, which could not go on (MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL)"},
		{"a chain that is too large, under asyncio", raised(-27136, "MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL"), true, rsa, verdict.CauseNotTLS,
			"was given up by the camera, which could not go on (MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL). The script leaves the connection open"},
		{"another key", raised(-16128, "MBEDTLS_ERR_PK_TYPE_MISMATCH"), false, &wrong, verdict.CauseWrongKey,
			"was dropped by the camera, which could not sign (MBEDTLS_ERR_PK_TYPE_MISMATCH): the key is not the certificate's"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := verdict.See(&trace.Event{ClientHello: hello, Chosen: chosen, Exception: tc.raised, LeftOpen: tc.left}, tc.served)
			require.Equal(t, verdict.VerdictNoHandshake, got.Verdict)
			require.Equal(t, tc.cause, got.Cause)
			require.Equal(t, tc.sentence, got.Sentence)
		})
	}
	for _, peer := range []error{
		raised(-29312, "MBEDTLS_ERR_SSL_CONN_EOF"), raised(-30592, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"), &micropython.OSError{Errno: 104},
	} {
		e := trace.Event{ClientHello: helloTo("cam.example.com"), Chosen: chosen, Exception: peer}
		require.Equal(t, verdict.VerdictRefused, verdict.See(&e, rsa).Verdict)
	}
}
