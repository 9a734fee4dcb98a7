package delivery

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// recogniseMail takes a mail apart (RFC 5322, RFC 2045): its text, and what is attached. It returns nil for
// what is no mail, or has nothing in it.
func recogniseMail(data []byte) []piece {
	data = bytes.TrimLeft(data, "\r\n\t ")
	if line, _, _ := bytes.Cut(data, []byte("\n")); !bytes.Contains(line, []byte(":")) && !bytes.HasPrefix(line, []byte("From ")) {
		return nil
	}
	if bytes.HasPrefix(data, []byte("From ")) { // of a mailbox in the form mbox
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	message, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil || message.Header.Get("Content-Type") == "" && message.Header.Get("Content-Transfer-Encoding") == "" {
		return nil
	}
	m := mailReader{}
	m.part(message.Header.Get, message.Body, 0)
	return m.pieces
}

type mailReader struct {
	parts  int
	pieces []piece
}

// part reads one part, or those that it consists of. What cannot be decoded is left out: it has ended.
func (m *mailReader) part(header func(string) string, body io.Reader, depth int) {
	kind, parameters, err := mime.ParseMediaType(header("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") && depth < MaxMailDepth {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil || m.parts > MaxParts {
				return
			}
			m.part(p.Header.Get, p, depth+1)
		}
	}
	if m.parts++; m.parts > MaxParts {
		note := fmt.Sprintf("%s: more than %d parts: the rest is not read", ErrTooMuch, MaxParts)
		m.pieces = append(m.pieces, piece{note: note, tooMuch: true})
		return
	}
	switch strings.ToLower(strings.TrimSpace(header("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, _ := io.ReadAll(io.LimitReader(body, MaxFile))
	m.add(content, header)
}

// add adds what a part holds, and says which one it is.
func (m *mailReader) add(content []byte, header func(string) string) {
	name := "the text"
	if _, parameters, err := mime.ParseMediaType(header("Content-Disposition")); err == nil && parameters["filename"] != "" {
		name = "the attachment " + parameters["filename"]
	}
	var list []piece
	if len(content) > 0 && content[0] == 0x30 {
		list = recogniseDER(content, FormDER)
	}
	if list == nil {
		list = scavenge(string(plainText(content)), 1)
	}
	for _, p := range list {
		p.where = strings.TrimSuffix(name+", "+p.where, ", ")
		m.pieces = append(m.pieces, p)
	}
}
