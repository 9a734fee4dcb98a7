package preflight_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// inPKCS8 is a key in PKCS#8 with fields behind it (RFC 5958 section 2).
func inPKCS8(t *testing.T, der []byte, version int, fields ...byte) []byte {
	var plain struct {
		Version   int
		Algorithm asn1.RawValue
		Key       []byte
	}
	_, err := asn1.Unmarshal(der, &plain)
	require.NoError(t, err)
	plain.Version = version
	der, err = asn1.Marshal(plain)
	require.NoError(t, err)
	var outer asn1.RawValue
	_, err = asn1.Unmarshal(der, &outer)
	require.NoError(t, err)
	der, err = asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(outer.Bytes, fields...)})
	require.NoError(t, err)
	return der
}

// pkcs8 returns an identity's key in PKCS#8, behind which a camera takes nothing.
func pkcs8(t *testing.T, id *certs.Identity) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	require.NoError(t, err)
	return der
}

// keyUsageAttribute is an attribute as Windows writes it into PKCS#8.
var keyUsageAttribute = []byte{0xa0, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x1d, 0x0f, 0x31, 0x04, 0x03, 0x02, 0x00, 0x80}

func behind(data []byte, tail string) []byte { return append(bytes.Clone(data), tail...) }

// TestAsDeliveredAndAsConverted judges deliveries as they lie there, and as convert would write them, and
// the same pair as it would be flashed.
func TestAsDeliveredAndAsConverted(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	cert, key, issuer := leaf.DER(), pkcs8(t, leaf), p.Chain()[0].Raw
	sec1, err := x509.MarshalECPrivateKey(leaf.Key.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	attributes := inPKCS8(t, key, 0, keyUsageAttribute...)
	const invalidKey, invalidCert = "ValueError: invalid key", "ValueError: invalid cert"
	for _, c := range []struct {
		name      string
		cert, key []byte
		firmware  *device.Firmware
		exception string // as delivered; "" when it loads
		code      preflight.Code
		says      string
	}{
		{"as convert writes it", cert, key, device.OpenMV50, "", "", ""},
		{"zeros behind the key", cert, behind(key, string(make([]byte, 16))), device.OpenMV50, invalidKey,
			preflight.CodeFileNotLoaded, "16 octets follow the key (padding with 0x00)"},
		{"a flash sector of 0xff behind the key", cert, behind(key, string(bytes.Repeat([]byte{0xff}, 1<<17))), device.OpenMV50, invalidKey,
			preflight.CodeFileNotLoaded, "131072 octets follow the key (padding with 0xff)"},
		{"a line end behind the key", cert, behind(key, "\r\n"), device.OpenMV50, invalidKey,
			preflight.CodeFileNotLoaded, "2 octets follow the key (a line end)"},
		{"a line feed behind the key", cert, behind(key, "\n"), device.MicroPython129, invalidKey,
			preflight.CodeFileNotLoaded, "1 octet follows the key (a line end)"},
		{"text behind the key", cert, behind(key, "tulip"), device.OpenMV50, invalidKey, preflight.CodeFileNotLoaded, "5 octets follow the key"},
		{"zeros behind a key in SEC 1", cert, behind(sec1, "\x00\x00"), device.OpenMV50, "", "", ""},
		{"attributes", cert, attributes, device.OpenMV50, invalidKey, preflight.CodeFileNotLoaded, "the PKCS#8 file carries attributes"},
		{"attributes in PEM", cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: attributes}), device.MicroPython129, invalidKey,
			preflight.CodeFileNotLoaded, "the PKCS#8 file carries attributes"},
		{"attributes and zeros", cert, behind(attributes, "\x00\x00\x00"), device.OpenMV50, invalidKey,
			preflight.CodeFileNotLoaded, "3 octets follow the key (padding with 0x00), and the PKCS#8 file carries attributes"},
		{"PKCS#8 of a later version", cert, inPKCS8(t, key, 1), device.OpenMV50, invalidKey,
			preflight.CodeFileNotLoaded, "the PKCS#8 file is of version 2"},
		{"padding behind the certificate", behind(cert, string(bytes.Repeat([]byte{0xff}, 1000))), key, device.OpenMV50, "", "", ""},
		{"a line end behind the certificate", behind(cert, "\n"), key, device.MicroPython129, "", "", ""},
		{"the issuer behind the leaf", behind(cert, string(issuer)), key, device.OpenMV50, "",
			preflight.CodeSeveralCerts, "the file holds 2 certificates, and the camera presents the first one alone"},
		{"PEM for a firmware that reads DER only", certs.EncodePEM(leaf.Certificate), leaf.EncodeKeyPEM(), device.OpenMV50, invalidKey,
			preflight.CodePEMDelivery, "which openmv-5.0 does not read"},
		{"a certificate in PEM for a firmware that reads DER only", certs.EncodePEM(leaf.Certificate), key, device.OpenMV50, invalidCert,
			preflight.CodePEMDelivery, "which openmv-5.0 does not read"},
		{"PEM for a firmware that reads it", certs.EncodePEM(leaf.Certificate), leaf.EncodeKeyPEM(), device.MicroPython129, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := written(t, map[string][]byte{"server.der": c.cert, "server.key.der": c.key})
			options := preflight.Options{Firmware: c.firmware, NoPublicRoots: true}
			r := check(t, dir, options)
			require.True(t, r.Loads)
			fields := jsonOf(t, r)
			require.Equal(t, c.exception == "", fields["loads_as_delivered"])
			require.Equal(t, c.exception, fields["exception_as_delivered"])
			var text bytes.Buffer
			preflight.Text(&text, r, preflight.TextOptions{})
			if c.exception == "" {
				require.Contains(t, text.String(), "it loads\n")
			} else {
				require.Contains(t, text.String(), "as it lies there: the camera refuses it ("+c.exception+"); after convert: loads\n")
			}
			for _, code := range []preflight.Code{preflight.CodeFileNotLoaded, preflight.CodeSeveralCerts, preflight.CodePEMDelivery} {
				f := r.Finding(code)
				require.Equal(t, code == c.code, f != nil, "%+v", f)
				if f != nil {
					require.Contains(t, f.Title, c.says)
				}
			}
			require.Nil(t, r.Finding(preflight.CodeNotUnderstood))

			certFile, keyFile := filepath.Join(dir, "server.der"), filepath.Join(dir, "server.key.der")
			s, err := preflight.FromFiles(t.Context(), certFile, keyFile, nil, delivery.Options{})
			require.NoError(t, err)
			r = preflight.Check(t.Context(), s, options)
			require.Equal(t, c.exception == "", r.Loads)
			require.Equal(t, r.Loads, r.LoadsAsDelivered)
			require.Equal(t, c.exception, r.ExceptionAsDelivered)
			if c.code == preflight.CodeFileNotLoaded {
				require.Contains(t, r.Finding(preflight.CodeKeyUnsupported).Title, c.says)
				require.NotContains(t, r.Finding(preflight.CodeKeyUnsupported).Title, "P-256")
				require.Contains(t, r.Finding(preflight.CodeKeyUnsupported).Fix, "leafcam convert")
			}
		})
	}
}

// TestKeyAsFlashed names what keeps the camera from a key that it would load otherwise, and from others
// nothing but their kind.
func TestKeyAsFlashed(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	ed25519, err := x509.MarshalPKCS8PrivateKey(edKey(t))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		key  []byte
		says string
	}{
		"a line end before the key": {behind([]byte("\r\n"), string(pkcs8(t, leaf))), "2 stand before it"},
		"Ed25519":                   {ed25519, "the camera does not load this key: Ed25519"},
		"Ed25519 with a line end":   {behind(ed25519, "\n"), "the camera does not load this key: Ed25519"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, map[string][]byte{"cert": leaf.DER(), "key": c.key})
			s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "cert"), filepath.Join(dir, "key"), nil, delivery.Options{})
			require.NoError(t, err)
			r := preflight.Check(t.Context(), s, preflight.Options{NoPublicRoots: true})
			require.Contains(t, r.Finding(preflight.CodeKeyUnsupported).Title, c.says)
		})
	}
}

// TestKeyOfOlderFirmware: where PKCS#8 is not read, that is said, and what convert writes loads.
func TestKeyOfOlderFirmware(t *testing.T) {
	p := newPKI(t, 1)
	for _, keyType := range []certs.KeyType{certs.KeyECDSAP256, certs.KeyRSA2048} {
		leaf := issue(t, p, certs.LeafOptions{Key: keyType})
		dir := written(t, map[string][]byte{"cert.der": leaf.DER(), "key.der": pkcs8(t, leaf)})
		for firmware, loads := range map[*device.Firmware]bool{
			device.OpenMV459: false, device.MicroPython120: true, device.MicroPython122: true, device.MicroPython124: true, device.OpenMV50: true,
		} {
			r := check(t, dir, preflight.Options{NoPublicRoots: true, Firmware: firmware})
			require.True(t, r.Loads, firmware.Name)
			require.Equal(t, loads, r.LoadsAsDelivered, firmware.Name)
			require.Nil(t, r.Finding(preflight.CodePairUnusable), firmware.Name)
			if !loads {
				require.Contains(t, r.Finding(preflight.CodeFileNotLoaded).Title, "the key is in PKCS#8, which openmv-4.5.9 does not read")
			}
		}
	}
}

// TestSameInSeveralFiles: one file that loads is enough.
func TestSameInSeveralFiles(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	padded := behind(pkcs8(t, leaf), "\x00")
	for _, c := range []struct {
		name  string
		files map[string][]byte
		loads bool
	}{
		{"DER beside PEM", map[string][]byte{
			"a.pem": certs.EncodePEM(leaf.Certificate), "b.pem": leaf.EncodeKeyPEM(), "c.der": leaf.DER(), "d.der": leaf.KeyDER(),
		}, true},
		{"a padded key beside PEM", map[string][]byte{
			"a.pem": certs.EncodePEM(leaf.Certificate), "b.pem": leaf.EncodeKeyPEM(), "c.der": leaf.DER(), "d.der": padded,
		}, false},
		{"a padded key beside a good one", map[string][]byte{"c.der": leaf.DER(), "d.der": padded, "e.der": leaf.KeyDER()}, true},
		{"the issuer before the leaf, and the leaf alone", map[string][]byte{
			"b.der": behind(p.Chain()[0].Raw, string(leaf.DER())), "c.der": leaf.DER(), "e.der": leaf.KeyDER(),
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := check(t, written(t, c.files), preflight.Options{NoPublicRoots: true})
			require.True(t, r.Loads)
			require.Equal(t, c.loads, r.LoadsAsDelivered)
			require.Equal(t, c.loads, r.Finding(preflight.CodeFileNotLoaded) == nil)
			require.Nil(t, r.Finding(preflight.CodeSeveralCerts))
		})
	}
	t.Run("the issuer before the leaf", func(t *testing.T) {
		r := check(t, written(t, map[string][]byte{
			"b.der": behind(p.Chain()[0].Raw, string(leaf.DER())), "e.der": leaf.KeyDER(),
		}), preflight.Options{NoPublicRoots: true})
		require.Contains(t, r.Finding(preflight.CodeSeveralCerts).Title, "which is not the leaf")
		require.Nil(t, r.Finding(preflight.CodePEMDelivery))
	})
}

// TestWrongThingInThePlace: the check says which file holds what.
func TestWrongThingInThePlace(t *testing.T) {
	p := newPKI(t, 1)
	leaf := issue(t, p, certs.LeafOptions{})
	requestPEM, err := certs.NewRequest(leaf.Key, []certs.HostName{{Name: "cam.example.com"}})
	require.NoError(t, err)
	block, _ := pem.Decode(requestPEM)
	request := block.Bytes
	for _, c := range []struct {
		name      string
		cert, key []byte
		code      preflight.Code
		says      string
	}{
		{"the certificate as the key, in PEM", certs.EncodePEM(leaf.Certificate), certs.EncodePEM(leaf.Certificate),
			preflight.CodeNoKey, "cam.key holds a certificate (cam.example.com"},
		{"the certificate as the key, in DER", leaf.DER(), leaf.DER(), preflight.CodeNoKey, "cam.key holds a certificate (cam.example.com"},
		{"the request as the key", leaf.DER(), request, preflight.CodeNoKey, "cam.key holds a certificate request"},
		{"the request as the certificate, in PEM", requestPEM, leaf.EncodeKeyPEM(),
			preflight.CodeNoCertificate, "cam.crt holds a certificate request"},
		{"the request as the certificate, in DER", request, leaf.KeyDER(), preflight.CodeNoCertificate, "cam.crt holds a certificate request"},
		{"the key as the certificate, too", leaf.KeyDER(), leaf.KeyDER(), preflight.CodeNoCertificate, "cam.crt holds a private key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := written(t, map[string][]byte{"cam.crt": c.cert, "cam.key": c.key})
			s, err := preflight.FromFiles(t.Context(), filepath.Join(dir, "cam.crt"), filepath.Join(dir, "cam.key"), nil, delivery.Options{})
			require.NoError(t, err)
			r := preflight.Check(t.Context(), s, preflight.Options{NoPublicRoots: true})
			require.NotNil(t, r.Finding(c.code), "%+v", r.Findings)
			require.Contains(t, r.Finding(c.code).Title, c.says)
			require.Positive(t, r.Errors())

			d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{})
			require.NoError(t, err)
			s, err = preflight.FromDelivery(d)
			if c.code == preflight.CodeNoCertificate {
				require.ErrorIs(t, err, delivery.ErrNoCertificate)
				if !bytes.Equal(c.cert, c.key) {
					require.ErrorContains(t, err, c.says)
				}
				return
			}
			require.NoError(t, err)
			r = preflight.Check(t.Context(), s, preflight.Options{NoPublicRoots: true})
			require.False(t, r.LoadsAsDelivered)
			require.Contains(t, r.Finding(preflight.CodeNoKey).Title, c.says)
			_, err = d.CameraFiles()
			require.ErrorContains(t, err, c.says)
		})
	}
}
