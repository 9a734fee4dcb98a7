package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// integer returns an INTEGER with these octets, which the standard need not allow.
func integer(octets ...byte) []byte {
	return append([]byte{tagInteger, byte(len(octets))}, octets...)
}

func sequence(parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, p := range parts {
			b.AddBytes(p)
		}
	})
	return b.BytesOrPanic()
}

// TestVerifyECDSA: signatures are read loosely, and each way in which one is wrong has its code (CAMERA.md section 6).
func TestVerifyECDSA(t *testing.T) {
	key := ecdsaKey(t)
	digest := sha256.Sum256([]byte("signed"))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	require.NoError(t, err)
	order := key.Params().N
	number := func(n *big.Int) []byte { return integer(n.FillBytes(make([]byte, 33))...) }
	unsigned := func(n *big.Int) []byte { return integer(n.FillBytes(make([]byte, 32))...) }
	good := sequence(number(r), number(s))
	for _, tc := range []struct {
		name string
		sig  []byte
		code int
	}{
		{"as it should be", good, 0},
		{"numbers without the zero that keeps them positive", sequence(unsigned(r), unsigned(s)), 0},
		{"a length in a longer form", append([]byte{0x30, 0x83, 0, 0, byte(len(good) - 2)}, good[2:]...), 0},
		{"no octet", nil, -20448},
		{"another type", append([]byte{0x31}, good[1:]...), -20450},
		{"an indefinite length", append([]byte{0x30, 0x80}, good[2:]...), -20452},
		{"an octet behind it", append(good[:len(good):len(good)], 0), -20454},
		{"an octet less", good[:len(good)-1], -20448},
		{"no number", sequence(), -20448},
		{"one number", sequence(number(r)), -20448},
		{"another type instead of the second number", sequence(number(r), []byte{5, 0}), -20450},
		{"empty numbers", sequence(integer(), integer()), -19968},
		{"zero", sequence(integer(0), number(s)), -19968},
		{"a number above the order", sequence(number(new(big.Int).Add(r, order)), number(s)), -19968},
		{"swapped numbers", sequence(number(s), number(r)), -19968},
		{"something behind the numbers", sequence(number(r), number(s), []byte{5, 0}), -14592},
		{"something behind numbers that are wrong", sequence(number(s), number(r), []byte{5, 0}), -19968},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requireCode(t, tc.code, verify(key.Public(), crypto.SHA256, []byte("signed"), tc.sig))
		})
	}
}

func TestVerifyRSA(t *testing.T) {
	key := rsaKey(t)
	digest := sha256.Sum256([]byte("signed"))
	good, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	tooLarge := key.N.FillBytes(make([]byte, key.Size()))
	wrong := append([]byte{0}, good[1:]...)
	small, err := rsa.GenerateKey(rand.Reader, 384)
	require.NoError(t, err)
	for _, tc := range []struct {
		name string
		key  *rsa.PrivateKey
		sig  []byte
		code int
	}{
		{"as it should be", key, good, 0},
		{"an octet more", key, append(good[:len(good):len(good)], 0), -14592},
		{"an octet less", key, good[1:], -17280},
		{"none", key, nil, -17280},
		{"wrong", key, wrong, -17280},
		{"wrong, and an octet more", key, append(wrong[:len(wrong):len(wrong)], 0), -17280},
		{"as large as the modulus", key, tooLarge, -17028},
		{"no room for the hash", small, make([]byte, small.Size()), -16512},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requireCode(t, tc.code, verify(tc.key.Public(), crypto.SHA256, []byte("signed"), tc.sig))
		})
	}
}

// requireCode checks the code of an error; 0 is none.
func requireCode(t *testing.T, code int, err error) {
	if code == 0 {
		require.NoError(t, err)
		return
	}
	var got *Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, code, got.Code, got.Name)
}
