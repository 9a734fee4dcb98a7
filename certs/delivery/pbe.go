package delivery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"math/big"

	"golang.org/x/crypto/scrypt"
)

// Encryption with a password is taken apart here and not left to a library, because libraries do
// whatever amount of work a file asks for, also for what comes out of a decrypted part of it.

// algorithm is an AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
type algorithm struct {
	OID        asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

// Algorithms of RFC 8018 appendix A and B, RFC 7914 section 7, and RFC 7292 appendix C.
var (
	oidPBES2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidPBE3DES = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}

	macs = []struct {
		oid  asn1.ObjectIdentifier
		hash func() hash.Hash
	}{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}, sha1.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 8}, sha256.New224},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, sha256.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}, sha512.New384},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}, sha512.New},
	}
	ciphers = []struct {
		oid    asn1.ObjectIdentifier
		keyLen int
		block  func(key []byte) (cipher.Block, error)
	}{
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32, aes.NewCipher},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}, 24, des.NewTripleDESCipher},
	}
)

// Why something is not decrypted: it is of a kind that is not known here.
var (
	errCipher     = errors.New("encrypted with a cipher not known here")
	errDerivation = errors.New("encrypted with a key that is derived from the password in a way not known here")
)

// A passphrase is a password as PBES2 takes it, and as PKCS#12's own encryption does.
type passphrase struct {
	text []byte
	bmp  []byte // UTF-16, big-endian, with a zero at the end (RFC 7292 appendix B.1)
}

// A scheme is how something is encrypted with a password, and what the key takes.
type scheme struct {
	work   work
	keyLen int
	derive func(p passphrase) ([]byte, error) // key and IV
	block  func(key []byte) (cipher.Block, error)
	stream func(key, data []byte) ([]byte, error) // in the place of block, for what has none
}

// schemeOf reads parameters. It does no work.
func schemeOf(a algorithm) (*scheme, error) {
	if a.OID.Equal(oidPBES2) {
		return pbes2(a.Parameters.FullBytes)
	}
	return oldScheme(a)
}

// saltAndRounds reads the parameters of PKCS#12's own encryption (RFC 7292 appendix C).
func saltAndRounds(der []byte) (salt []byte, rounds int64, err error) {
	var p struct {
		Salt   []byte
		Rounds *big.Int
	}
	if err := unmarshal(der, &p); err != nil {
		return nil, 0, err
	}
	rounds, err = number(p.Rounds)
	return p.Salt, rounds, err
}

// pbes2 reads the parameters of PBES2 (RFC 8018 appendix A.4).
func pbes2(der []byte) (*scheme, error) {
	var p struct{ Derivation, Cipher algorithm }
	if err := unmarshal(der, &p); err != nil {
		return nil, err
	}
	for _, known := range ciphers {
		if !known.oid.Equal(p.Cipher.OID) {
			continue
		}
		var iv []byte
		if err := unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil {
			return nil, err
		}
		key, w, err := derivation(p.Derivation, known.keyLen)
		if err != nil {
			return nil, err
		}
		return &scheme{work: w, keyLen: known.keyLen, derive: func(p passphrase) ([]byte, error) {
			derived, err := key(p.text)
			return append(derived, iv...), err
		}, block: known.block}, nil
	}
	return nil, errCipher
}

// derivation reads how a key is derived from a password.
func derivation(a algorithm, keyLen int) (key func(password []byte) ([]byte, error), w work, err error) {
	switch {
	case a.OID.Equal(oidPBKDF2):
		return pbkdf2Of(a.Parameters.FullBytes, keyLen)
	case a.OID.Equal(oidScrypt):
		return scryptOf(a.Parameters.FullBytes, keyLen)
	}
	return nil, work{}, errDerivation
}

// pbkdf2Parameters are those of RFC 8018 appendix A.2.
type pbkdf2Parameters struct {
	Salt   []byte
	Rounds *big.Int
	Length int       `asn1:"optional"`
	MAC    algorithm `asn1:"optional"`
}

func pbkdf2Of(der []byte, keyLen int) (func([]byte) ([]byte, error), work, error) {
	var p pbkdf2Parameters
	if err := unmarshal(der, &p); err != nil {
		return nil, work{}, err
	}
	rounds, err := number(p.Rounds)
	if err != nil {
		return nil, work{}, err
	}
	h := sha1.New
	if len(p.MAC.OID) > 0 {
		if h = macOf(p.MAC.OID); h == nil {
			return nil, work{}, errDerivation
		}
	}
	size := h().Size()
	key := func(password []byte) ([]byte, error) {
		return pbkdf2.Key(h, string(password), p.Salt, int(rounds), keyLen)
	}
	return key, work{rounds: product(rounds, int64((keyLen+size-1)/size))}, nil
}

func macOf(oid asn1.ObjectIdentifier) func() hash.Hash {
	for _, known := range macs {
		if known.oid.Equal(oid) {
			return known.hash
		}
	}
	return nil
}

func scryptOf(der []byte, keyLen int) (func([]byte) ([]byte, error), work, error) {
	var p struct {
		Salt    []byte
		N, R, P *big.Int
		Length  int `asn1:"optional"`
	}
	if err := unmarshal(der, &p); err != nil {
		return nil, work{}, err
	}
	var numbers [3]int64
	for i, n := range []*big.Int{p.N, p.R, p.P} {
		var err error
		if numbers[i], err = number(n); err != nil {
			return nil, work{}, err
		}
	}
	n, r, parallel := numbers[0], numbers[1], numbers[2]
	key := func(password []byte) ([]byte, error) {
		return scrypt.Key(password, p.Salt, int(n), int(r), int(parallel), keyLen)
	}
	return key, work{rounds: product(2, n, r, parallel), memory: product(128, r, max(n, parallel))}, nil
}

// open decrypts in blocks, and removes the padding (RFC 8018 section 6.1.1). It returns ErrPassword
// where no padding comes out.
func (r *deliveryReader) open(s *scheme, p passphrase, data []byte) ([]byte, error) {
	derived, err := r.derive(s.work, func() ([]byte, error) { return s.derive(p) })
	if err != nil {
		return nil, err
	}
	if s.stream != nil {
		return s.stream(derived, data)
	}
	block, err := s.block(derived[:s.keyLen])
	if err != nil {
		return nil, err
	}
	iv, size := derived[s.keyLen:], block.BlockSize()
	if len(iv) != size {
		return nil, fmt.Errorf("damaged: an initialisation vector of %d octets", len(iv))
	}
	if len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("damaged: its content is no whole number of blocks")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, ErrPassword
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, ErrPassword
		}
	}
	return plain[:len(plain)-padding], nil
}

// What PKCS#12 derives (RFC 7292 appendix B.3).
const (
	kdfKey = 1
	kdfIV  = 2
	kdfMAC = 3
)

// pkcs12KDF is the key derivation of RFC 7292 appendix B.2; the names are those there.
func pkcs12KDF(newHash func() hash.Hash, id byte, password, salt []byte, rounds int64, size int) (key []byte) {
	h := newHash()
	v := h.BlockSize()
	d := make([]byte, v)
	for i := range d {
		d[i] = id
	}
	i := append(repeated(salt, v), repeated(password, v)...)
	for len(key) < size {
		h.Reset()
		h.Write(d)
		h.Write(i)
		a := h.Sum(nil)
		for range rounds - 1 {
			h.Reset()
			h.Write(a)
			a = h.Sum(a[:0])
		}
		key = append(key, a...)
		b := repeated(a, v)[:v]
		for j := 0; j < len(i); j += v {
			carry := 1 // I_j = (I_j + B + 1) mod 2^v
			for k := v - 1; k >= 0; k-- {
				sum := int(i[j+k]) + int(b[k]) + carry
				i[j+k], carry = byte(sum), sum>>8
			}
		}
	}
	return key[:size]
}

// repeated returns copies of a text that fill whole blocks, none for an empty one.
func repeated(text []byte, block int) []byte {
	filled := make([]byte, (len(text)+block-1)/block*block)
	for n := 0; n < len(filled); {
		n += copy(filled[n:], text)
	}
	return filled
}

// number returns a parameter of a derivation: a large one as so much work that it is not done.
func number(n *big.Int) (int64, error) {
	switch {
	case n == nil || n.Sign() <= 0:
		return 0, errors.New("damaged: a key derivation without rounds")
	case !n.IsInt64():
		return unbounded, nil
	}
	return n.Int64(), nil
}

// unmarshal reads DER that holds one structure and nothing else.
func unmarshal(der []byte, to any) error {
	rest, err := asn1.Unmarshal(der, to)
	if err == nil && len(rest) > 0 {
		err = errors.New("octets follow")
	}
	if err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	return nil
}
