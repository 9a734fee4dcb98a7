package mbedtls

import (
	"crypto/subtle"
	"hash"
)

// A KeySchedule derives the secrets of one connection (RFC 5246 sections 5, 6.3, 8.1).
type KeySchedule struct {
	// EncryptThenMAC makes the protections of suites with CBC use a MAC of the ciphertext (RFC 7366).
	EncryptThenMAC bool

	suite        *Suite
	mac          hash.Hash // HMAC keyed with the master secret
	second       hash.Hash // the other one of TLS before 1.2
	clientRandom [32]byte
	serverRandom [32]byte
	seed         [13 + 64]byte
	master       [masterSecretLen]byte
	a, block     [64]byte // HMAC values; fields, because they escape through the interface
}

const (
	masterSecretLen = 48
	verifyDataLen   = 12
)

// NewKeySchedule derives the master secret of a connection from the pre-master secret.
func NewKeySchedule(suite *Suite, preMaster []byte, clientRandom, serverRandom *[32]byte) *KeySchedule {
	return newKeySchedule(suite, preMaster, clientRandom, serverRandom, "master secret", clientRandom[:], serverRandom[:])
}

// NewExtendedKeySchedule derives the extended master secret, for which session is the hash of the messages up to the
// ClientKeyExchange (RFC 7627 section 4).
func NewExtendedKeySchedule(suite *Suite, preMaster, session []byte, clientRandom, serverRandom *[32]byte) *KeySchedule {
	return newKeySchedule(suite, preMaster, clientRandom, serverRandom, "extended master secret", session, nil)
}

func newKeySchedule(
	suite *Suite, preMaster []byte, clientRandom, serverRandom *[32]byte, label string, seed1, seed2 []byte,
) *KeySchedule {
	ks := &KeySchedule{suite: suite, clientRandom: *clientRandom, serverRandom: *serverRandom}
	ks.key(preMaster)
	ks.expand(ks.master[:], label, seed1, seed2)
	ks.key(ks.master[:])
	return ks
}

// keyBlock fills out with the key expansion.
func (ks *KeySchedule) keyBlock(out []byte) {
	ks.expand(out, "key expansion", ks.serverRandom[:], ks.clientRandom[:])
}

// VerifyData returns the content of a Finished message; label is "client finished"
// or "server finished", transcript the hash of the handshake messages so far.
func (ks *KeySchedule) VerifyData(label string, transcript []byte) (out [verifyDataLen]byte) {
	ks.expand(out[:], label, transcript, nil)
	return out
}

// expand is the PRF: P_hash over label and seed, and before TLS 1.2 that of two hashes together.
func (ks *KeySchedule) expand(out []byte, label string, seed1, seed2 []byte) {
	seed := append(append(append(ks.seed[:0], label...), seed1...), seed2...)
	ks.stretch(ks.mac, out, seed)
	if ks.second != nil {
		other := make([]byte, len(out))
		ks.stretch(ks.second, other, seed)
		subtle.XORBytes(out, out, other)
	}
}

// stretch is P_hash.
func (ks *KeySchedule) stretch(mac hash.Hash, out, seed []byte) {
	a := authenticate(mac, ks.a[:0], seed, nil)
	for {
		out = out[copy(out, authenticate(mac, ks.block[:0], a, seed)):]
		if len(out) == 0 {
			return
		}
		a = authenticate(mac, ks.a[:0], a, nil)
	}
}

func authenticate(mac hash.Hash, dst, data1, data2 []byte) []byte {
	mac.Reset()
	mac.Write(data1)
	mac.Write(data2)
	return mac.Sum(dst)
}

// Transcript returns the hash of handshake messages under the suite.
func (s *Suite) Transcript(messages []byte) []byte {
	h := s.transcript()
	h.Write(messages)
	return h.Sum(nil)
}
