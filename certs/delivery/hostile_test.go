package delivery_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// Structures of PKCS#12 and PKCS#5, to be filled with what no honest program writes.
type (
	testAlgorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters any
	}
	testPBKDF2 struct {
		Salt   any
		Rounds *big.Int
		Length int `asn1:"optional"`
		MAC    testAlgorithm
	}
	testScrypt struct {
		Salt    []byte
		N, R, P int64
	}
	testPBES2     struct{ Derivation, Cipher testAlgorithm }
	testEncrypted struct {
		Algorithm testAlgorithm
		Data      []byte
	}
	testContent struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	testBag struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
)

var (
	oidPKCS12    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12}
	hmacSHA256   = testAlgorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, asn1.NullRawValue}
	aes256       = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidTestPBES2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidTestKDF2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	testSalt     = []byte("salt and")
	testIV       = make([]byte, aes.BlockSize)
	huge         = new(big.Int).Lsh(big.NewInt(1), 200)
	int31        = big.NewInt(1<<31 - 1)
)

func pkcs12OID(arcs ...int) asn1.ObjectIdentifier {
	return append(oidPKCS12[:len(oidPKCS12):len(oidPKCS12)], arcs...)
}

func der(t testing.TB, value any) []byte {
	out, err := asn1.Marshal(value)
	require.NoError(t, err)
	return out
}

func tagged(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
}

// pbes2 is AES-256 under a key of PBKDF2 with so many rounds.
func pbes2(rounds *big.Int) testAlgorithm {
	return testAlgorithm{oidTestPBES2, testPBES2{
		testAlgorithm{oidTestKDF2, testPBKDF2{Salt: testSalt, Rounds: rounds, MAC: hmacSHA256}}, testAlgorithm{aes256, testIV},
	}}
}

// scryptPBES2 is AES-256 under a key of scrypt.
func scryptPBES2(n, r, p int64) testAlgorithm {
	return testAlgorithm{oidTestPBES2, testPBES2{
		testAlgorithm{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}, testScrypt{testSalt, n, r, p}}, testAlgorithm{aes256, testIV},
	}}
}

// pbe is an encryption of PKCS#12's own.
func pbe(kind int, rounds *big.Int) testAlgorithm {
	return testAlgorithm{pkcs12OID(1, kind), struct {
		Salt   []byte
		Rounds *big.Int
	}{testSalt, rounds}}
}

// encrypt encrypts with pbes2.
func encrypt(t testing.TB, password string, rounds int, plain []byte) []byte {
	key, err := pbkdf2.Key(sha256.New, password, testSalt, rounds, 32)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, testIV).CryptBlocks(out, out)
	return out
}

// plainSafe is a part of a PKCS#12 file that is not encrypted.
func plainSafe(t testing.TB, bags ...testBag) testContent {
	return testContent{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, tagged(der(t, der(t, bags)))}
}

// lockedSafe is an encrypted one.
func lockedSafe(t testing.TB, a testAlgorithm, data []byte) testContent {
	type content struct {
		Type      asn1.ObjectIdentifier
		Algorithm testAlgorithm
		Data      []byte `asn1:"tag:0"`
	}
	return testContent{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}, tagged(der(t, struct {
		Version int
		Content content
	}{0, content{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, a, data}}))}
}

func certBag(t testing.TB, c *x509.Certificate) testBag {
	return testBag{pkcs12OID(10, 1, 3), tagged(der(t, struct {
		Type asn1.ObjectIdentifier
		Data []byte `asn1:"tag:0,explicit"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, c.Raw}))}
}

func keyBag(t testing.TB, a testAlgorithm, data []byte) testBag {
	return testBag{pkcs12OID(10, 1, 2), tagged(der(t, testEncrypted{a, data}))}
}

// pfx is a PKCS#12 file, which has no MAC unless it is given one.
func pfx(t testing.TB, mac any, safes ...testContent) []byte {
	head := struct {
		Version int
		Safe    testContent
	}{3, testContent{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, tagged(der(t, der(t, safes)))}}
	if mac == nil {
		return der(t, head)
	}
	return der(t, struct {
		Version int
		Safe    testContent
		MAC     any
	}{head.Version, head.Safe, mac})
}

// testMAC says how a file is authenticated.
func testMAC(a testAlgorithm, rounds *big.Int) any {
	type digest struct {
		Algorithm testAlgorithm
		Digest    []byte
	}
	return struct {
		Digest digest
		Salt   []byte
		Rounds *big.Int
	}{digest{a, make([]byte, 32)}, testSalt, rounds}
}

func pbmac1(rounds *big.Int, length int) testAlgorithm {
	return testAlgorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}, testPBES2{
		testAlgorithm{oidTestKDF2, testPBKDF2{Salt: testSalt, Rounds: rounds, Length: length, MAC: hmacSHA256}}, hmacSHA256,
	}}
}

// readInTime reads a delivery that has to end long before the context does.
func readInTime(t *testing.T, dir string, o delivery.Options) *delivery.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := delivery.Read(ctx, []string{dir}, o)
	require.NoError(t, err)
	return d
}

// TestTooMuchWork: whatever a container asks for, no more than the bounds is done, and it is called
// what it is.
func TestTooMuchWork(t *testing.T) {
	f := newFixture(t, 1)
	certificate := certBag(t, f.leaf.Certificate)
	sha1 := testAlgorithm{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, asn1.NullRawValue}
	block := make([]byte, 16)
	// A salt with the tag of another class is none.
	foreign := pbes2(int31)
	parameters := foreign.Parameters.(testPBES2)
	parameters.Derivation.Parameters = testPBKDF2{
		Salt: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, Bytes: testSalt}, Rounds: int31, MAC: hmacSHA256,
	}
	foreign.Parameters = parameters
	hidden := func(bags ...testBag) []byte {
		return pfx(t, nil, lockedSafe(t, pbes2(big.NewInt(1)), encrypt(t, "", 1, der(t, bags))))
	}
	for _, c := range []struct {
		name string
		file []byte
		says string
	}{
		{"a key behind 2^31-1 rounds in an encrypted part", hidden(certificate, keyBag(t, pbes2(int31), block)), "2147483647 rounds"},
		{"the same before the certificate", hidden(keyBag(t, pbes2(int31), block), certificate), "2147483647 rounds"},
		{"a key behind PKCS#12's own rounds in an encrypted part", hidden(certificate, keyBag(t, pbe(3, int31), block)), "6442450941 rounds"},
		{"a key behind scrypt in an encrypted part", hidden(certificate, keyBag(t, scryptPBES2(1<<20, 64, 16), block)), "2147483648 rounds"},
		{"a key behind 2^31-1 rounds", pfx(t, nil, plainSafe(t, certificate, keyBag(t, pbes2(int31), block))), "2147483647 rounds"},
		{"certificates behind 2^31-1 rounds", pfx(t, nil, lockedSafe(t, pbes2(int31), block)), "2147483647 rounds"},
		{"certificates behind triple DES", pfx(t, nil, lockedSafe(t, pbe(3, int31), block)), "6442450941 rounds"},
		{"certificates behind RC2", pfx(t, nil, lockedSafe(t, pbe(6, int31), block)), "4294967294 rounds"},
		{"rounds beyond all numbers", pfx(t, nil, lockedSafe(t, pbes2(huge), block)), "a vast number of rounds"},
		{"a MAC behind 2^31-1 rounds", pfx(t, testMAC(sha1, int31), plainSafe(t, certificate)), "2147483647 rounds"},
		{"a MAC behind PBKDF2", pfx(t, testMAC(pbmac1(int31, 32), big.NewInt(1)), plainSafe(t, certificate)), "2147483647 rounds"},
		{"an encrypted key behind 2^31-1 rounds", der(t, testEncrypted{pbes2(int31), block}), "2147483647 rounds"},
		{"rounds that are few and blocks that are many", der(t, testEncrypted{scryptPBES2(1<<14, 8, 1000), block}), "rounds"},
		{"scrypt, each number within its bounds", der(t, testEncrypted{scryptPBES2(1<<20, 64, 16), block}), "2147483648 rounds"},
		{"scrypt with much memory and little work", der(t, testEncrypted{scryptPBES2(1<<20, 2, 1), block}), "268435456 octets of memory"},
		{"scrypt with numbers that overflow", der(t, testEncrypted{scryptPBES2(1<<62, 1<<62, 1<<62), block}), "a vast number of rounds"},
		{"a salt that is none", der(t, testEncrypted{foreign, block}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Less(t, len(c.file), 3000)
			d := readInTime(t, writeAll(t, map[string][]byte{"all.p12": c.file}), delivery.Options{Password: secret("")})
			if c.says == "" {
				require.False(t, d.Items[0].TooMuch)
				require.Contains(t, d.Items[0].Note, "damaged")
				return
			}
			require.True(t, d.Items[0].TooMuch, "%+v", d.Items[0])
			require.Contains(t, d.Items[0].Note, c.says)
			require.ErrorIs(t, d.Problem, delivery.ErrTooMuch)
			require.NotErrorIs(t, d.Problem, delivery.ErrNoCertificate)
			// The rest of a delivery is read.
			d = readInTime(t, writeAll(t, map[string][]byte{
				"all.p12": c.file, "leaf.pem": certs.EncodePEM(f.full...), "key.pem": f.leaf.EncodeKeyPEM(),
			}), delivery.Options{Password: secret("")})
			require.NoError(t, d.Problem)
			f.requireWhole(t, d)
		})
	}
}

// TestManyDerivations: files that are each within the bounds are not together.
func TestManyDerivations(t *testing.T) {
	f := newFixture(t, 1)
	files := map[string][]byte{"leaf.pem": certs.EncodePEM(f.full...)}
	const rounds, all = 3000, 10_000
	locked := testEncrypted{pbes2(big.NewInt(rounds)), encrypt(t, "tulip", rounds, f.leaf.KeyDER())}
	for i := range 10 {
		files[fmt.Sprintf("%d.key", i)] = der(t, locked)
	}
	d := readInTime(t, writeAll(t, files), delivery.Options{Password: secret("tulip")}.WithRounds(all))
	require.NoError(t, d.Problem)
	f.requireWhole(t, d)
	decrypted, tooMuch := 0, 0
	for _, item := range d.Items {
		switch {
		case item.Kind == delivery.KindKey:
			decrypted++
		case item.TooMuch:
			tooMuch++
			require.Contains(t, item.Note, "all key derivations together")
		}
	}
	require.Equal(t, all/rounds, decrypted)
	require.Equal(t, 10-decrypted, tooMuch)
}

// TestNestedEncryption opens a key that is encrypted twice, within the bounds.
func TestNestedEncryption(t *testing.T) {
	f := newFixture(t, 1)
	inner := keyBag(t, pbes2(big.NewInt(2)), encrypt(t, "tulip", 2, f.leaf.KeyDER()))
	bags := der(t, []testBag{certBag(t, f.full[0]), certBag(t, f.full[1]), inner})
	file := pfx(t, nil, lockedSafe(t, pbes2(big.NewInt(3)), encrypt(t, "tulip", 3, bags)))
	d := readInTime(t, writeAll(t, map[string][]byte{"all.p12": file}), delivery.Options{Password: secret("tulip")})
	require.NoError(t, d.Problem)
	f.requireWhole(t, d)
}

// TestPKCS12Forms opens what a library writes in every form that it knows.
func TestPKCS12Forms(t *testing.T) {
	f := newFixture(t, 2)
	for name, encoder := range map[string]*pkcs12.Encoder{
		"RC2": pkcs12.LegacyRC2, "triple DES": pkcs12.LegacyDES, "AES": pkcs12.Modern2023, "PBMAC1": pkcs12.Modern2026,
		"no encryption": pkcs12.Passwordless,
	} {
		for _, password := range []string{"", "tulip", "Тюльпан", strings.Repeat("long", 50)} {
			if name == "no encryption" && password != "" {
				continue
			}
			t.Run(name+" "+password, func(t *testing.T) {
				file, err := encoder.Encode(f.leaf.Key, f.leaf.Certificate, f.full[1:], password)
				require.NoError(t, err)
				dir := writeAll(t, map[string][]byte{"all.p12": file})
				d := readInTime(t, dir, delivery.Options{Password: secret(password)})
				require.NoError(t, d.Problem)
				f.requireWhole(t, d)
				if password != "" {
					require.ErrorIs(t, readInTime(t, dir, delivery.Options{Password: secret("rose")}).Problem, delivery.ErrPassword)
				}
			})
		}
	}
}

// TestBombs reads files that become large or many only when they are read.
func TestBombs(t *testing.T) {
	zeros := make([]byte, delivery.MaxFile)
	archive := zipOf(t, map[string][]byte{"a": zeros, "b": zeros, "c": zeros, "d": zeros})
	archives, large := map[string][]byte{}, map[string][]byte{}
	for i := range 20 {
		archives[fmt.Sprintf("%02d.zip", i)] = archive
		large[fmt.Sprint(i)] = make([]byte, delivery.MaxFile+1)
	}
	blocks := bytes.Repeat([]byte("-----BEGIN X-----\n-----END X-----\n"), 20_000)
	folders := map[string][]byte{}
	for i := range 2 * delivery.MaxFiles {
		folders[fmt.Sprintf("%d/.hidden", i)] = nil
	}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		says  string
	}{
		{"archives that unpack to more and more", archives, "octets in all"},
		{"an archive whose files are too large", map[string][]byte{"a.zip": zipOf(t, large)}, "octets unpacked"},
		{"blocks without end", map[string][]byte{"a.pem": blocks}, "things in it"},
		{"folders without end", folders, "files and folders"},
		{"files without end", func() map[string][]byte {
			files := map[string][]byte{}
			for i := range delivery.MaxFiles + 1 {
				files[fmt.Sprint(i)] = nil
			}
			return files
		}(), "files and folders"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := readInTime(t, writeAll(t, c.files), delivery.Options{})
			require.ErrorIs(t, d.Problem, delivery.ErrTooMuch)
			require.Contains(t, d.Problem.Error(), c.says)
		})
	}
}

// TestPKCS7Bombs: the reader of PKCS#7 goes as deep as a message does, and back where lengths lie.
func TestPKCS7Bombs(t *testing.T) {
	head := []byte{0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	// Each element claims two octets, and the one in it all that follows.
	var lies []byte
	for range 500 {
		rest := 4 * (500 - len(lies)/4)
		lies = append(lies, 0x30, 0x04, 0x30, 0x82, byte(rest>>8), byte(rest))
	}
	for name, message := range map[string][]byte{
		"elements in each other":         append(head[:len(head):len(head)], bytes.Repeat([]byte{0x30, 0x80}, 100_000)...),
		"elements beside each other":     append(head[:len(head):len(head)], bytes.Repeat([]byte{0x05, 0x00}, 100_000)...),
		"lengths beyond what is around":  append(head[:len(head):len(head)], lies...),
		"octets beyond all certificates": append(head[:len(head):len(head)], make([]byte, delivery.MaxMessage)...),
	} {
		t.Run(name, func(t *testing.T) {
			d := readInTime(t, writeAll(t, map[string][]byte{"a.p7b": message}), delivery.Options{})
			require.True(t, d.Items[0].TooMuch, "%+v", d.Items[0])
			require.ErrorIs(t, d.Problem, delivery.ErrTooMuch)
		})
	}
}

// TestLongPrivateKeys: Go is not asked for arithmetic with keys that no camera has.
func TestLongPrivateKeys(t *testing.T) {
	f := newFixture(t, 1)
	n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 10_000), big.NewInt(1))
	p := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 5_000), big.NewInt(1))
	key := der(t, []*big.Int{big.NewInt(0), n, big.NewInt(65537), p, p, p, p, p, big.NewInt(1)})
	pkcs8 := der(t, struct {
		Version   int
		Algorithm testAlgorithm
		Key       []byte
	}{0, testAlgorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue}, key[:]})
	files := map[string][]byte{
		"leaf.pem": certs.EncodePEM(f.leaf.Certificate),
		"1.key":    pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: key}), "2.key": pkcs8,
	}
	d := readInTime(t, writeAll(t, files), delivery.Options{})
	for _, item := range d.Items[:2] {
		require.Equal(t, certs.ErrKeyTooLong.Error(), item.About)
	}
	for name, content := range files {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err := delivery.ReadPrivateKey(path)
		require.Equal(t, name != "leaf.pem", errors.Is(err, certs.ErrKeyTooLong), "%s: %v", name, err)
	}
}

// TestReadingEndsWithTheContext: a key derivation that is under way does not keep the reader.
func TestReadingEndsWithTheContext(t *testing.T) {
	locked := der(t, testEncrypted{pbes2(big.NewInt(delivery.MaxRounds)), make([]byte, 16)})
	dir := writeAll(t, map[string][]byte{"a.key": locked})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := delivery.Read(ctx, []string{dir}, delivery.Options{Password: func(string, bool) ([]byte, error) {
		cancel()
		return []byte("tulip"), nil
	}})
	require.ErrorIs(t, err, context.Canceled)
}

// TestReadFile: a file that has no end, or is none, is not read.
func TestReadFile(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(large, make([]byte, delivery.MaxFile+1), 0o600))
	_, err := delivery.ReadFile(t.Context(), large)
	require.ErrorIs(t, err, delivery.ErrTooMuch)
	_, err = delivery.ReadFile(t.Context(), os.DevNull)
	require.ErrorContains(t, err, "neither a file nor a folder")
}

// TestWhatCannotBeInterrupted: neither a file that waits for something nor a derivation keeps the reader.
func TestWhatCannotBeInterrupted(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	wait := func() ([]byte, error) { <-never; return nil, nil }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := delivery.Beside(ended, time.Now().Add(time.Hour), wait)
	require.ErrorIs(t, err, context.Canceled)
	_, err = delivery.Beside(t.Context(), time.Now(), wait)
	require.ErrorIs(t, err, delivery.ErrTooMuch)
}
