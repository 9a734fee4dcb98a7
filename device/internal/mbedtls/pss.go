package mbedtls

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"math/big"
)

// pssParams are the parameters of a signature with RSASSA-PSS (RFC 8017 appendix A.2.3).
type pssParams struct {
	mask crypto.Hash // of MGF1
	salt int         // octets
}

var (
	oidPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
)

// pssHashes are those that the parameters can name.
var pssHashes = []struct {
	oid  asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}, crypto.MD5},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, crypto.SHA1},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}, crypto.SHA224},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512},
}

func pssHash(oid []byte) (crypto.Hash, error) {
	for _, known := range pssHashes {
		if oidEqual(oid, known.oid) {
			return known.hash, nil
		}
	}
	return 0, errX509InvalidAlg.with(errOIDNotFound)
}

// pssAlgorithm reads the algorithm of a certificate that is signed with RSASSA-PSS, as
// mbedtls_x509_get_rsassa_pss_params does.
func pssAlgorithm(a algorithm) (signatureAlgorithm, error) {
	params := &pssParams{mask: crypto.SHA1, salt: 20}
	s := signatureAlgorithm{oid: oidPSS, hash: crypto.SHA1, kind: keyRSA, pss: params}
	if a.paramTag != tagSequence {
		return s, errX509InvalidAlg.with(errUnexpectedTag)
	}
	fields := berReader{a.params}
	trailer := 1
	for i, read := range []func(*berReader) error{
		func(r *berReader) (err error) {
			s.hash, err = readPSSHash(r)
			return err
		},
		func(r *berReader) (err error) {
			params.mask, err = readMGF1(r)
			return err
		},
		func(r *berReader) error { return readPSSNumber(r, &params.salt) },
		func(r *berReader) error { return readPSSNumber(r, &trailer) },
	} {
		if fields.empty() {
			break
		}
		field, err := fields.child(tagContextCons | byte(i))
		if errors.Is(err, errUnexpectedTag) {
			continue
		}
		if err != nil {
			return s, errX509InvalidAlg.with(err)
		}
		if err := read(&field); err != nil {
			return s, err
		}
		if !field.empty() {
			return s, errX509InvalidAlg.with(errLengthMismatch)
		}
	}
	if trailer != 1 {
		return s, errX509InvalidAlg
	}
	if !fields.empty() {
		return s, errX509InvalidAlg.with(errLengthMismatch)
	}
	s.accepted = s.hash == crypto.SHA256 || s.hash == crypto.SHA384 || s.hash == crypto.SHA512
	return s, nil
}

func readPSSHash(r *berReader) (crypto.Hash, error) {
	a, err := r.algorithm()
	if err == nil && !a.noParams() {
		err = errInvalidData
	}
	if err != nil {
		return 0, errX509InvalidAlg.with(err)
	}
	return pssHash(a.oid)
}

// readMGF1 reads the mask generation function, whose parameters name its hash.
func readMGF1(r *berReader) (crypto.Hash, error) {
	a, err := r.algorithm()
	if err != nil {
		return 0, errX509InvalidAlg.with(err)
	}
	if !oidEqual(a.oid, oidMGF1) {
		return 0, errX509FeatureUnavailable.with(errOIDNotFound)
	}
	if a.paramTag != tagSequence {
		return 0, errX509InvalidAlg.with(errUnexpectedTag)
	}
	of := berReader{a.params}
	oid, err := of.value(tagOID)
	if err != nil {
		return 0, errX509InvalidAlg.with(err)
	}
	hash, err := pssHash(oid)
	if err != nil || of.empty() {
		return hash, err
	}
	null, err := of.value(tagNull)
	switch {
	case err != nil:
		return 0, errX509InvalidAlg.with(err)
	case len(null) > 0:
		return 0, errX509InvalidAlg
	case !of.empty():
		return 0, errX509InvalidAlg.with(errLengthMismatch)
	}
	return hash, nil
}

func readPSSNumber(r *berReader, into *int) error {
	n, err := r.int()
	if err != nil {
		return errX509InvalidAlg.with(err)
	}
	*into = n
	return nil
}

// pssFits checks a signature with RSASSA-PSS (RFC 8017 section 9.1.2). Unlike in the standard library, the hash of the
// mask may be another than that of the message.
func pssFits(key *rsa.PublicKey, hash crypto.Hash, params *pssParams, signed, signature []byte) bool {
	number := new(big.Int).SetBytes(signature)
	if len(signature) != key.Size() || number.Cmp(key.N) >= 0 || key.E == 0 {
		return false
	}
	bits := key.N.BitLen() - 1
	number.Exp(number, big.NewInt(int64(key.E)), key.N)
	if number.BitLen() > bits {
		return false
	}
	encoded := number.FillBytes(make([]byte, (bits+7)/8))
	digest := sumOf(hash, signed)
	at := len(encoded) - hash.Size() - 1 // where the hash is
	if at < 1 || encoded[len(encoded)-1] != 0xbc {
		return false
	}
	data, sum := encoded[:at], encoded[at:len(encoded)-1]
	subtle.XORBytes(data, data, mgf1(params.mask, sum, at))
	data[0] &= 0xff >> (8*len(encoded) - bits)
	data = bytes.TrimLeft(data, "\x00")
	if len(data) == 0 || data[0] != 1 || len(data)-1 != params.salt {
		return false
	}
	return bytes.Equal(sum, sumOf(hash, make([]byte, 8), digest, data[1:]))
}

// mgf1 is the mask generation function of RFC 8017 appendix B.2.1.
func mgf1(hash crypto.Hash, seed []byte, length int) (mask []byte) {
	for counter := uint32(0); len(mask) < length; counter++ {
		mask = append(mask, sumOf(hash, seed, binary.BigEndian.AppendUint32(nil, counter))...)
	}
	return mask[:length]
}

func sumOf(hash crypto.Hash, parts ...[]byte) []byte {
	h := hash.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
