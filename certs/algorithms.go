package certs

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// algorithms are kinds of keys and signatures that Go's crypto/x509 does not know, by their object
// identifiers: RFC 8410, RFC 9881 and 9909 (NIST's FIPS 204 and 205), RFC 5480 and others.
var algorithms = map[string]string{
	"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
	"2.16.840.1.101.3.4.3.17": "ML-DSA-44 (post-quantum)", "2.16.840.1.101.3.4.3.18": "ML-DSA-65 (post-quantum)",
	"2.16.840.1.101.3.4.3.19": "ML-DSA-87 (post-quantum)",
	"2.16.840.1.101.3.4.3.20": "SLH-DSA-SHA2-128s (post-quantum)", "2.16.840.1.101.3.4.3.21": "SLH-DSA-SHA2-128f (post-quantum)",
	"2.16.840.1.101.3.4.3.22": "SLH-DSA-SHA2-192s (post-quantum)", "2.16.840.1.101.3.4.3.23": "SLH-DSA-SHA2-192f (post-quantum)",
	"2.16.840.1.101.3.4.3.24": "SLH-DSA-SHA2-256s (post-quantum)", "2.16.840.1.101.3.4.3.25": "SLH-DSA-SHA2-256f (post-quantum)",
	"2.16.840.1.101.3.4.3.26": "SLH-DSA-SHAKE-128s (post-quantum)", "2.16.840.1.101.3.4.3.27": "SLH-DSA-SHAKE-128f (post-quantum)",
	"2.16.840.1.101.3.4.3.28": "SLH-DSA-SHAKE-192s (post-quantum)", "2.16.840.1.101.3.4.3.29": "SLH-DSA-SHAKE-192f (post-quantum)",
	"2.16.840.1.101.3.4.3.30": "SLH-DSA-SHAKE-256s (post-quantum)", "2.16.840.1.101.3.4.3.31": "SLH-DSA-SHAKE-256f (post-quantum)",
	"1.2.840.113549.1.9.16.3.17": "HSS/LMS (post-quantum)",
	"1.2.840.113549.1.1.1":       "RSA", "1.2.840.113549.1.1.7": "RSAES-OAEP", "1.2.840.113549.1.1.10": "RSASSA-PSS",
	"1.2.840.10045.2.1": "an elliptic curve", "1.2.840.10040.4.1": "DSA", "1.2.840.10040.4.3": "DSA with SHA-1",
	"2.16.840.1.101.3.4.3.2": "DSA with SHA-256", "1.2.840.113549.1.1.14": "RSA with SHA-224", "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
	"2.16.840.1.101.3.4.3.9": "ECDSA with SHA3-224", "2.16.840.1.101.3.4.3.10": "ECDSA with SHA3-256",
	"2.16.840.1.101.3.4.3.11": "ECDSA with SHA3-384", "2.16.840.1.101.3.4.3.12": "ECDSA with SHA3-512",
	"2.16.840.1.101.3.4.3.14": "RSA with SHA3-256", "2.16.840.1.101.3.4.3.15": "RSA with SHA3-384",
	"2.16.840.1.101.3.4.3.16": "RSA with SHA3-512",
	"1.2.156.10197.1.501":     "SM2 with SM3", "1.2.643.7.1.1.1.1": "GOST R 34.10-2012 with 256 bits",
	"1.2.643.7.1.1.1.2": "GOST R 34.10-2012 with 512 bits",
	"1.2.643.7.1.1.3.2": "GOST R 34.10-2012 with 256 bits", "1.2.643.7.1.1.3.3": "GOST R 34.10-2012 with 512 bits",
}

// curves are those of elliptic curves that crypto/x509 does not know (RFC 5480, RFC 5639 and SEC 2).
var curves = map[string]string{
	"1.3.132.0.10": "secp256k1", "1.3.132.0.31": "secp192k1", "1.3.132.0.32": "secp224k1", "1.2.840.10045.3.1.1": "P-192",
	"1.3.132.0.33":         "P-224",
	"1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
	"1.2.156.10197.1.301": "SM2",
}

// AlgorithmName names an algorithm by its object identifier; where that is unknown, it returns the
// identifier.
func AlgorithmName(id asn1.ObjectIdentifier) string {
	if name := algorithms[id.String()]; name != "" {
		return name
	}
	return "the algorithm " + id.String()
}

// DescribeKey names the kind of a certificate's key, also where crypto/x509 does not know it.
func DescribeKey(c *x509.Certificate) string {
	if c.PublicKey != nil {
		return DescribePublicKey(c.PublicKey)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return DescribePublicKey(nil)
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &curve); err == nil && curves[curve.String()] != "" {
		return "on the curve " + curves[curve.String()]
	}
	return AlgorithmName(info.Algorithm.Algorithm)
}

// DescribeSignature names how a certificate is signed, also where crypto/x509 does not know it.
func DescribeSignature(c *x509.Certificate) string {
	if c.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
		return c.SignatureAlgorithm.String()
	}
	var outer struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.Raw, &outer); err != nil {
		return "an algorithm that is unknown here"
	}
	return AlgorithmName(outer.Algorithm.Algorithm)
}
