package mbedtls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
)

// sealThenMAC encrypts, and appends a MAC of IV and ciphertext (RFC 7366 section 3).
func (c *cbcProtection) sealThenMAC(dst, header, plaintext []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, aes.BlockSize)...)
	rand.Read(dst[start:])
	dst = append(dst, plaintext...)
	padding := aes.BlockSize - len(plaintext)%aes.BlockSize
	for range padding {
		dst = append(dst, byte(padding-1))
	}
	body := dst[start+aes.BlockSize:]
	cipher.NewCBCEncrypter(c.block, dst[start:start+aes.BlockSize]).CryptBlocks(body, body)
	return c.sum(dst, header, dst[start:])
}

// sum appends the MAC of what is sealed, whose length goes into the header.
func (c *cbcProtection) sum(dst, header, sealed []byte) []byte {
	binary.BigEndian.PutUint16(header[11:], uint16(len(sealed)))
	c.inner.Reset()
	c.inner.Write(c.ipad)
	c.inner.Write(header)
	c.inner.Write(sealed)
	return c.finish(dst, c.inner.Sum(nil))
}

func (c *cbcProtection) openAfterMAC(p *Protection, typ uint8, version uint16, payload []byte) ([]byte, error) {
	if len(payload) < 2*aes.BlockSize+c.macLen {
		return nil, ErrInvalidMAC
	}
	sealed, received := payload[:len(payload)-c.macLen], payload[len(payload)-c.macLen:]
	if subtle.ConstantTimeCompare(c.sum(nil, p.header(typ, version, 0), sealed), received) != 1 || len(sealed)%aes.BlockSize != 0 {
		return nil, ErrInvalidMAC
	}
	body := sealed[aes.BlockSize:]
	cipher.NewCBCDecrypter(c.block, sealed[:aes.BlockSize]).CryptBlocks(body, body)
	// The padding is under the MAC: only who has the keys can get it wrong.
	padding := int(body[len(body)-1]) + 1
	if padding > len(body) {
		return nil, ErrInvalidMAC
	}
	for _, b := range body[len(body)-padding:] {
		if int(b) != padding-1 {
			return nil, ErrInvalidMAC
		}
	}
	return body[:len(body)-padding], nil
}
