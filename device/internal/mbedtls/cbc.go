package mbedtls

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// cbcProtection is MAC-then-encrypt in CBC mode with an explicit IV (RFC 5246
// section 6.2.3.2), or, in TLS 1.0, with the last block of the record before. The MAC of a received record is checked in time that depends
// on the record's length alone.
type cbcProtection struct {
	block        cipher.Block
	inner, outer hash.Hash
	ipad, opad   []byte
	macLen       int
	chain        []byte // the next record's IV in TLS 1.0; empty in others
	// encryptThenMAC says that the MAC is one of the ciphertext (RFC 7366).
	encryptThenMAC bool
}

func newCBC(s *Suite, block cipher.Block, key, iv []byte) *cbcProtection {
	c := &cbcProtection{block: block, inner: s.mac(), outer: s.mac(), macLen: s.macLen, chain: bytes.Clone(iv)}
	c.ipad = make([]byte, c.inner.BlockSize())
	c.opad = make([]byte, c.inner.BlockSize())
	copy(c.ipad, key)
	copy(c.opad, key)
	for i := range c.ipad {
		c.ipad[i] ^= 0x36
		c.opad[i] ^= 0x5c
	}
	return c
}

// finish completes an HMAC whose inner hash is given.
func (c *cbcProtection) finish(dst, inner []byte) []byte {
	c.outer.Reset()
	c.outer.Write(c.opad)
	c.outer.Write(inner)
	return c.outer.Sum(dst)
}

// seal adds the least padding that fills a block.
func (c *cbcProtection) seal(dst, header, plaintext []byte) []byte {
	start := len(dst)
	if len(c.chain) == 0 {
		dst = append(dst, make([]byte, aes.BlockSize)...)
		rand.Read(dst[start:])
	}
	begin := len(dst)
	dst = append(dst, plaintext...)
	c.inner.Reset()
	c.inner.Write(c.ipad)
	c.inner.Write(header)
	c.inner.Write(plaintext)
	dst = c.finish(dst, c.inner.Sum(nil))
	padding := aes.BlockSize - (len(plaintext)+c.macLen)%aes.BlockSize
	for range padding {
		dst = append(dst, byte(padding-1))
	}
	body := dst[begin:]
	iv := dst[start:begin]
	if len(c.chain) > 0 {
		iv = c.chain
	}
	cipher.NewCBCEncrypter(c.block, iv).CryptBlocks(body, body)
	copy(c.chain, body[len(body)-aes.BlockSize:])
	return dst
}

func (c *cbcProtection) open(p *Protection, typ uint8, version uint16, payload []byte) ([]byte, error) {
	explicit := aes.BlockSize - len(c.chain)
	if len(payload) < explicit+aes.BlockSize || len(payload) < explicit+c.macLen+1 || len(payload)%aes.BlockSize != 0 {
		return nil, ErrInvalidMAC
	}
	iv, body := payload[:explicit], payload[explicit:]
	if explicit == 0 {
		iv, c.chain = c.chain, bytes.Clone(body[len(body)-aes.BlockSize:])
	}
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(body, body)
	length, good := c.unpad(body)
	var received [64]byte
	c.copySecret(received[:c.macLen], body, length)
	computed := c.macSecret(p.header(typ, version, 0), body, length)
	good &= subtle.ConstantTimeCompare(computed, received[:c.macLen])
	if good != 1 {
		return nil, ErrInvalidMAC
	}
	return body[:length], nil
}

// unpad returns the length of the plaintext and whether the padding is right. Wrong
// padding counts as none at all, so that a MAC is computed in any case.
func (c *cbcProtection) unpad(body []byte) (length, good int) {
	last := int(body[len(body)-1])
	good = subtle.ConstantTimeLessOrEq(last+1+c.macLen, len(body))
	toCheck := min(256, len(body))
	for i := range toCheck {
		inPadding := subtle.ConstantTimeLessOrEq(i, last)
		equal := subtle.ConstantTimeByteEq(body[len(body)-1-i], byte(last))
		good &= equal | (1 - inPadding)
	}
	padding := subtle.ConstantTimeSelect(good, last+1, 1)
	return len(body) - c.macLen - padding, good
}

// span returns the least and greatest length that a plaintext in body can have.
func (c *cbcProtection) span(body []byte) (least, greatest int) {
	greatest = len(body) - c.macLen - 1
	return max(0, greatest-255), greatest
}

// macSecret computes the MAC over body[:length] without revealing length: the
// inner hash is finished at every place where the plaintext can end.
func (c *cbcProtection) macSecret(header, body []byte, length int) []byte {
	binary.BigEndian.PutUint16(header[11:], uint16(length))
	least, greatest := c.span(body)
	c.inner.Reset()
	c.inner.Write(c.ipad)
	c.inner.Write(header)
	c.inner.Write(body[:least])
	var selected, sum [64]byte
	for end := least; ; end++ {
		digest := c.inner.Sum(sum[:0]) // Sum leaves the running hash as it is
		subtle.ConstantTimeCopy(subtle.ConstantTimeEq(int32(end), int32(length)), selected[:c.macLen], digest)
		if end == greatest {
			break
		}
		c.inner.Write(body[end : end+1])
	}
	return c.finish(nil, selected[:c.macLen])
}

// copySecret copies the MAC that follows body[:length] without revealing length.
func (c *cbcProtection) copySecret(mac, body []byte, length int) {
	least, greatest := c.span(body)
	for start := least; start <= greatest; start++ {
		subtle.ConstantTimeCopy(subtle.ConstantTimeEq(int32(start), int32(length)), mac, body[start:start+len(mac)])
	}
}
