package device_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/internal/program"
)

// clientCA issues client certificates of every kind.
type clientCA struct {
	t    *testing.T
	cert *x509.Certificate
	key  crypto.Signer
}

func newClientCA(t *testing.T) *clientCA {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ca := &clientCA{t: t, key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	ca.cert = ca.sign(template, template, key.Public(), key)
	return ca
}

func (ca *clientCA) sign(template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	require.NoError(ca.t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(ca.t, err)
	return cert
}

// issue makes a client certificate; change adapts the template.
func (ca *clientCA) issue(key crypto.Signer, change func(*x509.Certificate)) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "a viewer"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	change(template)
	return tls.Certificate{Certificate: [][]byte{ca.sign(template, ca.cert, key.Public(), ca.key).Raw}, PrivateKey: key}
}

// falseSigner signs something else.
type falseSigner struct{ crypto.Signer }

func (s falseSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	other := append([]byte{}, digest...)
	other[0] ^= 1
	return s.Signer.Sign(random, other, opts)
}

func TestClientCertificates(t *testing.T) {
	ca, stranger := newClientCA(t), newClientCA(t)
	stranger.cert.RawSubject = ca.cert.RawSubject // the name alone convinces nobody
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	plain := func(*x509.Certificate) {}
	intermediateKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	intermediate := ca.sign(&x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "between"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, ca.cert, intermediateKey.Public(), ca.key)
	below := (&clientCA{t, intermediate, intermediateKey}).issue(ec, plain)
	withIntermediate := tls.Certificate{Certificate: [][]byte{below.Certificate[0], intermediate.Raw}, PrivateKey: ec}
	valid := ca.issue(ec, plain)
	const untrusted = "ValueError: \nThe certificate is not correctly signed by the trusted CA\n"

	for _, tc := range []struct {
		name               string
		cert               tls.Certificate
		alert              string // that the camera sends when the certificate is required, "" for none
		required, optional string // exceptions
	}{
		{"valid, EC", valid, "", "", ""},
		{"valid, RSA", ca.issue(rsaKey, plain), "", "", ""},
		{"valid, with its intermediate", withIntermediate, "", "", ""},
		{"missing intermediate", below, "unknown_ca", untrusted, ""},
		{"none", tls.Certificate{}, "", "OSError: (-29824, 'MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE')", ""},
		{"unknown CA", stranger.issue(ec, plain), "unknown_ca", untrusted, ""},
		{
			"expired",
			ca.issue(ec, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
			"certificate_expired", "ValueError: \nThe certificate validity has expired\n", "",
		},
		{
			"not yet valid",
			ca.issue(ec, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }),
			"certificate_unknown",
			"ValueError: \nThe certificate validity starts in the future\n",
			"",
		},
		{
			"for servers",
			ca.issue(ec, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }),
			"unsupported_certificate", "OSError: (-31232, 'MBEDTLS_ERR_SSL_BAD_CERTIFICATE')", "",
		},
		{
			"for servers, and expired",
			ca.issue(ec, func(c *x509.Certificate) {
				c.ExtKeyUsage, c.NotAfter = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, time.Now().Add(-time.Minute)
			}),
			"unsupported_certificate",
			"ValueError: \nThe certificate validity has expired\n\nUsage does not match the extendedKeyUsage extension\n", "",
		},
		{
			"not for signatures",
			ca.issue(ec, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }),
			"unsupported_certificate", "OSError: (-31232, 'MBEDTLS_ERR_SSL_BAD_CERTIFICATE')", "",
		},
		{
			"the CA's own",
			tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key},
			"unsupported_certificate", "OSError: (-31232, 'MBEDTLS_ERR_SSL_BAD_CERTIFICATE')", "",
		},
		{
			"a short one that is none",
			tls.Certificate{Certificate: [][]byte{[]byte("junk")}, PrivateKey: ec, Leaf: ca.cert},
			"decode_error", "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')", "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')",
		},
		{
			"a second one that is none",
			tls.Certificate{Certificate: [][]byte{valid.Certificate[0], make([]byte, 200)}, PrivateKey: ec},
			"bad_certificate", "OSError: (-8576, 'MBEDTLS_ERR_X509_INVALID_FORMAT')", "OSError: (-8576, 'MBEDTLS_ERR_X509_INVALID_FORMAT')",
		},
		{
			"of somebody else",
			tls.Certificate{Certificate: valid.Certificate, PrivateKey: falseSigner{ec}},
			"", "OSError: (-19968, 'MBEDTLS_ERR_ECP_VERIFY_FAILED')", "OSError: (-19968, 'MBEDTLS_ERR_ECP_VERIFY_FAILED')",
		},
	} {
		for _, fw := range device.Firmwares() {
			for _, mode := range []device.VerifyMode{device.CertRequired, device.CertOptional} {
				for _, lazy := range []bool{false, true} {
					name := map[device.VerifyMode]string{device.CertRequired: "required", device.CertOptional: "optional"}[mode]
					t.Run(fw.Name+"/"+name+map[bool]string{true: ", asyncio"}[lazy]+"/"+tc.name, func(t *testing.T) {
						event := visitWith(t, fw, mode, lazy, tc.cert, func(c *device.SSLContext) {
							require.NoError(t, c.LoadVerifyLocations(ca.cert.Raw))
						})
						want, alert := tc.required, tc.alert
						if other, ok := onMbedTLS2[tc.name]; ok && fw.Generation != "" {
							want, alert = other.line, other.alert
						}
						if mode == device.CertOptional && tc.optional == "" {
							want, alert = "", ""
						}
						want = asRaised(fw, lazy, want)
						if lazy && mode == device.CertRequired && tc.name == "none" && fw.DropsTCP != device.DropsNever {
							alert = "handshake_failure"
						}
						if want == "" {
							require.NoError(t, event.Exception)
							require.True(t, event.Complete)
						} else {
							require.EqualError(t, event.Exception, want)
						}
						sent := ""
						if a := event.AlertSent(); a != nil {
							sent = a.Name
						}
						require.Equal(t, alert, sent)
					})
				}
			}
		}
	}
}

// onMbedTLS2 is what becomes of clients where usages are not looked at, and codes name the message.
var onMbedTLS2 = map[string]struct{ line, alert string }{
	"for servers":              {},
	"for servers, and expired": {"ValueError: \nThe certificate validity has expired\n", "certificate_expired"},
	"not for signatures":       {},
	"the CA's own":             {},
	"a short one that is none": {"OSError: (-31232, 'MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE')", "decode_error"},
}

// asRaised returns the line of an exception as a firmware raises it.
func asRaised(fw *device.Firmware, lazy bool, line string) string {
	if fw.NumbersVerify && strings.HasPrefix(line, "ValueError: \n") {
		line = "OSError: (-9984, 'MBEDTLS_ERR_X509_CERT_VERIFY_FAILED')"
	}
	if number, _, named := strings.Cut(strings.TrimPrefix(line, "OSError: ("), ","); named && lazy && fw.DropsTCP == device.DropsNever {
		return "OSError: " + number
	}
	return line
}

// visitWith lets a client with a certificate visit a camera that asks for one.
func visitWith(
	t *testing.T, fw *device.Firmware, mode device.VerifyMode, lazy bool, cert tls.Certificate, setUp func(*device.SSLContext),
) trace.Event {
	id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{host}})
	require.NoError(t, err)
	context := device.NewSSLContext(fw)
	require.NoError(t, context.LoadCertChain(id.DER(), id.KeyDER()))
	context.SetVerifyMode(mode)
	setUp(context)
	script := device.Hello(device.DefaultBody)
	if lazy {
		script = device.Asyncio(device.DefaultBody)
	}
	camera, events := start(t, device.CameraConfig{Context: context, Script: script})
	config := &tls.Config{
		InsecureSkipVerify:   true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil },
	}
	raw := dial(t, camera)
	var client sync.WaitGroup
	client.Go(func() {
		conn := tls.Client(raw, config)
		if _, err := conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	})
	event := <-events
	_ = raw.Close() // which the camera does not do after every failure
	client.Wait()
	return event
}

// TestNoCALoaded: a required certificate cannot satisfy a camera without a CA.
func TestNoCALoaded(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := newClientCA(t).issue(key, func(*x509.Certificate) {})
	event := visitWith(t, device.OpenMV50, device.CertRequired, false, cert, func(*device.SSLContext) {})
	require.EqualError(t, event.Exception, "OSError: (-30336, 'MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED')")
	require.Equal(t, "unknown_ca", event.AlertSent().Name)
}

// TestClockNeverSet: at the firmware's epoch every client certificate is from the future.
func TestClockNeverSet(t *testing.T) {
	ca := newClientCA(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	event := visitWith(t, device.OpenMV50, device.CertRequired, false, ca.issue(key, func(*x509.Certificate) {}), func(c *device.SSLContext) {
		require.NoError(t, c.LoadVerifyLocations(ca.cert.Raw))
		c.SetClock(func() time.Time { return device.OpenMV50.Epoch.Add(time.Minute) })
	})
	require.EqualError(t, event.Exception, "ValueError: \nThe certificate validity starts in the future\n")
}

func TestLoadVerifyLocations(t *testing.T) {
	ca := newClientCA(t)
	dir := t.TempDir()
	der, pem := filepath.Join(dir, "ca.der"), filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(der, append(append([]byte{}, ca.cert.Raw...), ca.cert.Raw...), 0o600))
	require.NoError(t, os.WriteFile(pem, certs.EncodePEM(ca.cert), 0o600))
	require.NoError(t, device.NewSSLContext(device.OpenMV50).LoadVerifyLocationsFile(der))
	require.EqualError(t, device.NewSSLContext(device.OpenMV50).LoadVerifyLocationsFile(pem), "ValueError: invalid cert")
	require.NoError(t, device.NewSSLContext(device.MicroPython129).LoadVerifyLocationsFile(pem))
	require.EqualError(t, device.NewSSLContext(device.OpenMV50).LoadVerifyLocationsFile(filepath.Join(dir, "none")),
		"OSError: [Errno 2] ENOENT")
}

// TestSeveralCAs: each call of load_verify_locations adds one.
func TestSeveralCAs(t *testing.T) {
	cas := []*clientCA{newClientCA(t), newClientCA(t)}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, ca := range append(cas, newClientCA(t)) {
		event := visitWith(t, device.OpenMV50, device.CertRequired, false, ca.issue(key, func(*x509.Certificate) {}), func(c *device.SSLContext) {
			for _, loaded := range cas {
				require.NoError(t, c.LoadVerifyLocations(loaded.cert.Raw))
			}
		})
		if slices.Contains(cas, ca) {
			require.NoError(t, event.Exception)
			continue
		}
		require.ErrorContains(t, event.Exception, "The certificate is not correctly signed by the trusted CA")
	}
}

// TestRealSHA1ClientCertificate needs a tool that still signs so.
func TestRealSHA1ClientCertificate(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	ca := newClientCA(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	caID, viewer := certs.Identity{Certificate: ca.cert, Key: ca.key}, certs.Identity{Certificate: ca.cert, Key: key}
	require.NoError(t, os.WriteFile(file("ca.pem"), certs.EncodePEM(ca.cert), 0o600))
	require.NoError(t, os.WriteFile(file("ca.key"), caID.EncodeKeyPEM(), 0o600))
	require.NoError(t, os.WriteFile(file("key.pem"), viewer.EncodeKeyPEM(), 0o600))
	for _, args := range [][]string{
		{"req", "-new", "-key", file("key.pem"), "-subj", "/CN=old", "-out", file("csr.pem")},
		{
			"x509", "-req", "-in", file("csr.pem"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
			"-CAcreateserial", "-sha1", "-days", "1", "-outform", "DER", "-out", file("cert.der"),
		},
	} {
		program.Run(t, dir, "openssl", args...)
	}
	der, err := os.ReadFile(file("cert.der"))
	require.NoError(t, err)
	event := visitWith(t, device.OpenMV50, device.CertRequired, false,
		tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, func(c *device.SSLContext) {
			require.NoError(t, c.LoadVerifyLocations(ca.cert.Raw))
		})
	require.EqualError(t, event.Exception, "ValueError: \nThe certificate is signed with an unacceptable hash.\n")
	require.Equal(t, "certificate_unknown", event.AlertSent().Name)
}
