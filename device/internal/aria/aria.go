// Package aria is the block cipher ARIA (RFC 5794), which Mbed TLS has in its default configuration and the standard
// library has not. It looks bytes up in tables, and so is not constant time: it serves an emulated server.
package aria

import (
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
)

// BlockSize is the size of a block, octets.
const BlockSize = 16

type block [BlockSize]byte

// maxRounds is the number of rounds with the longest key.
const maxRounds = 16

type aria struct {
	rounds           int
	encrypt, decrypt [maxRounds + 1]block // round keys
}

// NewCipher returns the cipher with a key of 16, 24 or 32 octets.
func NewCipher(key []byte) (cipher.Block, error) {
	var first int // of the constants
	switch len(key) {
	case 16, 24, 32:
		first = (len(key) - 16) / 8
	default:
		return nil, fmt.Errorf("aria: a key of %d octets", len(key))
	}
	c := &aria{rounds: 12 + 2*first}
	c.expand(key, first)
	return c, nil
}

// BlockSize implements [cipher.Block].
func (c *aria) BlockSize() int { return BlockSize }

// Encrypt implements [cipher.Block].
func (c *aria) Encrypt(dst, src []byte) { c.crypt(dst, src, &c.encrypt) }

// Decrypt implements [cipher.Block].
func (c *aria) Decrypt(dst, src []byte) { c.crypt(dst, src, &c.decrypt) }

func (c *aria) crypt(dst, src []byte, keys *[maxRounds + 1]block) {
	var b block
	copy(b[:], src[:BlockSize])
	for i := range c.rounds - 1 {
		b = diffuse(substitute(xor(b, keys[i]), i%2))
	}
	b = xor(substitute(xor(b, keys[c.rounds-1]), 1), keys[c.rounds])
	copy(dst[:BlockSize], b[:])
}

// constants are C1 to C3 of RFC 5794 section 2.2.
var constants = [3]block{
	{0x51, 0x7c, 0xc1, 0xb7, 0x27, 0x22, 0x0a, 0x94, 0xfe, 0x13, 0xab, 0xe8, 0xfa, 0x9a, 0x6e, 0xe0},
	{0x6d, 0xb1, 0x4a, 0xcc, 0x9e, 0x21, 0xc8, 0x20, 0xff, 0x28, 0xb1, 0xd5, 0xef, 0x5d, 0xe2, 0xb0},
	{0xdb, 0x92, 0x37, 0x1d, 0x21, 0x26, 0xe9, 0x70, 0x03, 0x24, 0x97, 0x75, 0x04, 0xe8, 0xc9, 0x0e},
}

// rotations are those of the round keys to the right, bits: each serves four keys.
var rotations = [...]int{19, 31, 128 - 61, 128 - 31, 128 - 19}

// expand makes the round keys (RFC 5794 section 2.2).
func (c *aria) expand(key []byte, first int) {
	var left, right block
	copy(left[:], key[:BlockSize])
	copy(right[:], key[BlockSize:])
	var w [4]block
	w[0] = left
	w[1] = xor(diffuse(substitute(xor(w[0], constants[first]), 0)), right)
	w[2] = xor(diffuse(substitute(xor(w[1], constants[(first+1)%3]), 1)), w[0])
	w[3] = xor(diffuse(substitute(xor(w[2], constants[(first+2)%3]), 0)), w[1])
	for i := range c.rounds + 1 {
		c.encrypt[i] = xor(w[i%4], rotate(w[(i+1)%4], rotations[i/4]))
	}
	for i := range c.rounds + 1 {
		c.decrypt[i] = c.encrypt[c.rounds-i]
		if i > 0 && i < c.rounds {
			c.decrypt[i] = diffuse(c.decrypt[i])
		}
	}
}

func xor(a, b block) block {
	subtle.XORBytes(a[:], a[:], b[:])
	return a
}

// rotate turns a block to the right.
func rotate(b block, bits int) (out block) {
	octets, rest := bits/8, bits%8
	for i := range b {
		from := (i - octets + BlockSize) % BlockSize
		out[i] = b[from]>>rest | b[(from+BlockSize-1)%BlockSize]<<(8-rest)
	}
	return out
}

// substitute is the layer SL1 for odd rounds, which have layer 0, and SL2 for even ones.
func substitute(b block, layer int) block {
	for i := range b {
		b[i] = boxes[(i+2*layer)%4][b[i]]
	}
	return b
}

// diffuse is the layer A (RFC 5794 section 2.4.3): each octet is the sum of seven.
func diffuse(b block) (out block) {
	for i, sum := range diffusion {
		for _, j := range sum {
			out[i] ^= b[j]
		}
	}
	return out
}

var diffusion = [BlockSize][7]uint8{
	{3, 4, 6, 8, 9, 13, 14}, {2, 5, 7, 8, 9, 12, 15}, {1, 4, 6, 10, 11, 12, 15}, {0, 5, 7, 10, 11, 13, 14},
	{0, 2, 5, 8, 11, 14, 15}, {1, 3, 4, 9, 10, 14, 15}, {0, 2, 7, 9, 10, 12, 13}, {1, 3, 6, 8, 11, 12, 13},
	{0, 1, 4, 7, 10, 13, 15}, {0, 1, 5, 6, 11, 12, 14}, {2, 3, 5, 6, 8, 13, 15}, {2, 3, 4, 7, 9, 12, 14},
	{1, 2, 6, 7, 9, 11, 12}, {0, 3, 6, 7, 8, 10, 13}, {0, 3, 4, 5, 9, 11, 14}, {1, 2, 4, 5, 8, 10, 15},
}
