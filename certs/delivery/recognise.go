package delivery

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"unicode/utf16"

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
)

// A piece is one thing in a file.
type piece struct {
	content content
	form    Form
	where   string
	der     []byte
	block   *pem.Block // of contentEncryptedPEM
	note    string
	damaged bool // it is a part of something, or was something
}

// recognise takes a file apart by what it holds. It returns at least one piece.
func recognise(data []byte) []piece {
	if len(data) == 0 {
		return []piece{{note: "the file is empty"}}
	}
	if data[0] == 0x30 {
		if pieces := recogniseDER(data, FormDER); pieces != nil {
			return pieces
		}
	}
	text := plainText(data)
	if pieces := recognisePEM(text); len(pieces) > 0 {
		return pieces
	}
	if der := bareBase64(text); der != nil {
		if pieces := recogniseDER(der, FormBase64); pieces != nil {
			return pieces
		}
	}
	for _, known := range foreign {
		if bytes.HasPrefix(data, []byte(known.prefix)) {
			return []piece{{note: known.note}}
		}
	}
	return []piece{{note: "neither PEM nor DER nor an archive of those", damaged: beginsDER(data)}}
}

// beginsDER tells whether data begin as a DER structure of more than 127 octets does.
func beginsDER(data []byte) bool {
	return len(data) > 1 && data[0] == 0x30 && data[1] > 0x80 && data[1] <= 0x84
}

// foreign are formats that somebody may take for a delivery.
var foreign = []struct{ prefix, note string }{
	{"\xfe\xed\xfe\xed", "a Java keystore (JKS): keytool -importkeystore -srckeystore FILE -destkeystore out.p12 -deststoretype PKCS12"},
	{"\xce\xce\xce\xce", "a Java keystore (JCEKS): keytool -importkeystore -srckeystore FILE -destkeystore out.p12 -deststoretype PKCS12"},
	{"PuTTY-User-Key-File", "a key of PuTTY, not one for TLS"},
	{"ssh-", "a public key for SSH"},
	{"ecdsa-sha2-", "a public key for SSH"},
	{"<", "a web page: was a download page saved instead of the file?"},
	{"\x1f\x8b", "a gzip archive: unpack it first"},
	{"7z\xbc\xaf", "a 7z archive: unpack it first"},
	{"Rar!", "a RAR archive: unpack it first"},
}

// plainText removes what Windows programs add to text: UTF-16, byte order marks, CR.
func plainText(data []byte) []byte {
	order := map[string]func([]byte) uint16{
		"\xff\xfe": func(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 },
		"\xfe\xff": func(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 },
	}
	if len(data) >= 2 && order[string(data[:2])] != nil {
		unit := order[string(data[:2])]
		var units []uint16
		for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
			units = append(units, unit(rest))
		}
		data = []byte(string(utf16.Decode(units)))
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
}

// bareBase64 returns the DER of base64 without the lines around it, or nil.
func bareBase64(text []byte) []byte {
	joined := strings.Join(strings.Fields(string(text)), "")
	if !strings.HasPrefix(joined, "MI") { // a DER sequence of at least 128 octets
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(joined)
	if err != nil {
		return nil
	}
	return der
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
	"EC PARAMETERS": "the curve, which the key itself names, too",
	"DH PARAMETERS": "Diffie-Hellman parameters: the camera has no use for them",
	"PUBLIC KEY":    "a public key alone", "RSA PUBLIC KEY": "a public key alone", "X509 CRL": "a revocation list",
	"OPENSSH PRIVATE KEY": "a key for SSH: ssh-keygen -p -m PEM -f COPY turns it into one for TLS",
	"DSA PRIVATE KEY":     "a DSA key, which TLS has no use for any more",
}

// recognisePEM finds the blocks of a text. What stands between them is left out, blocks that are
// damaged are named. It returns nil for a text without any.
func recognisePEM(text []byte) []piece {
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	var pieces []piece
	for i := 0; i < len(lines); i++ {
		label, ok := pemLabel(lines[i], "BEGIN")
		if !ok {
			continue
		}
		where, end := fmt.Sprintf("line %d", i+1), i+1
		for end < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[end]), "-----") {
			end++
		}
		if end == len(lines) {
			note := "the end of the block is missing: was the file cut off?"
			pieces = append(pieces, piece{form: FormPEM, where: where, note: note, damaged: true})
			break
		}
		if closing, ok := pemLabel(lines[end], "END"); !ok || closing != label {
			note := fmt.Sprintf("no line \"-----END %s-----\" where it should be", label)
			pieces = append(pieces, piece{form: FormPEM, where: where, note: note, damaged: true})
			i = end - 1
			continue
		}
		pieces = append(pieces, pemPiece(label, where, lines[i+1:end]))
		i = end
	}
	return pieces
}

// pemLabel returns the label of a line that begins or ends a block.
func pemLabel(line, which string) (label string, ok bool) {
	label, ok = strings.CutPrefix(strings.TrimSpace(line), "-----"+which+" ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(label, "-----")
}

func pemPiece(label, where string, lines []string) piece {
	var body strings.Builder
	fmt.Fprintf(&body, "-----BEGIN %s-----\n", label)
	for _, line := range lines {
		body.WriteString(strings.TrimSpace(line) + "\n")
	}
	fmt.Fprintf(&body, "-----END %s-----\n", label)
	p := piece{form: FormPEM, where: where}
	block, _ := pem.Decode([]byte(body.String()))
	if block == nil {
		p.note, p.damaged = "damaged base64", true
		return p
	}
	p.der = block.Bytes
	if note, other := pemOthers[label]; other {
		p.content, p.note = contentOther, note
		return p
	}
	known, ok := pemContents[label]
	if !ok {
		p.note = fmt.Sprintf("%q is nothing that a camera or its gateway has a use for", label)
		return p
	}
	p.content = known
	// Some CAs label a PKCS#7 message as a certificate.
	if inner := derContent(block.Bytes); known == contentCertificate && inner == contentPKCS7 {
		p.content = inner
	}
	//lint:ignore SA1019 such keys exist, and are read only to be written in a better form
	if known == contentKey && x509.IsEncryptedPEMBlock(block) {
		p.content, p.block = contentEncryptedPEM, block
	}
	return p
}

// recogniseDER tells apart what DER holds: one structure, or certificates in a row. It
// returns nil when it is nothing that is known.
func recogniseDER(data []byte, form Form) []piece {
	input := cryptobyte.String(data)
	var first cryptobyte.String
	if !input.ReadASN1Element(&first, casn1.SEQUENCE) {
		// PKCS#7 comes in BER, with lengths that DER has not.
		if len(data) > 1 && data[0] == 0x30 && data[1] == 0x80 {
			return []piece{{content: contentPKCS7, form: form, der: data}}
		}
		return nil
	}
	kind := derContent(first)
	switch kind {
	case contentUnknown:
		return nil
	case contentCertificate:
		return certificatesInARow(data, form)
	}
	p := piece{content: kind, form: form, der: first}
	if !input.Empty() {
		p.note = DescribeTail(input) + " it"
		if kind != contentKey && kind != contentEncryptedKey {
			p.der = data
		}
	}
	return []piece{p}
}

func certificatesInARow(data []byte, form Form) (pieces []piece) {
	input := cryptobyte.String(data)
	for !input.Empty() {
		var element cryptobyte.String
		offset := len(data) - len(input)
		where := ""
		if offset > 0 {
			where = fmt.Sprintf("octet %d", offset)
		}
		if offset > 0 && isPadding(input) {
			return append(pieces, piece{content: contentOther, form: form, where: where, note: DescribeTail(input) + " the certificate: padding"})
		}
		if !input.ReadASN1Element(&element, casn1.SEQUENCE) || derContent(element) != contentCertificate {
			note := fmt.Sprintf("%d octets that are no certificate", len(data)-offset)
			return append(pieces, piece{form: form, where: where, note: note, damaged: true})
		}
		pieces = append(pieces, piece{content: contentCertificate, form: form, where: where, der: element})
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

// isRequest tells whether that is a CertificationRequestInfo (RFC 2986 section 4.1).
func isRequest(info cryptobyte.String) bool {
	return info.SkipASN1(casn1.INTEGER) && info.SkipASN1(casn1.SEQUENCE) && info.SkipASN1(casn1.SEQUENCE) &&
		info.PeekASN1Tag(casn1.Tag(0).ContextSpecific().Constructed())
}
