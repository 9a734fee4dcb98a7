package certs

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/smallstep/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"
)

func isZIP(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// archive reads the files of a ZIP.
func (r *deliveryReader) archive(file string, data []byte) error {
	container := &Item{File: file, Form: "ZIP", Kind: KindContainer}
	r.add(container)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		container.Kind, container.Note = KindUnknown, "a damaged ZIP: "+err.Error()
		return nil
	}
	total := 0
	for _, entry := range archive.File {
		name := path.Clean(entry.Name)
		if entry.FileInfo().IsDir() || strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		inside := file + "!" + name
		if r.files++; r.files > maxFiles {
			return fmt.Errorf("%s: %w: more than %d files", file, ErrTooMuch, maxFiles)
		}
		if entry.Flags&1 != 0 {
			r.add(&Item{File: inside, Kind: KindUnknown, Note: "encrypted: unpack it with its password first"})
			continue
		}
		content, err := readEntry(entry)
		if err != nil {
			r.add(&Item{File: inside, Kind: KindUnknown, Note: "damaged: " + err.Error()})
			continue
		}
		if total += len(content); total > maxArchive {
			return fmt.Errorf("%s: %w: more than %d octets unpacked", file, ErrTooMuch, maxArchive)
		}
		if isZIP(content) {
			r.add(&Item{File: inside, Form: "ZIP", Kind: KindUnknown, Note: "a ZIP in a ZIP: unpack it first"})
			continue
		}
		if err := r.contents(inside, content); err != nil {
			return err
		}
	}
	return nil
}

// readEntry unpacks one file, whatever size it claims to have.
func readEntry(entry *zip.File) ([]byte, error) {
	f, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("more than %d octets", maxFile)
	}
	return content, err
}

// maxMessage bounds PKCS#7: its reader goes as deep as the input does.
const maxMessage = 256 << 10

// pkcs7 reads the certificates of a message that holds nothing else (RFC 5652 section 5.1).
func (r *deliveryReader) pkcs7(item *Item, der []byte) error {
	list, err := ParsePKCS7(der)
	if err != nil {
		return r.unknown(item, "no certificates in PKCS#7: "+err.Error())
	}
	r.unpacked(item, "PKCS#7", list)
	return nil
}

// unpacked adds a container and the certificates that were in it.
func (r *deliveryReader) unpacked(item *Item, form string, list []*x509.Certificate) {
	item.Kind, item.About = KindContainer, form
	r.add(item)
	for n, c := range list {
		// Nothing that can be read ends with an error here.
		_ = r.piece(item.File, piece{content: contentCertificate, form: form, where: strings.TrimPrefix(fmt.Sprintf("%s, certificate %d", item.Where, n+1), ", "), der: c.Raw})
	}
}

// ParsePKCS7 reads the certificates of a PKCS#7 message in DER or BER (RFC 5652 section 5.1).
func ParsePKCS7(der []byte) (list []*x509.Certificate, err error) {
	if len(der) > maxMessage {
		return nil, fmt.Errorf("%d octets are more than any chain has", len(der))
	}
	defer func() {
		if recover() != nil { // the reader trusts the lengths of BER in places
			list, err = nil, errors.New("damaged")
		}
	}()
	message, err := pkcs7.Parse(der)
	if err != nil {
		return nil, err
	}
	if len(message.Certificates) == 0 {
		return nil, errors.New("there are none")
	}
	return message.Certificates, nil
}

// pkcs12 reads a key with its certificates (RFC 7292), or certificates alone.
func (r *deliveryReader) pkcs12(item *Item, der []byte) error {
	if n := maxIterations(der, 0); n > iterationLimit {
		return r.unknown(item, fmt.Sprintf("%d rounds of key derivation would take too long: not decrypted", n))
	}
	if r.options.LeaveEncrypted {
		item.Note = "encrypted PKCS#12"
		r.add(item)
		return nil
	}
	var key any
	var list []*x509.Certificate
	err := r.ask(item.File, true, func(password []byte) error {
		var err error
		key, list, err = decodePKCS12(der, string(password))
		if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
			return ErrPassword
		}
		return err
	})
	if errors.Is(err, ErrPassword) {
		return r.locked(item, err)
	}
	if err != nil {
		return r.unknown(item, "cannot be read as PKCS#12: "+err.Error())
	}
	r.unpacked(item, "PKCS#12", list)
	if key == nil {
		return nil
	}
	inside := &Item{File: item.File, Where: strings.TrimPrefix(item.Where+", private key", ", "), Form: "PKCS#12"}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return r.unknown(inside, "a kind of private key that Go does not know")
	}
	return r.plainKey(inside, plain, true)
}

// decodePKCS12 returns the key, or nil, and the certificates.
func decodePKCS12(der []byte, password string) (key any, list []*x509.Certificate, err error) {
	key, leaf, issuers, err := pkcs12.DecodeChain(der, password)
	if err == nil {
		return key, append([]*x509.Certificate{leaf}, issuers...), nil
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, nil, err
	}
	// Certificates without a key, as Java's trust stores hold them.
	trusted, trustError := pkcs12.DecodeTrustStore(der, password)
	if trustError != nil {
		return nil, nil, err
	}
	return nil, trusted, nil
}

// iterationLimit is how many rounds of a key derivation are done for a file: some seconds.
const iterationLimit = 5_000_000

// maxIterations returns the largest number of rounds that a DER structure asks for: the
// integer after a salt, wherever one is (RFC 7292 section 4 and appendix C, RFC 8018 appendix A.2).
func maxIterations(der []byte, depth int) int64 {
	const deepest = 20
	input := cryptobyte.String(der)
	most, afterSalt := int64(0), false
	for !input.Empty() && depth < deepest {
		var content cryptobyte.String
		var tag casn1.Tag
		if !input.ReadAnyASN1(&content, &tag) {
			return most
		}
		switch {
		case tag == casn1.INTEGER && afterSalt:
			n := int64(1 << 62)
			if len(content) <= 7 {
				n = 0
				for _, b := range content {
					n = n<<8 | int64(b)
				}
			}
			most = max(most, n)
		case tag == casn1.OCTET_STRING, tag&0x20 != 0:
			most = max(most, maxIterations(content, depth+1))
		}
		afterSalt = tag == casn1.OCTET_STRING
	}
	return most
}
