package device_test

import (
	"encoding/json"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/program"
)

// witnessed starts a camera for a scanner, which may open many connections at a time,
// and returns its port. It skips the test when the scanner is missing.
func witnessed(t *testing.T, key certs.KeyType, scanner, packages string) (port string) {
	program.Need(t, scanner, packages)
	context, _ := selfSigned(t, key)
	camera, err := device.Start(device.CameraConfig{Context: context, Connections: 32, Backlog: 32})
	require.NoError(t, err)
	t.Cleanup(func() { camera.Close() })
	_, port, err = net.SplitHostPort(camera.Addr().String())
	require.NoError(t, err)
	return port
}

// opensslSuites are the camera's suites for a certificate, in its order, by OpenSSL's names.
func opensslSuites(key certs.KeyType) (names []string) {
	for _, name := range device.OpenMV50.CipherSuites() {
		if strings.Contains(name, "ECDSA") == (key != certs.KeyRSA2048) {
			names = append(names, opensslSuite(name))
		}
	}
	return names
}

var witnessKeys = []certs.KeyType{certs.KeyECDSAP256, certs.KeyRSA2048}

// TestRealSSLScan compares what sslscan finds with the account of the camera.
func TestRealSSLScan(t *testing.T) {
	for _, key := range witnessKeys {
		t.Run(string(key), func(t *testing.T) {
			port := witnessed(t, key, "sslscan", "sslscan")
			out, err := exec.CommandContext(t.Context(), "sslscan", "--xml=-", "127.0.0.1:"+port).Output()
			require.NoError(t, err)
			var report struct {
				Test struct {
					Protocols []struct {
						Type    string `xml:"type,attr"`
						Version string `xml:"version,attr"`
						Enabled string `xml:"enabled,attr"`
					} `xml:"protocol"`
					Renegotiation struct {
						Supported string `xml:"supported,attr"`
					} `xml:"renegotiation"`
					Ciphers []struct {
						Name string `xml:"cipher,attr"`
					} `xml:"cipher"`
					Groups []struct {
						Name string `xml:"name,attr"`
					} `xml:"group"`
				} `xml:"ssltest"`
			}
			require.NoError(t, xml.Unmarshal(out, &report), "%s", out)
			var enabled, ciphers, groups []string
			for _, p := range report.Test.Protocols {
				if p.Enabled == "1" {
					enabled = append(enabled, p.Type+p.Version)
				}
			}
			for _, c := range report.Test.Ciphers {
				ciphers = append(ciphers, c.Name)
			}
			for _, g := range report.Test.Groups {
				groups = append(groups, strings.Fields(g.Name)[0])
			}
			require.Equal(t, []string{"tls1.2"}, enabled)
			require.Equal(t, opensslSuites(key), ciphers)
			require.Equal(t, "0", report.Test.Renegotiation.Supported)
			require.Contains(t, groups, "secp256r1")
			require.NotContains(t, groups, "x25519")
			if key == certs.KeyRSA2048 {
				require.Subset(t, groups, []string{"secp384r1", "secp521r1"})
			}
		})
	}
}

// TestRealNmap compares what nmap's ssl-enum-ciphers finds with the account of the camera.
func TestRealNmap(t *testing.T) {
	for _, key := range witnessKeys {
		t.Run(string(key), func(t *testing.T) {
			port := witnessed(t, key, "nmap", "nmap")
			out, err := exec.CommandContext(t.Context(), "nmap", "-Pn", "-n", "-p", port, "--script", "+ssl-enum-ciphers", "127.0.0.1").Output()
			require.NoError(t, err)
			require.Equal(t, []string{"TLSv1.2"}, regexp.MustCompile(`TLSv1\.\d|SSLv3`).FindAllString(string(out), -1), "%s", out)
			require.Contains(t, string(out), "cipher preference: server")
			var found []string
			for _, name := range regexp.MustCompile(`TLS_\w+`).FindAllString(string(out), -1) {
				found = append(found, strings.ReplaceAll(name, "_", "-"))
			}
			var want []string
			for _, name := range device.OpenMV50.CipherSuites() {
				if strings.Contains(name, "ECDSA") == (key != certs.KeyRSA2048) {
					want = append(want, name)
				}
			}
			require.Equal(t, want, found)
		})
	}
}

// TestRealTestSSL compares what testssl.sh finds with the account of the camera.
func TestRealTestSSL(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	port := witnessed(t, certs.KeyECDSAP256, "testssl", "testssl.sh")
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), "testssl", "--quiet", "--color",
		"0", "-p", "-P", "-R", "-S", "--jsonfile", file, "127.0.0.1:"+port)
	said, _ := cmd.CombinedOutput() // its exit status counts what it finds fault with
	data, err := os.ReadFile(file)
	require.NoError(t, err, "%s", said)
	var findings []struct{ ID, Finding string }
	require.NoError(t, json.Unmarshal(data, &findings))
	got := map[string]string{}
	for _, f := range findings {
		got[f.ID] = f.Finding
	}
	for id, want := range map[string]string{
		"SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered", "TLS1_2": "offered",
		"TLS1_3":                   "not offered",
		"cipher_order":             "server",
		"cipherorder_TLSv1_2":      strings.Join(opensslSuites(certs.KeyECDSAP256), " "),
		"TLS_extensions":           "'renegotiation info/#65281' 'EC point formats/#11'",
		"TLS_session_ticket":       "no",
		"sessionresumption_ID":     "not supported",
		"sessionresumption_ticket": "not supported",
		"secure_renego":            "supported",
		"secure_client_renego":     "not vulnerable",
		"certs_countServer":        "1",
		"OCSP_stapling":            "not offered",
	} {
		require.Contains(t, got[id], want, "%s; testssl said: %q", id, got[id])
	}
}
