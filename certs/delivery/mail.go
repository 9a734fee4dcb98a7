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
func recogniseMail(data []byte, depth int) []piece {
	m := mailReader{depth: depth}
	for _, message := range messages(bytes.TrimLeft(data, "\r\n\t ")) {
		m.message(bytes.NewReader(message), 0)
	}
	return m.pieces
}

// messages takes a mailbox in the form mbox apart; a single mail is one.
func messages(data []byte) [][]byte {
	const begins = "From "
	if !bytes.HasPrefix(data, []byte(begins)) {
		return [][]byte{data}
	}
	var list [][]byte
	for _, message := range bytes.Split(append([]byte("\n"), data...), []byte("\n"+begins)) {
		if _, rest, ok := bytes.Cut(message, []byte("\n")); ok {
			list = append(list, rest)
		}
	}
	return list
}

type mailReader struct {
	depth  int // of the mail in other things
	parts  int
	pieces []piece
}

// message reads a mail, unless it is none.
func (m *mailReader) message(data io.Reader, depth int) {
	content, _ := io.ReadAll(io.LimitReader(data, MaxFile))
	if line, _, _ := bytes.Cut(content, []byte("\n")); !bytes.Contains(line, []byte(":")) {
		return
	}
	message, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil || message.Header.Get("Content-Type") == "" && message.Header.Get("Content-Transfer-Encoding") == "" {
		return
	}
	m.part(message.Header.Get, message.Body, depth)
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
	if kind == "message/rfc822" && depth < MaxMailDepth {
		m.message(body, depth+1)
		return
	}
	content, _ := io.ReadAll(io.LimitReader(body, MaxFile))
	m.add(content, header)
}

const theText = "the text"

// add adds what a part holds, and says which one it is.
func (m *mailReader) add(content []byte, header func(string) string) {
	name := theText
	if _, parameters, err := mime.ParseMediaType(header("Content-Disposition")); err == nil && parameters["filename"] != "" {
		name = "the attachment " + parameters["filename"]
	}
	list := recogniseContent(content, FormDER, m.depth+1)
	if known := foreignFormat(content); len(list) == 0 && known.note != "" && name != theText {
		list = []piece{{note: known.note, key: known.key}}
	}
	for _, p := range list {
		p.where, p.line = strings.TrimSuffix(name+", "+p.where, ", "), 0 // lines are those of the decoded part
		m.pieces = append(m.pieces, p)
	}
}
