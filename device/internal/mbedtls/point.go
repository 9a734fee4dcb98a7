//lint:file-ignore SA1019 the camera reads points on curves for which the standard library has no newer form

package mbedtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
)

// parsePoint reads a point of SEC1 section 2.3.4 in the forms that Mbed TLS
// knows, uncompressed and compressed, and checks that it lies on the curve. A compressed point on a curve on which
// mbedtls_ecp_point_read_binary reads none is errECPFeatureUnavailable.
func (c *namedCurve) parsePoint(b []byte) (*ecdsa.PublicKey, error) {
	size := (c.curve.Params().BitSize + 7) / 8
	switch {
	case len(b) == 1 && b[0] == 0:
		return nil, errECPInvalidKey // the point at infinity
	case len(b) == 1+size && (b[0] == 2 || b[0] == 3):
		return c.decompress(b)
	case len(b) != 1+2*size || b[0] != 4:
		return nil, errECPBadInputData
	}
	pub := &ecdsa.PublicKey{Curve: c.curve, X: new(big.Int).SetBytes(b[1 : 1+size]), Y: new(big.Int).SetBytes(b[1+size:])}
	if !c.curve.IsOnCurve(pub.X, pub.Y) {
		return nil, errECPInvalidKey
	}
	return pub, nil
}

func (c *namedCurve) decompress(b []byte) (*ecdsa.PublicKey, error) {
	if c.noSqrt {
		return nil, errECPFeatureUnavailable
	}
	pub := &ecdsa.PublicKey{Curve: c.curve}
	if k, ok := c.curve.(weierstrassA0); ok {
		pub.X, pub.Y = k.decompress(b)
	} else {
		pub.X, pub.Y = elliptic.UnmarshalCompressed(c.curve, b)
	}
	if pub.X == nil {
		return nil, errECPInvalidKey
	}
	return pub, nil
}

// decompress returns the point, or nil when there is none with that abscissa.
func (c weierstrassA0) decompress(b []byte) (x, y *big.Int) {
	x = new(big.Int).SetBytes(b[1:])
	if x.Cmp(c.p.P) >= 0 {
		return nil, nil
	}
	if y = new(big.Int).ModSqrt(c.rhs(x), c.p.P); y == nil {
		return nil, nil
	}
	if y.Bit(0) != uint(b[0]&1) {
		y.Sub(c.p.P, y)
	}
	return x, y
}
