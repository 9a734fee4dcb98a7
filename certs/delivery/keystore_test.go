package delivery_test

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// keystore makes a Java keystore with one entry: a key with its certificate, or a certificate alone.
func keystore(magic string, version uint32, certificate, key []byte) []byte {
	number := binary.BigEndian.AppendUint32
	text := func(b []byte, s string) []byte { return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) }
	long := func(b, octets []byte) []byte { return append(number(b, uint32(len(octets))), octets...) }
	b := number(number([]byte(magic), version), 1)
	kind := uint32(2)
	if key != nil {
		kind = 1
	}
	b = append(text(number(b, kind), "cam"), make([]byte, 8)...)
	if key != nil {
		b = number(long(b, key), 1)
	}
	if version == 2 {
		b = text(b, "X.509")
	}
	return append(long(b, certificate), make([]byte, 20)...)
}

// encryptedBy is a key in PKCS#8 that is encrypted by an old algorithm, with so many rounds and any content.
func encryptedBy(t testing.TB, oid asn1.ObjectIdentifier, rounds int64) []byte {
	type parameters struct {
		Salt   []byte
		Rounds int64
	}
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters parameters
	}
	der, err := asn1.Marshal(struct {
		Algorithm algorithm
		Encrypted []byte
	}{algorithm{oid, parameters{make([]byte, 8), rounds}}, make([]byte, 64)})
	require.NoError(t, err)
	return der
}

const (
	jks   = "\xfe\xed\xfe\xed"
	jceks = "\xce\xce\xce\xce"
)

// TestHostileKeystores: whatever a keystore claims, reading it is quick, and what is whole in it is read.
func TestHostileKeystores(t *testing.T) {
	f := newFixture(t, 1)
	whole := keystore(jks, 2, f.leaf.DER(), nil)
	changed := func(at int, octets ...byte) []byte {
		b := append([]byte{}, whole...)
		copy(b[at:], octets)
		return b
	}
	at := len(whole) - len(f.leaf.DER()) - 24 // of the certificate's length
	oidJCEKS := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 19, 1}
	keyOf := func(rounds int64) []byte { return keystore(jceks, 2, f.leaf.DER(), encryptedBy(t, oidJCEKS, rounds)) }
	for _, tc := range []struct {
		name string
		data []byte
		note string
		leaf bool // it is read
	}{
		{"whole", whole, "", true},
		{"version 1", keystore(jks, 1, f.leaf.DER(), nil), "", true},
		{"version 9", changed(4, 0, 0, 0, 9), "version 9", false},
		{"four thousand million entries", changed(8, 0xff, 0xff, 0xff, 0xff), "damaged", true},
		{"an entry of another kind", changed(12, 0, 0, 0, 7), "kind 7", false},
		{"a certificate of four thousand million octets", changed(at, 0xff, 0xff, 0xff, 0xff), "ends too early", false},
		{"cut off", whole[:100], "ends too early", false},
		{"a key of many rounds", keyOf(1 << 40), "2199023255552 rounds", true},
		{"a key of some rounds more than are done", keyOf(3_000_000), "6000000 rounds", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			begun := time.Now()
			dir := writeAll(t, map[string][]byte{"a.jks": tc.data})
			d, err := delivery.Read(t.Context(), []string{dir}, delivery.Options{Password: secret("tulip")})
			require.NoError(t, err)
			require.Less(t, time.Since(begun), delivery.MaxTime)
			require.Equal(t, tc.leaf, d.Leaf != nil)
			var notes []string
			for _, item := range d.Items {
				notes = append(notes, item.Note)
			}
			require.Contains(t, strings.Join(notes, "; "), tc.note)
		})
	}
}

// TestBoundsOfText: what is wrapped too often, or is in too many parts, is not looked for without end.
func TestBoundsOfText(t *testing.T) {
	f := newFixture(t, 1)
	leaf := string(certs.EncodePEM(f.leaf.Certificate))
	var parts strings.Builder
	for range 150 {
		parts.WriteString("--x\nContent-Type: text/plain\n\nnothing\n")
	}
	parts.WriteString("--x\nContent-Type: text/plain\n\n" + leaf + "\n--x--\n")
	mail := "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n" + parts.String()
	d, err := read([]string{writeAll(t, map[string][]byte{"a.eml": []byte(mail)})}, delivery.Options{})
	require.ErrorIs(t, err, delivery.ErrTooMuch)
	require.Contains(t, d.Items[0].Note, "more than 100 parts")

	deep := leaf
	for range 9 {
		deep = encodeBase64(deep)
	}
	_, err = read([]string{writeAll(t, map[string][]byte{"a.txt": []byte(deep)})}, delivery.Options{})
	require.ErrorIs(t, err, delivery.ErrNoCertificate)
}

func encodeBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
