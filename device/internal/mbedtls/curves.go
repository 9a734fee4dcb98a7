package mbedtls

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"encoding/asn1"
)

// namedCurve is a curve that a camera's Mbed TLS can be built with.
type namedCurve struct {
	id    uint16 // supported_groups (RFC 8422 section 5.1.1)
	name  string
	oid   asn1.ObjectIdentifier
	curve elliptic.Curve
	// ecdh is nil for curves that serve for certificates only: the server
	// agrees on keys over P-256, P-384 and P-521.
	ecdh ecdh.Curve
	// noSqrt marks the fields in which Mbed TLS cannot take a square root
	// (p = 1 mod 4): points in compressed form are refused there.
	noSqrt bool
}

var (
	curveP256 = &namedCurve{
		id: 23, name: "secp256r1", oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7},
		curve: elliptic.P256(), ecdh: ecdh.P256(),
	}
	curveP384 = &namedCurve{id: 24, name: "secp384r1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 34}, curve: elliptic.P384(), ecdh: ecdh.P384()}
	curveP521 = &namedCurve{id: 25, name: "secp521r1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 35}, curve: elliptic.P521(), ecdh: ecdh.P521()}
)

// exchangeCurves are those of the key exchange, in the order of a build that has them all
// (CAMERA.md section 2.1, step 15).
var exchangeCurves = []*namedCurve{curveP256, curveP384, curveP521}

// namedCurves are all curves of the engine; their group ids are 18 to 25.
var namedCurves = []*namedCurve{
	curveP256, curveP384, curveP521,
	{id: 18, name: "secp192k1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 31}, curve: secp192k1},
	{id: 19, name: "secp192r1", oid: asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 1}, curve: secp192r1},
	{id: 20, name: "secp224k1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 32}, curve: secp224k1, noSqrt: true},
	{id: 21, name: "secp224r1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 33}, curve: elliptic.P224(), noSqrt: true},
	{id: 22, name: "secp256k1", oid: asn1.ObjectIdentifier{1, 3, 132, 0, 10}, curve: secp256k1},
}

// groupNames are the names of groups that clients offer (IANA TLS Supported Groups).
var groupNames = map[uint16]string{
	18: "secp192k1", 19: "secp192r1", 20: "secp224k1", 21: "secp224r1", 22: "secp256k1",
	23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 26: "brainpoolP256r1", 27: "brainpoolP384r1",
	28: "brainpoolP512r1", 29: "x25519", 30: "x448", 256: "ffdhe2048", 257: "ffdhe3072",
	258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192", 4587: "SecP256r1MLKEM768",
	4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024",
}

// GroupName returns the name of a supported group, or "" when it has none here.
func GroupName(id uint16) string { return groupNames[id] }
