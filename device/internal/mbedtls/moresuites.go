package mbedtls

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/leafcam/leafcam/device/internal/aria"
)

// moreSuites are those that OpenMV's build has not: CCM, ARIA, and static ECDH. Suites of static ECDH take any EC
// certificate, whoever signed it: of two that differ in that alone the server takes the first.
var moreSuites = []*Suite{
	{
		ID: 0xc0ad, Name: "TLS-ECDHE-ECDSA-WITH-AES-256-CCM", ecdhe: true,
		auth: keyECDSA, keyLen: 32, aead: true, ccmTag: 16, prf: sha256.New,
	},
	{
		ID: 0xc0af, Name: "TLS-ECDHE-ECDSA-WITH-AES-256-CCM-8", ecdhe: true,
		auth: keyECDSA, keyLen: 32, aead: true, ccmTag: 8, prf: sha256.New,
	},
	{
		ID: 0xc05d, Name: "TLS-ECDHE-ECDSA-WITH-ARIA-256-GCM-SHA384", ecdhe: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc061, Name: "TLS-ECDHE-RSA-WITH-ARIA-256-GCM-SHA384", ecdhe: true,
		auth: keyRSA, block: aria.NewCipher, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc049, Name: "TLS-ECDHE-ECDSA-WITH-ARIA-256-CBC-SHA384", ecdhe: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc04d, Name: "TLS-ECDHE-RSA-WITH-ARIA-256-CBC-SHA384", ecdhe: true,
		auth: keyRSA, block: aria.NewCipher, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc0ac, Name: "TLS-ECDHE-ECDSA-WITH-AES-128-CCM", ecdhe: true,
		auth: keyECDSA, keyLen: 16, aead: true, ccmTag: 16, prf: sha256.New,
	},
	{
		ID: 0xc0ae, Name: "TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8", ecdhe: true,
		auth: keyECDSA, keyLen: 16, aead: true, ccmTag: 8, prf: sha256.New,
	},
	{
		ID: 0xc05c, Name: "TLS-ECDHE-ECDSA-WITH-ARIA-128-GCM-SHA256", ecdhe: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc060, Name: "TLS-ECDHE-RSA-WITH-ARIA-128-GCM-SHA256", ecdhe: true,
		auth: keyRSA, block: aria.NewCipher, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc048, Name: "TLS-ECDHE-ECDSA-WITH-ARIA-128-CBC-SHA256", ecdhe: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc04c, Name: "TLS-ECDHE-RSA-WITH-ARIA-128-CBC-SHA256", ecdhe: true,
		auth: keyRSA, block: aria.NewCipher, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{ID: 0xc09d, Name: "TLS-RSA-WITH-AES-256-CCM", auth: keyRSA, keyLen: 32, aead: true, ccmTag: 16, prf: sha256.New},
	{
		ID: 0xc0a1, Name: "TLS-RSA-WITH-AES-256-CCM-8",
		auth: keyRSA, keyLen: 32, aead: true, ccmTag: 8, prf: sha256.New,
	},
	{ID: 0xc051, Name: "TLS-RSA-WITH-ARIA-256-GCM-SHA384", auth: keyRSA, block: aria.NewCipher, keyLen: 32, aead: true, prf: sha512.New384},
	{
		ID: 0xc03d, Name: "TLS-RSA-WITH-ARIA-256-CBC-SHA384",
		auth: keyRSA, block: aria.NewCipher, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{ID: 0xc09c, Name: "TLS-RSA-WITH-AES-128-CCM", auth: keyRSA, keyLen: 16, aead: true, ccmTag: 16, prf: sha256.New},
	{
		ID: 0xc0a0, Name: "TLS-RSA-WITH-AES-128-CCM-8",
		auth: keyRSA, keyLen: 16, aead: true, ccmTag: 8, prf: sha256.New,
	},
	{ID: 0xc050, Name: "TLS-RSA-WITH-ARIA-128-GCM-SHA256", auth: keyRSA, block: aria.NewCipher, keyLen: 16, aead: true, prf: sha256.New},
	{
		ID: 0xc03c, Name: "TLS-RSA-WITH-ARIA-128-CBC-SHA256",
		auth: keyRSA, block: aria.NewCipher, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc032, Name: "TLS-ECDH-RSA-WITH-AES-256-GCM-SHA384", ecdh: true,
		auth: keyECDSA, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc02a, Name: "TLS-ECDH-RSA-WITH-AES-256-CBC-SHA384", ecdh: true,
		auth: keyECDSA, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc00f, Name: "TLS-ECDH-RSA-WITH-AES-256-CBC-SHA", ecdh: true,
		auth: keyECDSA, keyLen: 32, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc02e, Name: "TLS-ECDH-ECDSA-WITH-AES-256-GCM-SHA384", ecdh: true,
		auth: keyECDSA, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc026, Name: "TLS-ECDH-ECDSA-WITH-AES-256-CBC-SHA384", ecdh: true,
		auth: keyECDSA, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc005, Name: "TLS-ECDH-ECDSA-WITH-AES-256-CBC-SHA", ecdh: true,
		auth: keyECDSA, keyLen: 32, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc05f, Name: "TLS-ECDH-ECDSA-WITH-ARIA-256-GCM-SHA384", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc063, Name: "TLS-ECDH-RSA-WITH-ARIA-256-GCM-SHA384", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, aead: true, prf: sha512.New384,
	},
	{
		ID: 0xc04b, Name: "TLS-ECDH-ECDSA-WITH-ARIA-256-CBC-SHA384", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc04f, Name: "TLS-ECDH-RSA-WITH-ARIA-256-CBC-SHA384", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 32, mac: sha512.New384, macLen: 48, prf: sha512.New384,
	},
	{
		ID: 0xc031, Name: "TLS-ECDH-RSA-WITH-AES-128-GCM-SHA256", ecdh: true,
		auth: keyECDSA, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc029, Name: "TLS-ECDH-RSA-WITH-AES-128-CBC-SHA256", ecdh: true,
		auth: keyECDSA, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc00e, Name: "TLS-ECDH-RSA-WITH-AES-128-CBC-SHA", ecdh: true,
		auth: keyECDSA, keyLen: 16, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc02d, Name: "TLS-ECDH-ECDSA-WITH-AES-128-GCM-SHA256", ecdh: true,
		auth: keyECDSA, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc025, Name: "TLS-ECDH-ECDSA-WITH-AES-128-CBC-SHA256", ecdh: true,
		auth: keyECDSA, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc004, Name: "TLS-ECDH-ECDSA-WITH-AES-128-CBC-SHA", ecdh: true,
		auth: keyECDSA, keyLen: 16, mac: sha1.New, macLen: 20, prf: sha256.New,
	},
	{
		ID: 0xc05e, Name: "TLS-ECDH-ECDSA-WITH-ARIA-128-GCM-SHA256", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc062, Name: "TLS-ECDH-RSA-WITH-ARIA-128-GCM-SHA256", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, aead: true, prf: sha256.New,
	},
	{
		ID: 0xc04a, Name: "TLS-ECDH-ECDSA-WITH-ARIA-128-CBC-SHA256", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
	{
		ID: 0xc04e, Name: "TLS-ECDH-RSA-WITH-ARIA-128-CBC-SHA256", ecdh: true,
		auth: keyECDSA, block: aria.NewCipher, keyLen: 16, mac: sha256.New, macLen: 32, prf: sha256.New,
	},
}
