package delivery_test

import (
	"encoding/asn1"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// indefinite turns DER into BER as macOS' Keychain and Bouncy Castle write it: constructed elements have
// indefinite lengths, and long octet strings are in pieces.
func indefinite(t testing.TB, der []byte) []byte {
	var out []byte
	for len(der) > 0 {
		var element asn1.RawValue
		rest, err := asn1.Unmarshal(der, &element)
		require.NoError(t, err)
		const piece = 1000
		switch {
		case element.IsCompound:
			out = append(append(append(out, der[0], 0x80), indefinite(t, element.Bytes)...), 0, 0)
		case element.Class == asn1.ClassUniversal && element.Tag == asn1.TagOctetString && len(element.Bytes) > piece:
			out = append(out, 0x24, 0x80)
			for octets := element.Bytes; len(octets) > 0; octets = octets[min(piece, len(octets)):] {
				part, err := asn1.Marshal(octets[:min(piece, len(octets))])
				require.NoError(t, err)
				out = append(out, part...)
			}
			out = append(out, 0, 0)
		default:
			out = append(out, element.FullBytes...)
		}
		der = rest
	}
	return out
}

// TestRealBER: PKCS#12 and PKCS#7 in BER are read, with indefinite lengths and octets in pieces.
func TestRealBER(t *testing.T) {
	f := newFixture(t, 2)
	dir := writeAll(t, map[string][]byte{"full.pem": certs.EncodePEM(f.full...), "key.pem": f.leaf.EncodeKeyPEM()})
	openssl := func(args ...string) []byte {
		out := filepath.Join(t.TempDir(), "out")
		cmd := exec.Command("openssl", append(args, "-out", out)...)
		cmd.Dir = dir
		if message, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("openssl cannot do that here: %s; apt-get install openssl", message)
		}
		data, err := os.ReadFile(out)
		require.NoError(t, err)
		return data
	}
	password := func(string, bool) ([]byte, error) { return []byte("tulip"), nil }
	t.Run("PKCS#12", func(t *testing.T) {
		der := openssl("pkcs12", "-export", "-in", "full.pem", "-inkey", "key.pem", "-passout", "pass:tulip")
		for name, data := range map[string][]byte{"DER": der, "BER": indefinite(t, der)} {
			d, err := read([]string{writeAll(t, map[string][]byte{"cam.p12": data})}, delivery.Options{Password: password})
			require.NoError(t, err, name)
			f.requireWhole(t, d)
		}
	})
	t.Run("PKCS#7", func(t *testing.T) {
		der := openssl("crl2pkcs7", "-nocrl", "-certfile", "full.pem", "-outform", "DER")
		d, err := read([]string{
			writeAll(t, map[string][]byte{"cam.p7b": indefinite(t, der), "key.pem": f.leaf.EncodeKeyPEM()}),
		}, delivery.Options{})
		require.NoError(t, err)
		f.requireWhole(t, d)
	})
	t.Run("cut off", func(t *testing.T) {
		der := openssl("pkcs12", "-export", "-in", "full.pem", "-inkey", "key.pem", "-passout", "pass:tulip")
		data := indefinite(t, der)
		for _, n := range []int{2, 10, 100, len(data) - 1} {
			_, err := read([]string{writeAll(t, map[string][]byte{"cam.p12": data[:n]})}, delivery.Options{Password: password})
			require.Error(t, err, n)
		}
	})
}
