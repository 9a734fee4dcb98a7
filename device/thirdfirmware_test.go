package device_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/internal/program"
)

// third is a firmware that nobody has built: PEM, two suites, one curve, whole records out.
var third = &device.Firmware{
	Name: "third", InContentLen: 16384, OutContentLen: 16384, PEM: true, HelloInRecordLayer: true,
	Suites:       []string{"TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"},
	Groups:       []string{"secp384r1"},
	Curves:       []string{"secp384r1"},
	Extensions:   []string{"basicConstraints", "keyUsage", "extKeyUsage", "subjectAltName"},
	Hashes:       []string{"SHA-256", "SHA-384"},
	ClientHashes: []string{"SHA-384"},
}

// thirdCamera starts a camera with the third firmware and a PEM chain of 12 intermediates, which are
// more than 4096 octets, and returns its port and the root.
func thirdCamera(t *testing.T) (port string, root *x509.Certificate) {
	keys := make([]certs.KeyType, 12)
	for i := range keys {
		keys[i] = certs.KeyECDSAP384
	}
	pki, err := certs.NewPKI(certs.PKIOptions{RootKey: certs.KeyECDSAP384, Intermediates: len(keys), IntermediateKeys: keys})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: certs.KeyECDSAP384})
	require.NoError(t, err)
	context := device.NewSSLContext(third)
	chain := append([]*x509.Certificate{leaf.Certificate}, pki.Chain()...)
	require.NoError(t, context.LoadCertChain(certs.EncodePEM(chain...), leaf.EncodeKeyPEM()))
	octets := 0
	for _, c := range chain {
		octets += len(c.Raw)
	}
	require.Greater(t, octets, device.OpenMV50.OutContentLen)
	camera, err := device.Start(device.CameraConfig{Context: context, Connections: 4})
	require.NoError(t, err)
	t.Cleanup(func() { camera.Close() })
	_, port, err = net.SplitHostPort(camera.Addr().String())
	require.NoError(t, err)
	return port, pki.Root.Certificate
}

// TestThirdFirmware: a firmware that is data alone behaves as it says.
func TestThirdFirmware(t *testing.T) {
	require.NoError(t, third.Validate())
	require.Equal(t, third.Suites, third.CipherSuites())
	port, root := thirdCamera(t)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for _, tc := range []struct {
		name   string
		suites []uint16
		groups []tls.CurveID
		fails  string
	}{
		{"both suites", []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, nil, ""},
		{"one suite", []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, nil, ""},
		{"a suite that is not there", []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}, nil, "handshake failure"},
		{"its group alone", nil, []tls.CurveID{tls.CurveP384}, ""},
		{"another group", nil, []tls.CurveID{tls.CurveP256}, "handshake failure"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{
				RootCAs: roots, ServerName: "cam.example.com", MaxVersion: tls.VersionTLS12, CipherSuites: tc.suites, CurvePreferences: tc.groups,
			})
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				return
			}
			require.NoError(t, err)
			defer conn.Close()
			state := conn.ConnectionState()
			require.Len(t, state.PeerCertificates, 13, "the whole chain is sent")
			require.Equal(t, tls.CurveP384, state.CurveID)
			want := tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
			if len(tc.suites) == 1 {
				want = tc.suites[0]
			}
			require.Equal(t, want, state.CipherSuite, "the server's order")
		})
	}
}

// TestThirdFirmwareLoads: what is not compiled in does not load.
func TestThirdFirmwareLoads(t *testing.T) {
	for _, tc := range []struct {
		key certs.KeyType
		err error
	}{{certs.KeyECDSAP384, nil}, {certs.KeyECDSAP256, micropython.ErrInvalidKey}} {
		t.Run(string(tc.key), func(t *testing.T) {
			id, err := certs.NewSelfSigned(certs.LeafOptions{DNS: []string{"cam.example.com"}, Key: tc.key})
			require.NoError(t, err)
			err = device.NewSSLContext(third).LoadCertChain(id.DER(), id.KeyDER())
			require.ErrorIs(t, err, tc.err)
			require.NoError(t, device.NewSSLContext(device.OpenMV50).LoadCertChain(id.DER(), id.KeyDER()))
		})
	}
}

// TestFirmwareNames: a firmware cannot name what the emulation does not have.
func TestFirmwareNames(t *testing.T) {
	for name, spoil := range map[string]func(*device.Firmware){
		`firmware third: the engine has no cipher suite "TLS-NULL"`: func(fw *device.Firmware) { fw.Suites = []string{"TLS-NULL"} },
		`firmware third: the engine has no group "x25519"`:          func(fw *device.Firmware) { fw.Groups = []string{"x25519"} },
		`firmware third: the engine has no curve "brainpoolP256r1"`: func(fw *device.Firmware) { fw.Curves = []string{"brainpoolP256r1"} },
		`firmware third: the engine has no extension "nameConstraints"`: func(fw *device.Firmware) {
			fw.Extensions = []string{"nameConstraints"}
		},
		`firmware third: the engine has no hash "SHA-3"`:   func(fw *device.Firmware) { fw.Hashes = []string{"SHA-3"} },
		`firmware third: the engine has no hash "SHA-512"`: func(fw *device.Firmware) { fw.ClientHashes = []string{"SHA-512"} },
	} {
		firmware := *third
		spoil(&firmware)
		require.EqualError(t, firmware.Validate(), name)
		require.Panics(t, func() { device.NewSSLContext(&firmware) })
	}
}

// TestRealThirdFirmware: OpenSSL agrees with what the firmware says of itself.
func TestRealThirdFirmware(t *testing.T) {
	openssl := program.Need(t, "openssl", "openssl")
	port, root := thirdCamera(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "root.pem"), certs.EncodePEM(root), 0o600))
	client := []string{"s_client", "-connect", "127.0.0.1:" + port, "-tls1_2", "-CAfile", "root.pem", "-verify_return_error", "-brief"}
	out := string(program.Run(t, dir, openssl, append(client, "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")...))
	require.Contains(t, out, "Verification: OK")
	require.Contains(t, out, "ECDH, secp384r1, 384 bits")
	for _, suite := range strings.Fields("ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-GCM-SHA256") {
		require.Error(t, program.Command(dir, openssl, append(client, "-cipher", suite)...).Run(), suite)
	}
}
