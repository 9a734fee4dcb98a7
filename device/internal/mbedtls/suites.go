package mbedtls

import (
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
)

// keyType is the type of a key as mbedtls_pk_can_do tells it.
type keyType uint8

const (
	keyRSA   keyType = iota + 1
	keyECDSA         // id-ecPublicKey
	keyECDH          // id-ecDH: holds a point, but cannot sign
)

// A Suite is a cipher suite of the engine: what the handshake must know of it.
type Suite struct {
	ID   uint16
	Name string // as get_ciphers() and cipher() print it

	ecdhe  bool                                   // ECDHE key exchange; otherwise static RSA or static ECDH
	ecdh   bool                                   // static ECDH: the key of an EC certificate agrees itself
	auth   keyType                                // of the certificate
	block  func(key []byte) (cipher.Block, error) // nil for AES
	keyLen int                                    // octets
	aead   bool                                   // GCM, or CCM; otherwise CBC with mac
	ccmTag int                                    // of CCM, octets; 0 for GCM
	mac    func() hash.Hash
	macLen int
	prf    func() hash.Hash
	old    uint16 // the version before TLS 1.2 that computes with it; 0 for TLS 1.2
}

// suites are those of OpenMV's build, in its order of preference (CAMERA.md section 2.1, step 14).
var suites = []*Suite{
	{ID: 0xc02c, Name: "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384", ecdhe: true, auth: keyECDSA, keyLen: 32, aead: true, prf: sha512.New384},
	{ID: 0xc030, Name: "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384", ecdhe: true, auth: keyRSA, keyLen: 32, aead: true, prf: sha512.New384},
	{
		ID: 0xc024, Name: "TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA384", ecdhe: true,
		auth: keyECDSA, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc028, Name: "TLS-ECDHE-RSA-WITH-AES-256-CBC-SHA384", ecdhe: true,
		auth: keyRSA, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc00a, Name: "TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA", ecdhe: true,
		auth: keyECDSA, keyLen: 32, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc014, Name: "TLS-ECDHE-RSA-WITH-AES-256-CBC-SHA", ecdhe: true,
		auth: keyRSA, keyLen: 32, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{ID: 0xc02b, Name: "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256", ecdhe: true, auth: keyECDSA, keyLen: 16, aead: true, prf: sha256.New},
	{ID: 0xc02f, Name: "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256", ecdhe: true, auth: keyRSA, keyLen: 16, aead: true, prf: sha256.New},
	{
		ID: 0xc023, Name: "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256", ecdhe: true,
		auth: keyECDSA, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc027, Name: "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA256", ecdhe: true,
		auth: keyRSA, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc009, Name: "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA", ecdhe: true,
		auth: keyECDSA, keyLen: 16, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc013, Name: "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA", ecdhe: true,
		auth: keyRSA, keyLen: 16, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{ID: 0x009d, Name: "TLS-RSA-WITH-AES-256-GCM-SHA384", auth: keyRSA, keyLen: 32, aead: true, prf: sha512.New384},
	{ID: 0x003d, Name: "TLS-RSA-WITH-AES-256-CBC-SHA256", auth: keyRSA, keyLen: 32, mac: sha256.New, macLen: 32, prf: sha256.New},
	{ID: 0x0035, Name: "TLS-RSA-WITH-AES-256-CBC-SHA", auth: keyRSA, keyLen: 32, mac: sha1.New, macLen: 20, prf: sha256.New},
	{ID: 0x009c, Name: "TLS-RSA-WITH-AES-128-GCM-SHA256", auth: keyRSA, keyLen: 16, aead: true, prf: sha256.New},
	{ID: 0x003c, Name: "TLS-RSA-WITH-AES-128-CBC-SHA256", auth: keyRSA, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New},
	{ID: 0x002f, Name: "TLS-RSA-WITH-AES-128-CBC-SHA", auth: keyRSA, keyLen: 16, mac: sha1.New, macLen: 20, prf: sha256.New},
}

// pskSuites are those of TLS-PSK that builds with it have.
var pskSuites = []uint16{0x00a9, 0x00af, 0x008d, 0x00a8, 0x00ae, 0x008c}

// SuiteByID returns the engine's suite with that number, or nil.
func SuiteByID(id uint16) *Suite {
	for _, s := range allSuites {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// allSuites are all that the engine has, in no order.
var allSuites = slices.Concat(suites, moreSuites)

// ECDHE reports whether the suite agrees on its key by ECDHE; the others use
// static RSA or static ECDH.
func (s *Suite) ECDHE() bool { return s.ecdhe }

// Curves reports whether the suite agrees on its key over a curve, by ECDHE or static ECDH.
func (s *Suite) Curves() bool { return s.ecdhe || s.ecdh }

// fits reports whether a suite can use a certificate with that kind of key.
func (s *Suite) fits(kind keyType) bool { return s.auth == kind || s.ecdh && kind.agrees() }

// keyUsage returns what the key of the server's certificate is used for.
func (s *Suite) keyUsage() int {
	switch {
	case s.ecdh:
		return usageKeyAgreement
	case s.ecdhe:
		return usageDigitalSignature
	}
	return usageKeyEncipherment
}

// ECDSA reports whether the suite is for certificates with an EC key; the others are for
// RSA.
func (s *Suite) ECDSA() bool { return s.auth == keyECDSA }
