package device_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

// TestOldVersions: a client of any version that the firmware speaks gets its page, which takes several records, with either key of
// the camera, and whatever it shows of itself.
func TestOldVersions(t *testing.T) {
	ca := newClientCA(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	plain := func(*x509.Certificate) {}
	body := strings.Repeat("a page of several records. ", 1000)
	for _, key := range []certs.KeyType{certs.KeyECDSAP256, certs.KeyRSA2048} {
		for version, name := range map[uint16]string{tls.VersionTLS10: "TLSv1.0", tls.VersionTLS11: "TLSv1.1", tls.VersionTLS12: "TLSv1.2"} {
			for shown, certificate := range map[string]*tls.Certificate{
				"nothing": nil, "EC": new(ca.issue(ec, plain)), "RSA": new(ca.issue(rsaKey, plain)),
			} {
				t.Run(strings.Join([]string{string(key), name, shown}, "/"), func(t *testing.T) {
					context := newContext(t, device.MicroPython122, key)
					config := &tls.Config{
						MinVersion: version, MaxVersion: version, InsecureSkipVerify: true,
						CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA},
					}
					if certificate != nil {
						require.NoError(t, context.LoadVerifyLocations(ca.cert.Raw))
						context.SetVerifyMode(device.CertRequired)
						config.Certificates = []tls.Certificate{*certificate}
					}
					camera, events := start(t, device.CameraConfig{Context: context, Script: device.Hello(body)})
					conn, err := tls.Dial("tcp", camera.Addr().String(), config)
					require.NoError(t, err)
					defer conn.Close()
					_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
					require.NoError(t, err)
					page, _ := io.ReadAll(conn)
					require.True(t, strings.HasSuffix(string(page), body), "the page came whole")
					event := <-events
					require.NoError(t, event.Exception)
					require.Equal(t, name, event.Chosen.VersionName())
				})
			}
		}
	}
}

// TestFalseSignaturesOfOldVersions: a client that shows a certificate and signs with another key is refused.
func TestFalseSignaturesOfOldVersions(t *testing.T) {
	ca := newClientCA(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		key  crypto.Signer
		line string
	}{
		"EC":  {ec, "OSError: (-19968, 'MBEDTLS_ERR_ECP_VERIFY_FAILED')"},
		"RSA": {rsaKey, "OSError: (-17280, 'MBEDTLS_ERR_RSA_VERIFY_FAILED')"},
	} {
		t.Run(name, func(t *testing.T) {
			context := newContext(t, device.MicroPython122, certs.KeyECDSAP256)
			require.NoError(t, context.LoadVerifyLocations(ca.cert.Raw))
			context.SetVerifyMode(device.CertRequired)
			certificate := ca.issue(tc.key, func(*x509.Certificate) {})
			certificate.PrivateKey = falseSigner{tc.key}
			camera, events := start(t, device.CameraConfig{Context: context})
			_, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{
				MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate},
			})
			require.Error(t, err)
			require.EqualError(t, (<-events).Exception, tc.line)
		})
	}
}

// TestOldVersionsAreRefused: firmwares over Mbed TLS 3 answer TLS 1.2 alone.
func TestOldVersionsAreRefused(t *testing.T) {
	camera, events := start(t, device.CameraConfig{Context: newContext(t, device.OpenMV50, certs.KeyECDSAP256)})
	_, err := tls.Dial("tcp", camera.Addr().String(), &tls.Config{
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true,
	})
	require.ErrorContains(t, err, "protocol version not supported")
	require.EqualError(t, (<-events).Exception, "OSError: (-28288, 'MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION')")
}

// newContext returns a context of a firmware with a new key and its certificate.
func newContext(t *testing.T, firmware *device.Firmware, key certs.KeyType) *device.SSLContext {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: key})
	require.NoError(t, err)
	context := device.NewSSLContext(firmware)
	require.NoError(t, context.LoadCertChain(leaf.DER(), leaf.KeyDER()))
	return context
}
