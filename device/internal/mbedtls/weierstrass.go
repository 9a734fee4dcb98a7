package mbedtls

import (
	"crypto/elliptic"
	"math/big"
)

// The curves that the camera knows and the standard library does not:
// secp192r1, which elliptic.CurveParams can compute (a = -3), and the secp…k1
// family with a = 0, for which weierstrassA0 supplies the arithmetic. They serve
// keys and certificates only. The arithmetic is not constant time: such a key
// exists in tests, never in the field.
var (
	secp192r1 = &elliptic.CurveParams{
		Name: "P-192", BitSize: 192,
		P:  hexInt("fffffffffffffffffffffffffffffffeffffffffffffffff"),
		N:  hexInt("ffffffffffffffffffffffff99def836146bc9b1b4d22831"),
		B:  hexInt("64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1"),
		Gx: hexInt("188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012"),
		Gy: hexInt("07192b95ffc8da78631011ed6b24cdd573f977a11e794811"),
	}
	secp192k1 = weierstrassA0{&elliptic.CurveParams{
		Name: "secp192k1", BitSize: 192,
		P:  hexInt("fffffffffffffffffffffffffffffffffffffffeffffee37"),
		N:  hexInt("fffffffffffffffffffffffe26f2fc170f69466a74defd8d"),
		B:  big.NewInt(3),
		Gx: hexInt("db4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7d"),
		Gy: hexInt("9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9d"),
	}}
	secp224k1 = weierstrassA0{&elliptic.CurveParams{
		Name: "secp224k1", BitSize: 224,
		P:  hexInt("fffffffffffffffffffffffffffffffffffffffffffffffeffffe56d"),
		N:  hexInt("010000000000000000000000000001dce8d2ec6184caf0a971769fb1f7"),
		B:  big.NewInt(5),
		Gx: hexInt("a1455b334df099df30fc28a169a467e9e47075a90f7e650eb6b7a45c"),
		Gy: hexInt("7e089fed7fba344282cafbd6f7e319f7c0b0bd59e2ca4bdb556d61a5"),
	}}
	secp256k1 = weierstrassA0{&elliptic.CurveParams{
		Name: "secp256k1", BitSize: 256,
		P:  hexInt("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
		N:  hexInt("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
		B:  big.NewInt(7),
		Gx: hexInt("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
		Gy: hexInt("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"),
	}}
)

func hexInt(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("mbedtls: bad curve constant " + s)
	}
	return n
}

// weierstrassA0 is the group of y² = x³ + b in affine coordinates; (0, 0) is the
// point at infinity, as crypto/elliptic has it.
type weierstrassA0 struct{ p *elliptic.CurveParams }

func (c weierstrassA0) Params() *elliptic.CurveParams { return c.p }

func (c weierstrassA0) IsOnCurve(x, y *big.Int) bool {
	if x.Sign() < 0 || y.Sign() < 0 || x.Cmp(c.p.P) >= 0 || y.Cmp(c.p.P) >= 0 {
		return false
	}
	y2 := new(big.Int).Mul(y, y)
	return y2.Mod(y2, c.p.P).Cmp(c.rhs(x)) == 0
}

// rhs returns x³ + b.
func (c weierstrassA0) rhs(x *big.Int) *big.Int {
	r := new(big.Int).Exp(x, big.NewInt(3), c.p.P)
	r.Add(r, c.p.B)
	return r.Mod(r, c.p.P)
}

func (c weierstrassA0) Add(x1, y1, x2, y2 *big.Int) (*big.Int, *big.Int) {
	switch {
	case x1.Sign() == 0 && y1.Sign() == 0:
		return new(big.Int).Set(x2), new(big.Int).Set(y2)
	case x2.Sign() == 0 && y2.Sign() == 0:
		return new(big.Int).Set(x1), new(big.Int).Set(y1)
	case x1.Cmp(x2) == 0 && y1.Cmp(y2) == 0:
		return c.Double(x1, y1)
	case x1.Cmp(x2) == 0:
		return new(big.Int), new(big.Int)
	}
	slope := new(big.Int).Sub(y2, y1)
	dx := new(big.Int).Sub(x2, x1)
	dx.ModInverse(dx.Mod(dx, c.p.P), c.p.P)
	return c.third(slope.Mul(slope, dx), x1, y1, x2)
}

func (c weierstrassA0) Double(x, y *big.Int) (*big.Int, *big.Int) {
	if y.Sign() == 0 {
		return new(big.Int), new(big.Int)
	}
	slope := new(big.Int).Mul(x, x)
	slope.Mul(slope, big.NewInt(3))
	dy := new(big.Int).Lsh(y, 1)
	dy.ModInverse(dy.Mod(dy, c.p.P), c.p.P)
	return c.third(slope.Mul(slope, dy), x, y, x)
}

// third returns the inverse of the third point on the line through (x1, y1)
// and the point with abscissa x2.
func (c weierstrassA0) third(slope, x1, y1, x2 *big.Int) (*big.Int, *big.Int) {
	slope.Mod(slope, c.p.P)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, x1).Sub(x, x2).Mod(x, c.p.P)
	y := new(big.Int).Sub(x1, x)
	y.Mul(y, slope).Sub(y, y1).Mod(y, c.p.P)
	return x, y
}

func (c weierstrassA0) ScalarMult(bx, by *big.Int, k []byte) (*big.Int, *big.Int) {
	x, y := new(big.Int), new(big.Int)
	for _, b := range k {
		for bit := 7; bit >= 0; bit-- {
			x, y = c.Add(x, y, x, y)
			if b>>bit&1 == 1 {
				x, y = c.Add(x, y, bx, by)
			}
		}
	}
	return x, y
}

func (c weierstrassA0) ScalarBaseMult(k []byte) (*big.Int, *big.Int) {
	return c.ScalarMult(c.p.Gx, c.p.Gy, k)
}
