package mbedtls

import (
	"bytes"
	"encoding/base64"
	"errors"
)

var (
	errNoPEM  = errors.New("no PEM block")
	errBadPEM = errors.New("malformed PEM block")
)

// pemBlock finds the first block of a type as mbedtls_pem_read_buffer does: anywhere
// in the text, with nothing but a line end after the header. It returns the content
// and what follows the footer. errNoPEM means that header and footer were not found;
// any other error leaves rest behind the footer.
func pemBlock(text []byte, typ string) (der, rest []byte, err error) {
	header, footer := []byte("-----BEGIN "+typ+"-----"), []byte("-----END "+typ+"-----")
	start, end := bytes.Index(text, header), bytes.Index(text, footer)
	if start < 0 || end <= start {
		return nil, nil, errNoPEM
	}
	first := skipLineEnd(text[start+len(header):])
	if first == nil {
		return nil, nil, errNoPEM
	}
	if rest = skipLineEnd(text[end+len(footer):]); rest == nil {
		rest = text[end+len(footer):]
	}
	begin := len(text) - len(first)
	if begin >= end || bytes.HasPrefix(first, []byte("Proc-Type: 4,ENCRYPTED")) {
		return nil, rest, errBadPEM
	}
	if der, err = pemBase64(text[begin:end]); err != nil {
		return nil, rest, err
	}
	return der, rest, nil
}

// skipLineEnd skips a space, a carriage return and the line feed that has to come;
// without it the result is nil.
func skipLineEnd(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte(" "))
	text = bytes.TrimPrefix(text, []byte("\r"))
	if len(text) == 0 || text[0] != '\n' {
		return nil
	}
	return text[1:]
}

// pemBase64 decodes as mbedtls_base64_decode does: spaces are allowed at line ends
// only, and digits and padding have to be whole groups.
func pemBase64(text []byte) ([]byte, error) {
	var digits []byte
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		line = bytes.TrimRight(bytes.TrimSuffix(line, []byte("\r")), " ")
		digits = append(digits, line...)
	}
	padding := 0
	for _, d := range digits {
		switch {
		case d == '=':
			padding++
		case padding > 0 || !isBase64(d):
			return nil, errBadPEM
		}
	}
	if padding > 2 || len(digits)%4 != 0 {
		return nil, errBadPEM
	}
	der, err := base64.StdEncoding.DecodeString(string(digits))
	if err != nil {
		return nil, errBadPEM
	}
	return der, nil
}

func isBase64(d byte) bool {
	return d >= 'A' && d <= 'Z' || d >= 'a' && d <= 'z' || d >= '0' && d <= '9' || d == '+' || d == '/'
}

// cString is the text up to the first NUL, which is where the C functions stop to look.
func cString(data []byte) []byte {
	text, _, _ := bytes.Cut(data, []byte{0})
	return text
}

// pemKeys are the forms of a key in PEM, in the order in which they are looked for.
var pemKeys = []struct {
	typ   string
	parse func(p *Profile, der []byte) (*PrivateKey, error)
}{
	{"RSA PRIVATE KEY", (*Profile).parsePKCS1},
	{"EC PRIVATE KEY", (*Profile).parseBareSEC1}, {"PRIVATE KEY", (*Profile).parsePKCS8},
}

// ParseKeyPEM is [Profile.ParseKey] for a build with PEM: it looks for PEM first and takes the
// content for DER when there is none. isPEM tells which one it was.
func (p *Profile) ParseKeyPEM(data []byte) (key *PrivateKey, isPEM bool, err error) {
	for _, form := range pemKeys {
		der, _, err := pemBlock(cString(data), form.typ)
		if errors.Is(err, errNoPEM) {
			continue
		}
		if err == nil {
			if key, err = form.parse(p, der); err == nil {
				return key, true, nil
			}
		}
		return nil, true, ErrPKBadInputData
	}
	key, err = p.ParseKey(data)
	return key, false, err
}

// ParseCertificatesPEM is [Profile.ParseCertificate] for a build with PEM: all CERTIFICATE blocks
// of a text, or the first certificate of DER. Blocks that do not parse make it fail,
// but the certificates of the others are returned all the same, as Mbed TLS keeps them.
func (p *Profile) ParseCertificatesPEM(data []byte) ([]*Certificate, error) {
	text := cString(data)
	if !bytes.Contains(text, []byte("-----BEGIN CERTIFICATE-----")) {
		c, err := p.ParseCertificate(data)
		if err != nil {
			return nil, err
		}
		return []*Certificate{c}, nil
	}
	var list []*Certificate
	var failed error
	for {
		der, rest, err := pemBlock(text, "CERTIFICATE")
		if errors.Is(err, errNoPEM) {
			break
		}
		text = rest
		if err == nil {
			var c *Certificate
			if c, err = p.ParseCertificate(der); err == nil {
				list = append(list, c)
			}
		}
		if err != nil {
			failed = ErrX509BadInputData
		}
	}
	if len(list) == 0 {
		failed = ErrX509BadInputData
	}
	return list, failed
}
