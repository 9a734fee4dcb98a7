package delivery_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// lyingFiles reads files of a new folder, which becomes the working directory.
func lyingFiles(t *testing.T, files map[string][]byte) *delivery.Delivery {
	t.Chdir(t.TempDir())
	for name, data := range files {
		require.NoError(t, os.WriteFile(name, data, 0o600))
	}
	d, err := delivery.Read(t.Context(), []string{"."}, delivery.Options{})
	require.NoError(t, err)
	return d
}

// TestWhatFollowsDER: padding is left out of what is written, and is no damage; other octets behind a
// certificate may be the rest of one.
func TestWhatFollowsDER(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		tail    string
		damaged bool
		says    string // of the padding
	}{
		"nothing":      {},
		"zeros":        {tail: string(make([]byte, 100)), says: "padding with 0x00"},
		"0xff":         {tail: string(bytes.Repeat([]byte{0xff}, 70_000)), says: "padding with 0xff"},
		"a line end":   {tail: "\r\n", says: "a line end"},
		"a line, 0xff": {tail: "\n\xff\xff", says: "padding"},
		"text":         {tail: "tulip", damaged: true},
		"a beginning":  {tail: string(pki.Chain()[0].Raw[:100]), damaged: true},
	} {
		t.Run(name, func(t *testing.T) {
			tail := []byte(c.tail)
			d := lyingFiles(t, map[string][]byte{
				"server.der": append(leaf.DER(), tail...), "server.key.der": append(leaf.KeyDER(), tail...),
			})
			require.NoError(t, d.Problem)
			damaged := false
			for _, item := range d.Items {
				damaged = damaged || item.Damaged
			}
			require.Equal(t, c.damaged, damaged)
			require.Equal(t, c.says, delivery.DescribePadding(tail))
			files, err := d.CameraFiles()
			require.NoError(t, err)
			require.Equal(t, leaf.DER(), files[0].Data)
			require.Equal(t, leaf.KeyDER(), files[1].Data)
		})
	}
}

// TestHolding: files of their own in DER come first, and each file once.
func TestHolding(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	full := certs.EncodePEM(append([]*x509.Certificate{leaf.Certificate}, pki.Chain()...)...)
	d := lyingFiles(t, map[string][]byte{
		"a.pem": append(bytes.Clone(full), leaf.EncodeKeyPEM()...), "b.pem": append(bytes.Clone(full), full...),
		"c.der": append(bytes.Clone(pki.Chain()[0].Raw), leaf.DER()...), "d.der": leaf.DER(), "e.der": leaf.KeyDER(),
	})
	names := func(use delivery.Use) (list []string) {
		for _, item := range d.Holding(use) {
			list = append(list, filepath.Base(item.File))
			content, err := os.ReadFile(item.File)
			require.NoError(t, err)
			require.Equal(t, content, item.Content())
		}
		return list
	}
	require.Equal(t, []string{"d.der", "a.pem", "b.pem", "c.der"}, names(delivery.UseLeaf))
	require.Equal(t, []string{"e.der", "a.pem"}, names(delivery.UseKey))
	require.Contains(t, d.Holds("d.der"), "a certificate (cam.example.com")
	require.Equal(t, "2 certificates", d.Holds("c.der"))
	require.Contains(t, d.Holds("a.pem"), "2 certificates and a private key")
	require.Empty(t, d.NoKey())
}

// TestNoKey names the file that is called as a key's and holds something else.
func TestNoKey(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	text := certs.EncodePEM(leaf.Certificate)
	for name, says := range map[string]string{
		"cam.key": "cam.key holds a certificate", "privkey.pem": "privkey.pem holds a certificate", "keys.crt": "", "more.pem": "",
	} {
		t.Run(name, func(t *testing.T) {
			d := lyingFiles(t, map[string][]byte{"cam.crt": text, name: text})
			if says == "" {
				require.Empty(t, d.NoKey())
				return
			}
			require.Contains(t, d.NoKey(), says)
			_, err := d.CameraFiles()
			require.ErrorContains(t, err, says)
		})
	}
}
