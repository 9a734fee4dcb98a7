package delivery

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// content is what a piece of a file holds.
type content int

const (
	contentUnknown content = iota
	contentCertificate
	contentRequest
	contentKey
	contentEncryptedKey // PKCS#8 (RFC 5958 section 3)
	contentEncryptedPEM // encrypted by PEM itself (RFC 1421), as OpenSSL did before PKCS#8
	contentPKCS7
	contentPKCS12
	contentOther // known, and of no use here
	contentFile  // with others in it
)

// A piece is one thing in a file.
type piece struct {
	content content
	form    Form
	where   string
	line    int // of the text, from 1; 0 where it is no text
	der     []byte
	block   *pem.Block // of contentEncryptedPEM
	note    string
	damaged bool // it is a part of something, or was something
	tooMuch bool // to be read
	key     bool // a private key is in it, of whatever kind

	start, end int // in the text
}

// recognise takes a file apart by what it holds. It returns at least one piece.
func recognise(data []byte) []piece {
	if len(data) == 0 {
		return []piece{{note: "the file is empty"}}
	}
	if pieces := recogniseContent(data, FormDER, 0); len(pieces) > 0 {
		return pieces
	}
	if known := foreignFormat(data); known.note != "" {
		return []piece{{note: known.note, key: known.key}}
	}
	return []piece{{note: "neither PEM nor DER nor an archive of those", damaged: beginsDER(data)}}
}

// recogniseContent takes apart what a file, a part of a mail or something in a text holds, which is so deep in other
// things. It returns nothing where there is nothing that is known.
func recogniseContent(data []byte, form Form, depth int) []piece {
	if der := withoutLead(data); len(der) > 0 && der[0] == 0x30 {
		if pieces := recogniseDER(der, form); pieces != nil {
			return pieces
		}
	}
	if depth > 0 && isPacked(data) {
		return []piece{{content: contentFile, form: form, der: data}}
	}
	if parts := recogniseMail(data, depth); len(parts) > 0 {
		return parts
	}
	text := string(plainText(data))
	if dump := undumped(text); dump != "" {
		if pieces := scavenge(dump, depth); len(pieces) > 0 {
			return pieces
		}
	}
	if pieces := scavenge(text, depth); len(pieces) > 0 {
		return pieces
	}
	if hasPrefixes(text) {
		return scavenge(linePrefixes.ReplaceAllString(text, ""), depth)
	}
	return nil
}

// hasPrefixes reports whether base64 or hexadecimal stands in comments or in a quoted mail.
func hasPrefixes(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(line, " \t")
		if line == "" || strings.IndexByte("#/>|*;-:R", line[0]) < 0 {
			continue
		}
		if rest := strings.TrimLeft(line, "#/>|*;-: \t"); base64Begins(rest, 0, 2*row) || rest != "" && hexBegins(rest, 0) {
			return true
		}
	}
	return false
}

// isPacked reports whether data are a file with others in it.
func isPacked(data []byte) bool {
	return isZIP(data) || compressionOf(data) != nil || isJavaKeystore(data) || isTar(data)
}

// withoutLead leaves out what editors put before the octets of a file.
func withoutLead(data []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "\r\n")
}

// A foreigner is a format that somebody may take for a delivery, by how its files begin.
type foreigner struct {
	prefix, note string
	key          bool // such a file is a private key
}

// foreignFormat returns a format that is not read; without a note for an unknown one.
func foreignFormat(data []byte) foreigner {
	for _, known := range foreign {
		if bytes.HasPrefix(withoutLead(data), []byte(known.prefix)) {
			return known
		}
	}
	return foreigner{}
}

// beginsDER reports whether data begin as a DER structure of more than 127 octets does.
func beginsDER(data []byte) bool {
	return len(data) > 1 && data[0] == 0x30 && data[1] > 0x80 && data[1] <= 0x84
}

// foreign are the formats that are named.
var foreign = []foreigner{
	{"\x00\x00\x00\x02\x00\x00\x00\x14", "a keystore of Bouncy Castle (BKS): " +
		"keytool -importkeystore -srcstoretype BKS -srckeystore FILE -destkeystore out.p12 -deststoretype PKCS12", false},
	{"PuTTY-User-Key-File", "a key of PuTTY, not one for TLS", true},
	{"ssh-", "a public key for SSH", false},
	{"ecdsa-sha2-", "a public key for SSH", false},
	{"\xd0\xcf\x11\xe0", "a message of Outlook, or an old document of Office: save it as text", false},
	{"{\\rtf", "a document in RTF: save it as text", false},
	{"%PDF-", "a PDF: ask for the certificate as a file", false},
	{"\x00\x00\x00\x01\x00\x00\x00\x14", "a keystore of Bouncy Castle (BKS): " +
		"keytool -importkeystore -srcstoretype BKS -srckeystore FILE -destkeystore out.p12 -deststoretype PKCS12", false},
	{"SQLite format 3", "an SQLite database; of one of NSS: pk12util -o out.p12 -n NAME -d FOLDER", false},
	{"\x00\x00\x00\x00CERT", "a store of Windows (SST): certutil -split -dump FILE takes it apart", false},
	{"\x1e\xf1\xb5\xb0", "a key of Microsoft (PVK): openssl rsa -inform PVK -in FILE -out FILE.pem", true},
	{"$ANSIBLE_VAULT", "encrypted by Ansible: ansible-vault decrypt", false},
	{"age-encryption.org/", "encrypted by age: age --decrypt", false},
	{"<", "a web page: was a download page saved instead of the file?", false},
	{"7z\xbc\xaf", "a 7z archive: unpack it first", false},
	{"Rar!", "a RAR archive: unpack it first", false},
}

// pemContents are the labels of PEM blocks (RFC 7468, and what OpenSSL and others write).
var pemContents = map[string]content{
	"CERTIFICATE": contentCertificate, "X509 CERTIFICATE": contentCertificate, "TRUSTED CERTIFICATE": contentCertificate,
	"CERTIFICATE REQUEST": contentRequest, "NEW CERTIFICATE REQUEST": contentRequest,
	"PRIVATE KEY": contentKey, "EC PRIVATE KEY": contentKey, "RSA PRIVATE KEY": contentKey,
	"ENCRYPTED PRIVATE KEY": contentEncryptedKey,
	"PKCS7":                 contentPKCS7, "PKCS #7 SIGNED DATA": contentPKCS7, "CMS": contentPKCS7,
	"PKCS12": contentPKCS12,
}

// pemOthers are labels of what is of no use here.
var pemOthers = map[string]string{
	"EC PARAMETERS": "the curve, which the key names as well",
	"DH PARAMETERS": "Diffie-Hellman parameters: the camera has no use for them",
	"PUBLIC KEY":    "a public key alone", "RSA PUBLIC KEY": "a public key alone", "X509 CRL": "a revocation list",
	"OPENSSH PRIVATE KEY": "a key for SSH: ssh-keygen -p -m PEM -f COPY turns it into one for TLS",
	"DSA PRIVATE KEY":     "a DSA key, which TLS has no use for any more",
}

// label says what a block of PEM is.
func (p *piece) label(block *pem.Block) {
	p.der = block.Bytes
	if note, other := pemOthers[block.Type]; other {
		p.content, p.note = contentOther, note
		return
	}
	known, ok := pemContents[block.Type]
	// What is in a block counts, and not how it is labelled: CAs label PKCS#7 as a certificate, and people write labels.
	if inner := derContent(block.Bytes); inner != contentUnknown && inner != contentOther && block.Headers["DEK-Info"] == "" {
		known, ok = inner, true
	}
	if !ok {
		p.note = fmt.Sprintf("%q is not used by a camera or its gateway", block.Type)
		return
	}
	p.content = known
	//lint:ignore SA1019 such keys exist, and are read only to be written in a better form
	if known == contentKey && x509.IsEncryptedPEMBlock(block) {
		p.content, p.block = contentEncryptedPEM, block
	}
}

// recogniseDER tells apart what DER holds: one structure, or certificates in a row. It
// returns nil when it is nothing that is known.
func recogniseDER(data []byte, form Form) []piece {
	if isBER(data) {
		return recogniseBER(data, form)
	}
	input := cryptobyte.String(data)
	var first cryptobyte.String
	if !input.ReadASN1Element(&first, casn1.SEQUENCE) {
		return nil
	}
	switch kind := derContent(first); kind {
	case contentUnknown:
		return nil
	case contentCertificate, contentKey:
		return inARowOf(data, form)
	default:
		p := piece{content: kind, form: form, der: data}
		if !input.Empty() {
			p.note = DescribeTail(input) + " it"
			if isPadding(input) || kind == contentEncryptedKey {
				p.der = first
			}
		}
		return []piece{p}
	}
}

// recogniseBER tells PKCS#7 and PKCS#12 apart in BER.
func recogniseBER(data []byte, form Form) []piece {
	der, rest, err := derOf(data)
	if err != nil {
		return []piece{{form: form, note: "BER that cannot be read: " + err.Error(), damaged: true, tooMuch: errors.Is(err, ErrTooMuch)}}
	}
	p := piece{content: derContent(der), form: form, der: der}
	if len(rest) > 0 {
		p.note = DescribeTail(rest) + " it"
	}
	return []piece{p}
}

// inARowOf takes certificates and keys apart that stand in a row.
func inARowOf(data []byte, form Form) (pieces []piece) {
	input := cryptobyte.String(data)
	for !input.Empty() {
		var element cryptobyte.String
		offset := len(data) - len(input)
		where := ""
		if offset > 0 {
			where = fmt.Sprintf("octet %d", offset)
		}
		last := len(pieces) - 1
		if offset > 0 && isPadding(input) {
			if pieces[last].content == contentKey { // the camera refuses it, and convert leaves it out
				pieces[last].note = DescribeTail(input) + " it"
				return pieces
			}
			return append(pieces, piece{content: contentOther, form: form, where: where, note: DescribeTail(input) + " the certificate: padding"})
		}
		kind := contentUnknown
		if input.ReadASN1Element(&element, casn1.SEQUENCE) {
			kind = derContent(element)
		}
		if kind == contentUnknown {
			rest := data[offset:]
			if pieces[last].content == contentKey {
				pieces[last].note = DescribeTail(rest) + " it"
				return pieces
			}
			note := fmt.Sprintf("%d octets that are no certificate", len(rest))
			return append(pieces, piece{form: form, where: where, note: note, damaged: true})
		}
		pieces = append(pieces, piece{content: kind, form: form, where: where, der: element})
	}
	return pieces
}

// derContent tells by its outline what a DER sequence is.
func derContent(element []byte) content {
	input := cryptobyte.String(element)
	var outer, inner cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) {
		return contentUnknown
	}
	if outer.PeekASN1Tag(casn1.OBJECT_IDENTIFIER) {
		return contentPKCS7 // ContentInfo, RFC 5652 section 3
	}
	if keyForm(element) != "" {
		return contentKey
	}
	rest := outer
	if rest.PeekASN1Tag(casn1.INTEGER) {
		if rest.SkipASN1(casn1.INTEGER) && rest.PeekASN1Tag(casn1.SEQUENCE) {
			return contentPKCS12 // PFX, RFC 7292 section 4
		}
		return contentUnknown
	}
	if !outer.ReadASN1(&inner, casn1.SEQUENCE) {
		return contentUnknown
	}
	switch {
	case outer.PeekASN1Tag(casn1.OCTET_STRING) && inner.PeekASN1Tag(casn1.OBJECT_IDENTIFIER):
		return contentEncryptedKey
	case findSPKI(element) != nil:
		return contentCertificate
	case isRequest(inner) && outer.PeekASN1Tag(casn1.SEQUENCE):
		return contentRequest
	}
	if _, err := x509.ParseRevocationList(element); err == nil {
		return contentOther
	}
	return contentUnknown
}

// isRequest reports whether that is a CertificationRequestInfo (RFC 2986 section 4.1).
func isRequest(info cryptobyte.String) bool {
	return info.SkipASN1(casn1.INTEGER) && info.SkipASN1(casn1.SEQUENCE) && info.SkipASN1(casn1.SEQUENCE) &&
		info.PeekASN1Tag(casn1.Tag(0).ContextSpecific().Constructed())
}
