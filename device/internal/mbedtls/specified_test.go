package mbedtls

import (
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// spelledOut returns the parameters of a curve in DER, without the SEQUENCE around them. The coefficient a is 0 or p - 3.
func spelledOut(t testing.TB, c *namedCurve, form byte) []byte {
	p := c.curve.Params()
	size := octetsOf(p.P)
	a := new(big.Int).Sub(p.P, big.NewInt(3))
	if _, ok := c.curve.(weierstrassA0); ok {
		a.SetInt64(0)
	}
	base := append([]byte{form}, p.Gx.FillBytes(make([]byte, size))...)
	switch form {
	case 2:
		base[0] += byte(p.Gy.Bit(0))
	case 4:
		base = append(base, p.Gy.FillBytes(make([]byte, size))...)
	}
	type field struct {
		Type  asn1.ObjectIdentifier
		Prime *big.Int
	}
	type coefficients struct{ A, B []byte }
	der, err := asn1.Marshal(struct {
		Version int
		Field   field
		Curve   coefficients
		Base    []byte
		Order   *big.Int
	}{1, field{oidPrimeField, p.P}, coefficients{a.FillBytes(make([]byte, size)), p.B.FillBytes(make([]byte, size))}, base, p.N})
	require.NoError(t, err)
	r := berReader{der}
	seq, err := r.child(tagSequence)
	require.NoError(t, err)
	return seq.b
}

// TestSpecifiedCurves: those of Koblitz are found by a compressed base point, and nothing else is.
func TestSpecifiedCurves(t *testing.T) {
	profile := pssProfile(t)
	for _, c := range namedCurves {
		_, koblitz := c.curve.(weierstrassA0)
		found, err := profile.specifiedCurve(spelledOut(t, c, 2))
		if koblitz {
			require.NoError(t, err)
			require.Same(t, c, found)
		} else {
			require.ErrorIs(t, err, errECPFeatureUnavailable)
		}
		_, err = profile.specifiedCurve(spelledOut(t, c, 4))
		require.ErrorIs(t, err, errPKInvalidFormat)
	}
	_, err := testProfile(t).algorithmCurve(algorithm{paramTag: tagSequence, params: spelledOut(t, namedCurves[3], 2)})
	require.ErrorIs(t, err, errECPFeatureUnavailable, "another build")
}

// FuzzSpecifiedCurve: parameters are those of a curve, or refused with an error of Mbed TLS.
func FuzzSpecifiedCurve(f *testing.F) {
	profile := pssProfile(f)
	for _, c := range namedCurves {
		f.Add(spelledOut(f, c, 2))
	}
	f.Fuzz(func(t *testing.T, params []byte) {
		c, err := profile.specifiedCurve(params)
		if err != nil {
			requireKnown(t, err)
			return
		}
		require.Contains(t, profile.curves, c)
	})
}
