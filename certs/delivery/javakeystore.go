package delivery

import (
	"bytes"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Java's own keystores: JKS, and JCEKS with a better encryption of keys. The libraries for them allocate what a
// file claims, and know no JCEKS. Certificates are not encrypted in either; the digest at the end is not checked,
// since what decrypts a key is its password.

// How keystores begin.
const (
	magicJKS   = "\xfe\xed\xfe\xed"
	magicJCEKS = "\xce\xce\xce\xce"
)

func isJavaKeystore(data []byte) bool {
	return bytes.HasPrefix(data, []byte(magicJKS)) || bytes.HasPrefix(data, []byte(magicJCEKS))
}

// A keystoreEntry is a key with its chain, or a trusted certificate.
type keystoreEntry struct {
	alias string
	key   []byte // EncryptedPrivateKeyInfo (RFC 5958 section 3); nil of a trusted certificate
	chain [][]byte
}

// What entries of a keystore are.
const (
	entryKey         = 1
	entryCertificate = 2
	entrySecret      = 3 // a serialized Java object, whose length nothing tells
)

var (
	errKeystore = errors.New("damaged: it ends too early")
	errSecret   = errors.New("a secret key is in it, behind which nothing can be read")
)

// parseKeystore takes a keystore apart. With an error it returns the entries before the place where it is damaged.
func parseKeystore(data []byte) (entries []keystoreEntry, err error) {
	input := cryptobyte.String(data)
	var version, count uint32
	if !input.Skip(len(magicJKS)) || !input.ReadUint32(&version) || !input.ReadUint32(&count) {
		return nil, errKeystore
	}
	if version != 1 && version != 2 {
		return nil, fmt.Errorf("a keystore of version %d, which is not known here", version)
	}
	for range count {
		var e keystoreEntry
		if err := e.read(&input, version); err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// read reads an entry.
func (e *keystoreEntry) read(input *cryptobyte.String, version uint32) error {
	const timestamp = 8
	var kind uint32
	var alias cryptobyte.String
	if !input.ReadUint32(&kind) || !input.ReadUint16LengthPrefixed(&alias) || !input.Skip(timestamp) {
		return errKeystore
	}
	e.alias = string(alias)
	certificates := uint32(1)
	switch kind {
	case entryKey:
		if !readLong(input, &e.key) || !input.ReadUint32(&certificates) {
			return errKeystore
		}
	case entryCertificate:
	case entrySecret:
		return errSecret
	default:
		return fmt.Errorf("damaged: an entry of the kind %d", kind)
	}
	for range certificates {
		var kind cryptobyte.String
		var certificate []byte
		if version == 2 && !input.ReadUint16LengthPrefixed(&kind) || !readLong(input, &certificate) {
			return errKeystore
		}
		e.chain = append(e.chain, certificate)
	}
	return nil
}

// readLong reads octets behind their number in 32 bits.
func readLong(input *cryptobyte.String, out *[]byte) bool {
	var length uint32
	return input.ReadUint32(&length) && int64(length) <= int64(len(*input)) && input.ReadBytes(out, int(length))
}

// keystore reads the entries of a Java keystore.
func (r *deliveryReader) keystore(file string, data []byte) error {
	form := FormJKS
	if bytes.HasPrefix(data, []byte(magicJCEKS)) {
		form = FormJCEKS
	}
	entries, err := parseKeystore(data)
	container := &Item{File: file, Form: form, Kind: KindContainer, About: string(form)}
	if err != nil {
		container.Note, container.Damaged = err.Error(), !errors.Is(err, errSecret)
		if len(entries) == 0 {
			container.Kind = KindUnknown
		}
	}
	if err := r.add(container); err != nil {
		return err
	}
	for _, e := range entries {
		if err := r.keystoreEntry(file, form, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *deliveryReader) keystoreEntry(file string, form Form, e keystoreEntry) error {
	for n, der := range e.chain {
		where := fmt.Sprintf("entry %q, certificate %d", e.alias, n+1)
		if err := r.piece(file, piece{content: contentCertificate, form: form, where: where, der: der}); err != nil {
			return err
		}
	}
	if e.key == nil {
		return nil
	}
	item := &Item{File: file, Where: fmt.Sprintf("entry %q", e.alias), Form: form}
	return r.encryptedKey(item, piece{content: contentEncryptedKey, der: e.key})
}

// How Java encrypts keys in its keystores: JKS in a way of its own, JCEKS with MD5 and triple DES.
var (
	oidJKS   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}
	oidJCEKS = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 19, 1}
)

// openJKS decrypts a key of JKS: a stream of SHA-1, and a digest behind it (sun.security.provider.KeyProtector).
func openJKS(password, protected []byte) ([]byte, error) {
	const salt, digest = sha1.Size, sha1.Size
	if len(protected) < salt+digest {
		return nil, errors.New("damaged: its content is too short")
	}
	text := bmpString(password)
	text = text[:len(text)-2] // without the zero at the end
	block, encrypted, check := protected[:salt], protected[salt:len(protected)-digest], protected[len(protected)-digest:]
	plain := make([]byte, 0, len(encrypted))
	for part := range slices.Chunk(encrypted, sha1.Size) {
		stream := sha1.Sum(slices.Concat(text, block))
		block = stream[:]
		for i, octet := range part {
			plain = append(plain, octet^stream[i])
		}
	}
	if sum := sha1.Sum(slices.Concat(text, plain)); !hmac.Equal(sum[:], check) {
		return nil, ErrPassword
	}
	return plain, nil
}

// jceks reads the parameters of JCEKS' encryption (com.sun.crypto.provider.PBEWithMD5AndTripleDES): each half of
// the salt becomes 16 octets.
func jceks(der []byte) (*scheme, error) {
	salt, rounds, err := saltAndRounds(der)
	if err != nil {
		return nil, err
	}
	const saltLen, keyLen, halves = 8, 24, 2
	if len(salt) != saltLen {
		return nil, fmt.Errorf("damaged: a salt of %d octets", len(salt))
	}
	return &scheme{work: work{rounds: product(rounds, halves)}, keyLen: keyLen, derive: func(p passphrase) (derived []byte, err error) {
		for half := range slices.Chunk(salt, saltLen/halves) {
			for range rounds {
				sum := md5.Sum(slices.Concat(half, p.text))
				half = sum[:]
			}
			derived = append(derived, half...)
		}
		return derived, nil
	}, block: des.NewTripleDESCipher}, nil
}
