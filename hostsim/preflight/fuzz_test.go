package preflight_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/certname"
)

// FuzzCheck checks any two files: the check ends, and says of them what the camera says. The
// recordings are the seeds.
func FuzzCheck(f *testing.F) {
	_, cases, err := wire.ReadVectors[wire.LoaderHead, wire.LoaderCase]("../../device/wire/testdata/loader_openmv-5.0.jsonl.gz")
	require.NoError(f, err)
	for _, c := range cases {
		if c.Cert != nil && c.Key != nil && len(c.Cert) < 4096 {
			f.Add(c.Cert, c.Key)
		}
	}
	dir := f.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		require.NoError(t, os.WriteFile(certFile, cert, 0o600))
		require.NoError(t, os.WriteFile(keyFile, key, 0o600))
		s, err := preflight.FromFiles(t.Context(), certFile, keyFile, nil, delivery.Options{})
		require.NoError(t, err)
		r := preflight.Check(t.Context(), s, preflight.Options{NoPublicRoots: true, Host: "cam.example.com"})
		loads := device.NewSSLContext(device.OpenMV50).LoadCertChain(cert, key)
		require.Equal(t, loads == nil, r.Loads)
		if loads != nil {
			require.Equal(t, loads.Error(), r.Exception)
			require.Positive(t, r.Errors())
		}
	})
}

// FuzzFleetList reads any list: each line that names something is answered once, in order, and
// nothing else is.
func FuzzFleetList(f *testing.F) {
	dir := f.TempDir()
	require.NoError(f, os.WriteFile(filepath.Join(dir, "empty.pem"), nil, 0o600))
	for _, seed := range []string{
		"cert,key,host\n# comment\n\nempty.pem\n", "empty.pem,empty.pem,cam.example.com\r\nnone", "\"a,b\",c\n", "a,b,c,d\n", "\xff\x00,\n",
		"cert\rempty.pem\rnone\r", "\xff\xfea\x00\r\x00b\x00\n\x00",
		strings.Repeat("x", preflight.MaxLine) + "\n" + strings.Repeat("y", 2*preflight.MaxLine),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		if bytes.ContainsAny(list, "/\\") {
			t.Skip("no files of this machine")
		}
		t.Chdir(dir)
		last, devices := 0, 0
		o := preflight.FleetOptions{Workers: 2}
		summary, err := preflight.Fleet(t.Context(), bytes.NewReader(list), o, func(l *preflight.FleetLine) error {
			require.Greater(t, l.Line, last)
			require.False(t, l.OK)
			last = l.Line
			devices++
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, devices, summary.Devices)
		// A line ends with LF, CR or CRLF, and both are an octet of their character in UTF-16.
		require.LessOrEqual(t, devices, bytes.Count(list, []byte("\n"))+bytes.Count(list, []byte("\r"))+1)
	})
}

// FuzzAIAAnswer reads any answer of an AIA URL.
func FuzzAIAAnswer(f *testing.F) {
	p := newPKI(f, 1)
	issuer := p.Intermediates[0].DER()
	p7, err := pkcs7.DegenerateCertificate(issuer)
	require.NoError(f, err)
	for _, seed := range [][]byte{issuer, certs.EncodePEM(p.Chain()...), p7, []byte("<html>"), {0x30, 0x80}, nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, form := preflight.ParseAnswer(body)
		require.Equal(t, form == "", len(list) == 0)
		for _, c := range list {
			require.NotEmpty(t, certname.Title(c))
		}
	})
}
