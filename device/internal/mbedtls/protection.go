package mbedtls

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// A Protection seals or opens the records of one direction.
type Protection struct {
	seq uint64
	gcm gcmProtection // CCM as well; unless cbc is set
	cbc *cbcProtection
	aad [13]byte
}

// Protections returns the record protection of both directions.
func (ks *KeySchedule) Protections() (client, server *Protection, err error) {
	s := ks.suite
	var block [2 * (48 + 32 + 16)]byte
	ivLen := 0
	switch {
	case s.aead:
		ivLen = gcmSaltLen
	case s.chains():
		ivLen = aes.BlockSize
	}
	keys := block[:2*(s.macLen+s.keyLen+ivLen)]
	ks.keyBlock(keys)
	take := func(n int) (b []byte) {
		b, keys = keys[:n], keys[n:]
		return b
	}
	clientMAC, serverMAC := take(s.macLen), take(s.macLen)
	clientKey, serverKey := take(s.keyLen), take(s.keyLen)
	clientIV, serverIV := take(ivLen), take(ivLen)
	if client, err = ks.protection(clientKey, clientMAC, clientIV); err != nil {
		return nil, nil, err
	}
	server, err = ks.protection(serverKey, serverMAC, serverIV)
	return client, server, err
}

func (ks *KeySchedule) protection(key, mac, iv []byte) (*Protection, error) {
	s := ks.suite
	newBlock := s.block
	if newBlock == nil {
		newBlock = aes.NewCipher
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, err
	}
	if !s.aead {
		cbc := newCBC(s, block, mac, iv)
		cbc.encryptThenMAC = ks.EncryptThenMAC
		return &Protection{cbc: cbc}, nil
	}
	p := &Protection{}
	copy(p.gcm.nonce[:], iv)
	if s.ccmTag > 0 {
		p.gcm.aead = &ccm{block, s.ccmTag}
		return p, nil
	}
	p.gcm.aead, err = cipher.NewGCM(block)
	return p, err
}

// maxPadding is the most padding of a record in CBC mode, octets.
const maxPadding = 256

// bounds reports whether a record can have that length, for content up to a maximum. Unprotected ones have a nil Protection.
func (p *Protection) bounds(length, maxContent int) bool {
	if p == nil {
		return length <= maxContent
	}
	if p.cbc == nil {
		return length >= gcmExplicitLen+p.gcm.aead.Overhead() && length <= maxContent+maxRecordInExtra-gcmExplicitLen
	}
	explicit := aes.BlockSize - len(p.cbc.chain)
	least := explicit + p.cbc.macLen + aes.BlockSize - p.cbc.macLen%aes.BlockSize
	return length >= least && length <= min(least+maxContent+maxPadding, maxContent+maxRecordInExtra-explicit)
}

// header returns the pseudo header that the record's integrity covers
// (RFC 5246 sections 6.2.3.1 and 6.2.3.3).
func (p *Protection) header(typ uint8, version uint16, length int) []byte {
	binary.BigEndian.PutUint64(p.aad[:], p.seq)
	p.aad[8] = typ
	binary.BigEndian.PutUint16(p.aad[9:], version)
	binary.BigEndian.PutUint16(p.aad[11:], uint16(length))
	return p.aad[:]
}

// Overhead is the most that protection adds to a record's payload, in octets.
const Overhead = 16 + 48 + 16

// Seal appends the protected form of plaintext to dst, which must not overlap it.
func (p *Protection) Seal(dst []byte, typ uint8, version uint16, plaintext []byte) []byte {
	header := p.header(typ, version, len(plaintext))
	switch {
	case p.cbc == nil:
		dst = p.gcm.seal(dst, p.seq, header, plaintext)
	case p.cbc.encryptThenMAC:
		dst = p.cbc.sealThenMAC(dst, header, plaintext)
	default:
		dst = p.cbc.seal(dst, header, plaintext)
	}
	p.seq++
	return dst
}

// Open decrypts a record's payload in place and returns the plaintext. Any
// failure is ErrInvalidMAC.
func (p *Protection) Open(typ uint8, version uint16, payload []byte) ([]byte, error) {
	var plain []byte
	var err error
	switch {
	case p.cbc == nil:
		plain, err = p.gcm.open(p, typ, version, payload)
	case p.cbc.encryptThenMAC:
		plain, err = p.cbc.openAfterMAC(p, typ, version, payload)
	default:
		plain, err = p.cbc.open(p, typ, version, payload)
	}
	if err != nil {
		return nil, err
	}
	p.seq++
	return plain, nil
}
