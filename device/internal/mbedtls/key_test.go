//lint:file-ignore SA1019 the camera loads keys on curves for which the standard library has no newer form

package mbedtls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCurveArithmetic compares the a = 0 group law with the generic properties of a
// group: it has no other implementation to be compared with.
func TestCurveArithmetic(t *testing.T) {
	for _, c := range namedCurves {
		t.Run(c.name, func(t *testing.T) {
			p := c.curve.Params()
			require.True(t, p.P.ProbablyPrime(20))
			require.True(t, p.N.ProbablyPrime(20))
			require.True(t, c.curve.IsOnCurve(p.Gx, p.Gy))
			x, y := c.curve.ScalarBaseMult(p.N.Bytes())
			require.True(t, x.Sign() == 0 && y.Sign() == 0, "N times the base point is infinity")
			a, b := big.NewInt(123456789), new(big.Int).Sub(p.N, big.NewInt(5))
			ax, ay := c.curve.ScalarBaseMult(a.Bytes())
			bx, by := c.curve.ScalarBaseMult(b.Bytes())
			require.True(t, c.curve.IsOnCurve(ax, ay))
			sx, sy := c.curve.Add(ax, ay, bx, by)
			wx, wy := c.curve.ScalarBaseMult(new(big.Int).Mod(new(big.Int).Add(a, b), p.N).Bytes())
			require.Equal(t, wx, sx)
			require.Equal(t, wy, sy)
		})
	}
}

// TestKeyOnEveryCurve: each curve's key loads in both forms, signs, and its signature
// verifies.
func TestKeyOnEveryCurve(t *testing.T) {
	for _, c := range namedCurves {
		t.Run(c.name, func(t *testing.T) {
			d, err := rand.Int(rand.Reader, c.curve.Params().N)
			require.NoError(t, err)
			sec1, err := asn1.Marshal(struct {
				Version int
				Key     []byte
				Curve   asn1.ObjectIdentifier `asn1:"tag:0,explicit"`
			}{1, d.Bytes(), c.oid})
			require.NoError(t, err)
			k, err := testProfile(t).ParseKey(sec1)
			require.NoError(t, err)
			require.Equal(t, "EC "+c.name, k.Kind())
			digest := sha256.Sum256([]byte("signed"))
			sig, err := k.sign(crypto.SHA256, digest[:])
			require.NoError(t, err)
			require.True(t, ecdsa.VerifyASN1(&k.ec.PublicKey, digest[:], sig))
			digest[0] ^= 1
			require.False(t, ecdsa.VerifyASN1(&k.ec.PublicKey, digest[:], sig))

			// Its public point is read in both forms, where the curve has them.
			size := (c.curve.Params().BitSize + 7) / 8
			point := append([]byte{byte(2 + k.ec.Y.Bit(0))}, k.ec.X.FillBytes(make([]byte, size))...)
			pub, err := c.parsePoint(point)
			if c.noSqrt {
				require.ErrorIs(t, err, errECPFeatureUnavailable)
				return
			}
			require.NoError(t, err)
			require.Equal(t, k.ec.Y, pub.Y)
		})
	}
}

// TestPublicKeyOfSEC1: the public key has to be a point in one of the two forms; a compressed one is passed over on
// the curves on which it cannot be read.
func TestPublicKeyOfSEC1(t *testing.T) {
	for _, c := range namedCurves {
		t.Run(c.name, func(t *testing.T) {
			p, size := c.curve.Params(), (c.curve.Params().BitSize+7)/8
			x := p.Gx.FillBytes(make([]byte, size))
			y := p.Gy.FillBytes(make([]byte, size))
			load := func(point ...[]byte) error {
				octets := bytes.Join(point, nil)
				sec1, err := asn1.Marshal(struct {
					Version int
					Key     []byte
					Curve   asn1.ObjectIdentifier `asn1:"tag:0,explicit"`
					Public  asn1.BitString        `asn1:"tag:1,explicit"`
				}{1, []byte{1}, c.oid, asn1.BitString{Bytes: octets, BitLength: 8 * len(octets)}})
				require.NoError(t, err)
				_, err = testProfile(t).ParseKey(sec1)
				return err
			}
			require.NoError(t, load([]byte{4}, x, y))
			require.NoError(t, load([]byte{byte(2 + p.Gy.Bit(0))}, x))
			for first := range 256 {
				form := []byte{byte(first)}
				require.ErrorIs(t, load(form), ErrPKBadInputData)
				require.ErrorIs(t, load(form, x[1:]), ErrPKBadInputData)
				require.ErrorIs(t, load(form, x, y[1:]), ErrPKBadInputData)
				require.ErrorIs(t, load(form, x, y, form), ErrPKBadInputData)
				if first != 2 && first != 3 {
					require.ErrorIs(t, load(form, x), ErrPKBadInputData)
				}
				if first != 4 {
					require.ErrorIs(t, load(form, x, y), ErrPKBadInputData)
				}
			}
		})
	}
}

// TestRSANumbers: what Mbed TLS computes from the numbers decides, not whether the
// standard library likes them.
func TestRSANumbers(t *testing.T) {
	good := rsaKey(t)
	encode := func(change func(k *[8]*big.Int)) []byte {
		p, q := good.Primes[0], good.Primes[1]
		numbers := [8]*big.Int{good.N, big.NewInt(int64(good.E)), good.D, p, q, good.Precomputed.Dp, good.Precomputed.Dq, good.Precomputed.Qinv}
		for i := range numbers {
			numbers[i] = new(big.Int).Set(numbers[i])
		}
		change(&numbers)
		der, err := asn1.Marshal(struct {
			Version                    int
			N, E, D, P, Q, Dp, Dq, Inv *big.Int
		}{0, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]})
		require.NoError(t, err)
		return der
	}
	two := big.NewInt(2)
	for _, tc := range []struct {
		name        string
		change      func(k *[8]*big.Int)
		loads, sign bool
	}{
		{"as they are", func(*[8]*big.Int) {}, true, true},
		{"a wrong d, which is never used", func(k *[8]*big.Int) { k[2].Add(k[2], two) }, true, true},
		{"a wrong CRT value", func(k *[8]*big.Int) { k[5].Add(k[5], two) }, true, false},
		{"a wrong modulus", func(k *[8]*big.Int) { k[0].Add(k[0], two) }, true, false},
		{"an even modulus", func(k *[8]*big.Int) { k[0].Add(k[0], big.NewInt(1)) }, false, false},
		{"a zero CRT value", func(k *[8]*big.Int) { k[7].SetInt64(0) }, false, false},
		{"an even exponent", func(k *[8]*big.Int) { k[1].SetInt64(4) }, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k, err := testProfile(t).ParseKey(encode(tc.change))
			if !tc.loads {
				require.ErrorIs(t, err, ErrPKBadInputData)
				return
			}
			require.NoError(t, err)
			digest := sha256.Sum256([]byte("signed"))
			sig, err := k.sign(crypto.SHA256, digest[:])
			if !tc.sign {
				require.ErrorIs(t, err, ErrRSAVerifyFailed)
				return
			}
			require.NoError(t, err)
			require.NoError(t, rsa.VerifyPKCS1v15(&good.PublicKey, crypto.SHA256, digest[:], sig))
		})
	}
}

// TestSmallRSA: 512 bits hold a SHA-256 signature, but no SHA-384 one.
func TestSmallRSA(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 512)
	require.NoError(t, err)
	k, err := testProfile(t).ParseKey(x509.MarshalPKCS1PrivateKey(small))
	require.NoError(t, err)
	_, err = k.sign(crypto.SHA256, make([]byte, 32))
	require.NoError(t, err)
	_, err = k.sign(crypto.SHA384, make([]byte, 48))
	require.ErrorIs(t, err, ErrRSABadInputData)
}

// TestKeyThatCannotSign: a key with the id-ecDH algorithm loads, and fails in the handshake.
func TestKeyThatCannotSign(t *testing.T) {
	ec := ecdsaKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	var info struct {
		Version   int
		Algorithm struct {
			OID   asn1.ObjectIdentifier
			Curve asn1.ObjectIdentifier
		}
		Key []byte
	}
	_, err = asn1.Unmarshal(der, &info)
	require.NoError(t, err)
	info.Algorithm.OID = oidECDH
	der, err = asn1.Marshal(info)
	require.NoError(t, err)
	k, err := testProfile(t).ParseKey(der)
	require.NoError(t, err)
	_, err = k.sign(crypto.SHA256, make([]byte, 32))
	require.ErrorIs(t, err, ErrPKTypeMismatch)
	require.Equal(t, elliptic.P256(), k.ec.Curve)
}
