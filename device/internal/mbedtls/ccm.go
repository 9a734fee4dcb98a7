package mbedtls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is CBC-MAC with counter mode (RFC 3610), with the nonces of TLS (RFC 6655 section 3).
type ccm struct {
	block  cipher.Block
	tagLen int
}

// ccmLengthLen is how many octets of a block tell the length or the counter: what the nonce leaves.
const ccmLengthLen = aes.BlockSize - 1 - gcmSaltLen - gcmExplicitLen

// NonceSize implements [cipher.AEAD].
func (c *ccm) NonceSize() int { return aes.BlockSize - 1 - ccmLengthLen }

// Overhead implements [cipher.AEAD].
func (c *ccm) Overhead() int { return c.tagLen }

// Seal implements [cipher.AEAD].
func (c *ccm) Seal(dst, nonce, plaintext, additional []byte) []byte {
	tag := c.tag(nonce, plaintext, additional)
	start := len(dst)
	dst = append(dst, plaintext...)
	stream, mask := c.counter(nonce)
	stream.XORKeyStream(dst[start:], dst[start:])
	subtle.XORBytes(tag[:], tag[:], mask[:])
	return append(dst, tag[:c.tagLen]...)
}

// Open implements [cipher.AEAD].
func (c *ccm) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	if len(sealed) < c.tagLen {
		return nil, errors.New("ccm: no tag")
	}
	body, received := sealed[:len(sealed)-c.tagLen], sealed[len(sealed)-c.tagLen:]
	stream, mask := c.counter(nonce)
	start := len(dst)
	dst = append(dst, body...)
	stream.XORKeyStream(dst[start:], dst[start:])
	tag := c.tag(nonce, dst[start:], additional)
	subtle.XORBytes(tag[:], tag[:], mask[:])
	if subtle.ConstantTimeCompare(tag[:c.tagLen], received) != 1 {
		return nil, errors.New("ccm: wrong tag")
	}
	return dst, nil
}

// counter returns the key stream of the message and the mask of the tag.
func (c *ccm) counter(nonce []byte) (stream cipher.Stream, mask [aes.BlockSize]byte) {
	var first [aes.BlockSize]byte
	first[0] = ccmLengthLen - 1
	copy(first[1:], nonce)
	stream = cipher.NewCTR(c.block, first[:])
	stream.XORKeyStream(mask[:], mask[:])
	return stream, mask
}

// tag is the CBC-MAC over lengths, nonce, additional data and plaintext.
func (c *ccm) tag(nonce, plaintext, additional []byte) (mac [aes.BlockSize]byte) {
	const hasAdditional = 0x40
	binary.BigEndian.PutUint32(mac[aes.BlockSize-4:], uint32(len(plaintext)))
	mac[0] = hasAdditional | byte(c.tagLen-2)/2<<3 | ccmLengthLen - 1
	copy(mac[1:], nonce)
	c.block.Encrypt(mac[:], mac[:])
	c.absorb(&mac, append(binary.BigEndian.AppendUint16(nil, uint16(len(additional))), additional...))
	c.absorb(&mac, plaintext)
	return mac
}

func (c *ccm) absorb(mac *[aes.BlockSize]byte, data []byte) {
	for len(data) > 0 {
		n := min(len(data), aes.BlockSize)
		subtle.XORBytes(mac[:n], mac[:n], data[:n])
		c.block.Encrypt(mac[:], mac[:])
		data = data[n:]
	}
}
