//lint:file-ignore SA1019 the camera reads points on curves for which the standard library has no newer form

package mbedtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

// parsePoint is [namedCurve.parsePoint] for a build, which may read uncompressed points alone.
func (p *Profile) parsePoint(c *namedCurve, b []byte) (*ecdsa.PublicKey, error) {
	if !p.compressed && len(b) > 0 && b[0] != 0 && b[0] != 4 {
		return nil, errECPFeatureUnavailable
	}
	return c.parsePoint(b)
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

// uncompressed returns a point of the curve in the form that begins with 4.
func (c *namedCurve) uncompressed(x, y *big.Int) []byte {
	size := (c.curve.Params().BitSize + 7) / 8
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	return point
}

// expand returns a compressed point in that form, nil for one that is not on the curve.
func (c *namedCurve) expand(point []byte) []byte {
	public, err := c.parsePoint(point)
	if err != nil {
		return nil
	}
	return c.uncompressed(public.X, public.Y)
}

// compressed returns an uncompressed point in the other form.
func compressed(point []byte) []byte {
	size := (len(point) - 1) / 2
	return append([]byte{2 + point[len(point)-1]&1}, point[1:1+size]...)
}

// generate returns a new key of the curve and its public point.
func (c *namedCurve) generate() (scalar, point []byte, err error) {
	n := c.curve.Params().N
	d, err := rand.Int(rand.Reader, new(big.Int).Sub(n, big.NewInt(1)))
	if err != nil {
		return nil, nil, err
	}
	scalar = d.Add(d, big.NewInt(1)).FillBytes(make([]byte, (n.BitLen()+7)/8))
	return scalar, c.uncompressed(c.curve.ScalarBaseMult(scalar)), nil
}

// agree returns the secret of a key and an uncompressed point, nil for one that is not on the curve. It is not constant time:
// clients that know only curves without a standard library of their own exist in tests, never in the field.
func (c *namedCurve) agree(scalar, point []byte) []byte {
	public, err := c.parsePoint(point)
	if err != nil {
		return nil
	}
	x, _ := c.curve.ScalarMult(public.X, public.Y, scalar)
	return x.FillBytes(make([]byte, (len(point)-1)/2))
}
