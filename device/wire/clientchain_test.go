package wire_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/record"
	"github.com/leafcam/leafcam/internal/race"
)

// readVisits reads a recording.
func readVisits(t *testing.T, name string, count int) (wire.ClientHead, []wire.ClientVisit) {
	head, list, err := wire.ReadVectors[wire.ClientHead, wire.ClientVisit](filepath.Join("testdata", name+".jsonl.gz"))
	require.NoError(t, err)
	require.Len(t, list, count)
	return head, list
}

// withMbedTLS36 returns the firmwares over Mbed TLS 3.6, of which the recordings are.
func withMbedTLS36() (list []*device.Firmware) {
	for _, fw := range device.Firmwares() {
		if strings.HasPrefix(fw.MbedTLS, "3.6.") {
			list = append(list, fw)
		}
	}
	return list
}

// visit lets a client visit a camera, and returns what the camera answered: the alert, and the exception.
func visit(t *testing.T, context *device.SSLContext, v wire.ClientVisit, key crypto.Signer) (alert *[2]int, line string) {
	conn, events := serve(context, device.Hello(device.DefaultBody))
	defer conn.Close()
	suite := uint16(0xc02b)
	if beforeGCM(context.Firmware()) {
		suite = 0xc009
	}
	alert, err := record.Visit(conn, suite, v, key)
	require.NoError(t, err)
	return alert, exceptionLine(<-events)
}

// askingWith returns a context that trusts the CAs, at the time given.
func askingWith(t *testing.T, fw *device.Firmware, verify int, now time.Time, cas ...[]byte) *device.SSLContext {
	context := recordedContext(t, fw, "p256")
	context.SetVerifyMode(device.VerifyMode(verify))
	context.SetClock(func() time.Time { return now })
	for _, ca := range cas {
		require.NoError(t, context.LoadVerifyLocations(ca))
	}
	return context
}

// TestMutatedClientCertificates repeats the recorded visits with certificates in which one thing was changed. The CA of
// the recording was not kept: another one with its name is trusted, which comes to the same for all that are refused. What
// was served is signed anew.
func TestMutatedClientCertificates(t *testing.T) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "truth CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
	}
	ca, err := x509.CreateCertificate(rand.Reader, template, template, caKey.Public(), caKey)
	require.NoError(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, fw := range withMbedTLS36() {
		recording := "client-certificates_mutated"
		if fw == device.ESP32 {
			recording = "client-certificates-mutated_" + fw.Name
		}
		_, visits := readVisits(t, recording, 190)
		contexts := map[int]*device.SSLContext{1: askingWith(t, fw, 1, now, ca), 2: askingWith(t, fw, 2, now, ca)}
		for _, v := range race.Part(visits) {
			t.Run(fw.Name+"/"+v.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if v.Line == "" {
						v.Chain = append([]wire.Octets{signedAnew(t, v.Chain[0], key, caKey)}, v.Chain[1:]...)
					}
					alert, line := visit(t, contexts[v.Verify], v, key)
					require.Equal(t, v.Line, line)
					require.Equal(t, v.Alert, alert)
				})
			})
		}
	}
}

// TestClientCertificateVectors repeats the recorded visits whose CAs and keys were kept: certificates in which one thing or two
// were changed and signed anew, odd fields, and chains with several faults.
func TestClientCertificateVectors(t *testing.T) {
	for _, fw := range device.Firmwares() {
		count := 250
		if fw.Generation != "" {
			count = 440 // these and the mutated ones, which were put to Mbed TLS 2 again
		}
		head, visits := readVisits(t, "client-certificates_"+fw.Name, count)
		require.Equal(t, fw.Name, head.Profile)
		t.Run(fw.Name, func(t *testing.T) { repeatVisits(t, fw, head, visits) })
	}
}

// TestClientVisitVectors repeats recorded visits that were made from seeds, a recording for each version of Mbed TLS with a seed
// of its own: chains with several flaws at once, from valid ones to what is no certificate.
func TestClientVisitVectors(t *testing.T) {
	for _, fw := range []*device.Firmware{device.OpenMV50, device.MicroPython124, device.OpenMV459, device.MicroPython129} {
		head, visits := readVisits(t, "client-visits_"+fw.Name, 200)
		require.Equal(t, fw.Name, head.Profile)
		t.Run(fw.Name, func(t *testing.T) { repeatVisits(t, fw, head, visits) })
	}
}

func repeatVisits(t *testing.T, fw *device.Firmware, head wire.ClientHead, visits []wire.ClientVisit) {
	t.Parallel()
	now, err := time.Parse(time.RFC3339, head.Now)
	require.NoError(t, err)
	var cas [][]byte
	for _, ca := range head.CAs {
		cas = append(cas, ca)
	}
	keys := map[string]crypto.Signer{}
	for name, der := range head.Keys {
		key, err := x509.ParsePKCS8PrivateKey(der)
		require.NoError(t, err)
		keys[name] = key.(crypto.Signer)
	}
	contexts := map[int]*device.SSLContext{1: askingWith(t, fw, 1, now, cas...), 2: askingWith(t, fw, 2, now, cas...)}
	for _, v := range race.Part(visits) {
		t.Run(v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				alert, line := visit(t, contexts[v.Verify], v, keys[v.Key])
				require.Equal(t, v.Line, line)
				require.Equal(t, v.Alert, alert)
			})
		})
	}
}

// signedAnew returns a certificate with another key of P-256 and the signature of another CA.
func signedAnew(t *testing.T, der []byte, key, ca *ecdsa.PrivateKey) []byte {
	var c struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	_, err := asn1.Unmarshal(der, &c)
	require.NoError(t, err)
	tbs := bytes.Clone(c.TBS.FullBytes)
	point := bytes.Index(tbs, []byte{0x03, 0x42, 0x00, 0x04}) // a BIT STRING of 66 octets, uncompressed
	require.Positive(t, point)
	public, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	copy(tbs[point+3:], public)
	digest := sha256.Sum256(tbs)
	signature, err := ecdsa.SignASN1(rand.Reader, ca, digest[:])
	require.NoError(t, err)
	signed, err := asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, c.Algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	require.NoError(t, err)
	return signed
}
