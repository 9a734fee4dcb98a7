package mbedtls

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"hash"
)

// The versions before TLS 1.2 that builds of Mbed TLS 2 speak (RFC 2246, RFC 4346; CAMERA.md section 10.2).
const (
	versionTLS10 = 0x0301
	versionTLS11 = 0x0302
)

// negotiate returns the version that is spoken with a client that offers one, or 0.
func (p *Profile) negotiate(offered uint16) uint16 {
	if !p.negotiates {
		if offered == versionTLS12 {
			return versionTLS12
		}
		return 0
	}
	oldest := uint16(versionTLS12)
	if p.OldVersions {
		oldest = versionTLS10
	}
	switch { // both octets are compared with the oldest one's, each for itself
	case offered>>8 < oldest>>8, offered&0xff < oldest&0xff:
		return 0
	case offered > versionTLS12:
		return versionTLS12
	}
	return offered
}

// VersionName returns the name of a protocol version as cipher() prints it; 0 is TLS 1.2.
func VersionName(version uint16) string {
	switch version {
	case versionTLS10:
		return "TLSv1.0"
	case versionTLS11:
		return "TLSv1.1"
	}
	return "TLSv1.2"
}

// OldVersion returns the version before TLS 1.2 that computes with the suite, or 0.
func (s *Suite) OldVersion() uint16 { return s.old }

// spoken reports whether the suite exists in a version: before TLS 1.2 those with SHA-1 alone did.
func (s *Suite) spoken(version uint16) bool { return version >= versionTLS12 || s.macLen == sha1.Size }

// of returns the suite as a version computes with it.
func (s *Suite) of(version uint16) *Suite {
	if version >= versionTLS12 {
		return s
	}
	old := *s
	old.old = version
	return &old
}

// chains reports whether the records of the suite go on with the last block of the record before as IV, as in TLS 1.0.
func (s *Suite) chains() bool { return s.old == versionTLS10 }

// transcript returns a hash for the handshake messages.
func (s *Suite) transcript() hash.Hash {
	if s.old != 0 {
		return newMD5SHA1()
	}
	return s.prf()
}

// key keys the PRF with a secret: before TLS 1.2 each half of it keys a hash of its own (RFC 2246 section 5).
func (ks *KeySchedule) key(secret []byte) {
	if ks.suite.old == 0 {
		ks.mac = hmac.New(ks.suite.prf, secret)
		return
	}
	half := (len(secret) + 1) / 2
	ks.mac, ks.second = hmac.New(md5.New, secret[:half]), hmac.New(sha1.New, secret[len(secret)-half:])
}

// md5SHA1 is the hash of TLS before 1.2: both of the two, one after the other.
type md5SHA1 struct{ md5, sha1 hash.Hash }

func newMD5SHA1() hash.Hash { return md5SHA1{md5.New(), sha1.New()} }

func (h md5SHA1) Write(p []byte) (int, error) {
	h.md5.Write(p)
	return h.sha1.Write(p)
}

func (h md5SHA1) Sum(b []byte) []byte { return h.sha1.Sum(h.md5.Sum(b)) }

func (h md5SHA1) Reset() {
	h.md5.Reset()
	h.sha1.Reset()
}

func (h md5SHA1) Size() int { return md5.Size + sha1.Size }

func (h md5SHA1) BlockSize() int { return sha1.BlockSize }

// oldSignatureHash returns the hash that a client signs with before TLS 1.2.
func (k keyType) oldSignatureHash() crypto.Hash {
	if k == keyRSA {
		return crypto.MD5SHA1
	}
	return crypto.SHA1
}

// digest hashes data that are signed.
func digest(hash crypto.Hash, data []byte) []byte {
	make := hash.New
	if hash == crypto.MD5SHA1 {
		make = newMD5SHA1
	}
	h := make()
	h.Write(data)
	return h.Sum(nil)
}
