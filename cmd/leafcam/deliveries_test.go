package main

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestRealDeliveries takes a delivery of each kind all the way: read, checked, converted, loaded by the
// camera, and accepted by clients with the second load and from another server's full chain.
func TestRealDeliveries(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: apt-get install openssl")
	}
	list, err := hostsim.ClientsByName([]string{"curl", "python", "go"}, clients.All())
	require.NoError(t, err)
	for _, kind := range []struct {
		name  string
		tool  string // besides openssl
		links int
		make  string // shell commands, from leaf.pem, chain.pem, root.pem and key.pem to the folder out
	}{
		{
			"certbot's folder", "", 1,
			"cp leaf.pem out/cert.pem; cp chain.pem out/chain.pem; " +
				"cat leaf.pem chain.pem > out/fullchain.pem; cp key.pem out/privkey.pem; echo hello > out/README",
		},
		{
			"acme.sh's folder", "", 2,
			"mkdir out/cam_ecc; cp leaf.pem out/cam_ecc/cam.cer; cp chain.pem out/cam_ecc/ca.cer; " +
				"cat leaf.pem chain.pem > out/cam_ecc/fullchain.cer; cp key.pem out/cam_ecc/cam.key",
		},
		{
			"a commercial CA's files", "", 1,
			"cp leaf.pem out/cam_example_com.crt; cat chain.pem root.pem > out/cam_example_com.ca-bundle; cp key.pem out/own.key; " +
				"openssl req -new -key key.pem -subj /CN=cam.example.com -addext subjectAltName=DNS:cam.example.com -out out/own.csr",
		},
		{
			"PKCS#12 by openssl", "", 3,
			"openssl pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip1 -out out/cam.pfx",
		},
		{
			"PKCS#12 of old", "", 1,
			"openssl pkcs12 -export -legacy -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip1 -out out/cam.pfx",
		},
		{
			"PKCS#12 by keytool", "keytool", 1,
			"openssl pkcs12 -export -in leaf.pem -inkey key.pem -certfile chain.pem -passout pass:tulip1 -name cam -out in.p12; " +
				"keytool -importkeystore -srckeystore in.p12 -srcstorepass tulip1 -destkeystore " +
				"out/cam.p12 -deststoretype PKCS12 -deststorepass tulip1 -noprompt 2>/dev/null",
		},
		{"PKCS#7 in PEM", "", 2, "openssl crl2pkcs7 -nocrl -certfile chain.pem -certfile leaf.pem -out out/cam.p7b; cp key.pem out/cam.key"},
		{
			"PKCS#7 in DER, encrypted key", "", 1,
			"openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -outform DER -out " +
				"out/cam.p7b; openssl pkcs8 -topk8 -in key.pem -passout pass:tulip1 -out out/cam.key",
		},
		{
			"PKCS#7 of keytool's certificates", "keytool", 1,
			"openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile chain.pem -outform DER -out " +
				"out/cam.p7b; keytool -printcert -file out/cam.p7b > /dev/null; cp key.pem out/cam.key",
		},
		{
			"DER in any order", "", 2,
			"openssl x509 -in leaf.pem -outform DER -out out/z.der; openssl pkey -in key.pem -outform DER -out out/a.der; cp chain.pem out/m.pem",
		},
	} {
		t.Run(kind.name, func(t *testing.T) {
			if kind.tool != "" {
				if _, err := exec.LookPath(kind.tool); err != nil {
					t.Skipf("%s is not installed: apt-get install default-jdk-headless", kind.tool)
				}
			}
			dir, root := handOver(t, kind.links)
			cmd := exec.Command("sh", "-ec", kind.make)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			requireAccepted(t, []string{filepath.Join(dir, "out")}, root, kind.links, list)
		})
	}
	t.Run("a ZIP, and the key beside it", func(t *testing.T) {
		dir, root := handOver(t, 2)
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, file := range map[string]string{
			"cam/cam_example_com.crt": "leaf.pem", "cam/cam_example_com.ca-bundle": "chain.pem", "__MACOSX/cam/._cam": "leaf.pem",
		} {
			data, err := os.ReadFile(filepath.Join(dir, file))
			require.NoError(t, err)
			f, err := w.Create(name)
			require.NoError(t, err)
			_, err = f.Write(data)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		require.NoError(t, os.WriteFile(filepath.Join(dir, "out", "cam.zip"), b.Bytes(), 0o600))
		requireAccepted(t, []string{filepath.Join(dir, "out", "cam.zip"), filepath.Join(dir, "key.pem")}, root, 2, list)
	})
	t.Run("UTF-16 with CRLF", func(t *testing.T) {
		dir, root := handOver(t, 1)
		var all []byte
		for _, file := range []string{"chain.pem", "leaf.pem"} {
			data, err := os.ReadFile(filepath.Join(dir, file))
			require.NoError(t, err)
			all = append(all, data...)
		}
		text := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(strings.ReplaceAll(string(all), "\n", "\r\n"))) {
			text = append(text, byte(u), byte(u>>8))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "out", "all.crt"), text, 0o600))
		requireAccepted(t, []string{filepath.Join(dir, "out"), filepath.Join(dir, "key.pem")}, root, 1, list)
	})
}

// handOver writes what a CA has: leaf.pem, chain.pem, root.pem and key.pem, and an empty folder out.
func handOver(t *testing.T, links int) (dir string, root *x509.Certificate) {
	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "out"), 0o700))
	p, err := certs.NewPKI(certs.PKIOptions{Intermediates: links})
	require.NoError(t, err)
	leaf, err := p.Issue(certs.LeafOptions{DNS: []string{flawHost}, AIA: "http://aia.example.com/i.der"})
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"leaf.pem": certs.EncodePEM(leaf.Certificate), "chain.pem": certs.EncodePEM(p.Chain()...),
		"root.pem": certs.EncodePEM(p.Root.Certificate), "key.pem": leaf.EncodeKeyPEM(),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir, p.Root.Certificate
}

// requireAccepted takes a delivery from its reading to the clients.
func requireAccepted(t *testing.T, paths []string, root *x509.Certificate, links int, list []*hostsim.Client) {
	roots := []*x509.Certificate{root}
	password := func(string, bool) ([]byte, error) { return []byte("tulip1"), nil }
	d, err := delivery.Read(t.Context(), paths, delivery.Options{Password: password, Roots: roots})
	require.NoError(t, err)
	s, err := preflight.FromDelivery(d)
	require.NoError(t, err)
	r := preflight.Check(t.Context(), s, preflight.Options{Host: flawHost, Roots: roots})
	require.Zero(t, r.Errors(), "%+v", r.Findings)
	require.Nil(t, r.Finding(preflight.CodeRequestDiffers))
	require.Equal(t, links, r.Missing)
	camera := filepath.Join(t.TempDir(), "camera")
	converted, err := d.CameraFiles()
	require.NoError(t, err)
	_, err = delivery.WriteFiles(camera, converted, false)
	require.NoError(t, err)
	rootFile := filepath.Join(camera, "root.pem")
	require.NoError(t, os.WriteFile(rootFile, certs.EncodePEM(root), 0o600))
	for _, firmware := range device.Firmwares() {
		require.NoError(t,
			device.NewSSLContext(firmware).LoadCertChainFiles(filepath.Join(camera, delivery.CameraCert), filepath.Join(camera, delivery.CameraKey)))
	}
	files, err := hostsim.ReadFiles(device.OpenMV50, hostsim.FilePaths{
		Cert: filepath.Join(camera, delivery.CameraCert), Key: filepath.Join(camera, delivery.CameraKey),
		Chain: filepath.Join(camera, delivery.ChainFile), Root: rootFile,
	})
	require.NoError(t, err)
	m, err := hostsim.Runner{
		Files: files, Host: flawHost, Clients: list,
		Scenarios:  []hostsim.Scenario{hostsim.ScenarioSecondLoad(), fullChain},
		NoControls: true, Builds: builds,
	}.Run(t.Context())
	require.NoError(t, err)
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			require.Equal(t, verdict.VerdictCompleted, c.Verdict, "%s, %s: %s %s", row.Client, c.Scenario, c.Reason(), c.Message)
		}
	}
}
