package mbedtls

import (
	"crypto/cipher"
	"encoding/binary"
)

// Lengths of GCM and CCM in TLS 1.2 (RFC 5288 and RFC 6655 section 3), octets.
const (
	gcmSaltLen     = 4
	gcmExplicitLen = 8
)

type gcmProtection struct {
	aead  cipher.AEAD
	nonce [gcmSaltLen + gcmExplicitLen]byte
}

// seal uses the sequence number as explicit nonce, as Mbed TLS does.
func (g *gcmProtection) seal(dst []byte, seq uint64, header, plaintext []byte) []byte {
	binary.BigEndian.PutUint64(g.nonce[gcmSaltLen:], seq)
	dst = append(dst, g.nonce[gcmSaltLen:]...)
	return g.aead.Seal(dst, g.nonce[:], plaintext, header)
}

func (g *gcmProtection) open(p *Protection, typ uint8, version uint16, payload []byte) ([]byte, error) {
	if len(payload) < gcmExplicitLen+g.aead.Overhead() {
		return nil, ErrInvalidMAC
	}
	copy(g.nonce[gcmSaltLen:], payload)
	sealed := payload[gcmExplicitLen:]
	plain, err := g.aead.Open(sealed[:0], g.nonce[:], sealed, p.header(typ, version, len(sealed)-g.aead.Overhead()))
	if err != nil {
		return nil, ErrInvalidMAC
	}
	return plain, nil
}
