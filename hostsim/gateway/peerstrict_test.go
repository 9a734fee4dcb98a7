package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// discarding is a log that nobody reads: servers complain of what attacks send.
var discarding = log.New(io.Discard, "", 0)

// A message is a request that can be read in one way only.
type message struct {
	method, target string
	header         textproto.MIMEHeader
	body           string
	framing        string // how its length is told
}

func (m *message) line() string {
	line := m.method + " " + m.target
	if len(line) > 40 {
		line = line[:40] + "..."
	}
	return fmt.Sprintf("%s%s", line, m.framing)
}

var (
	requestLine = regexp.MustCompile(`^([A-Z]+) ([!-~]+) HTTP/1\.[01]$`)
	headerLine  = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$")
	decimal     = regexp.MustCompile(`^[0-9]{1,18}$`)
	chunkSize   = regexp.MustCompile(`^[0-9A-Fa-f]{1,15}$`)
)

// strict reads what came over a connection as one request of which no two servers could think
// differently, or says why it cannot (RFC 9112 sections 2, 5, 6 and 7).
func strict(raw string) (*message, error) {
	head, rest, ok := strings.Cut(raw, "\r\n\r\n")
	if !ok {
		return nil, errors.New("no end of the head")
	}
	lines := strings.Split(head, "\r\n")
	first := requestLine.FindStringSubmatch(lines[0])
	if first == nil {
		return nil, errors.New("the request line")
	}
	m := &message{method: first[1], target: first[2], header: textproto.MIMEHeader{}}
	for _, line := range lines[1:] {
		h := headerLine.FindStringSubmatch(line)
		if h == nil {
			return nil, fmt.Errorf("the line %.40q", line)
		}
		m.header.Add(h[1], strings.TrimRight(h[2], " \t"))
	}
	if n := len(m.header["Host"]); n > 1 {
		return nil, fmt.Errorf("%d hosts", n)
	}
	return m, m.read(rest)
}

// read reads the body, behind which nothing may stand.
func (m *message) read(rest string) error {
	lengths, codings := m.header["Content-Length"], m.header["Transfer-Encoding"]
	switch {
	case len(lengths)+len(codings) > 1:
		return errors.New("its length is told more than once")
	case len(codings) == 1:
		if !strings.EqualFold(codings[0], "chunked") {
			return fmt.Errorf("the coding %.40q", codings[0])
		}
		m.framing = " (chunked)"
		return m.readChunks(rest)
	case len(lengths) == 1:
		if !decimal.MatchString(lengths[0]) {
			return fmt.Errorf("the length %.40q", lengths[0])
		}
		n, _ := strconv.Atoi(lengths[0])
		m.framing = fmt.Sprintf(" (%d octets)", n)
		if n < len(rest) {
			return errors.New("something behind its end")
		}
		m.body = rest
		return nil // what is missing was broken off
	case rest != "":
		return errors.New("something behind its end")
	}
	return nil
}

func (m *message) readChunks(rest string) error {
	for rest != "" {
		line, after, ok := strings.Cut(rest, "\r\n")
		if !ok {
			return nil // broken off
		}
		if !chunkSize.MatchString(line) {
			return fmt.Errorf("the chunk %.40q", line)
		}
		n, _ := strconv.ParseInt(line, 16, 64)
		if n == 0 {
			if after != "\r\n" && after != "" {
				return errors.New("something behind its last chunk")
			}
			return nil
		}
		if int64(len(after)) < n+2 {
			return nil // broken off
		}
		if after[n:n+2] != "\r\n" {
			return errors.New("a chunk without its end")
		}
		m.body, rest = m.body+after[:n], after[n+2:]
	}
	return nil
}

// targetOf is what the first line of a request asks for.
func targetOf(raw string) string {
	line, _, _ := strings.Cut(raw, "\n")
	if words := strings.Fields(line); len(words) > 1 {
		return words[1]
	}
	return ""
}

// TestStrict knows what can be read in two ways.
func TestStrict(t *testing.T) {
	for raw, wrong := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n":                                                 "",
		"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab":                                    "",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n":         "",
		"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n":                                      "behind its end",
		"GET / HTTP/1.1\nHost: a\n\n":                                                       "no end",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n":                                                "the line",
		"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n":                                              "the line",
		"GET / HTTP/1.1\r\nA: b\nc: d\r\n\r\n":                                              "the line",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n":                                      "2 hosts",
		"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n":   "more than once",
		"POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\nab":                                   "the length",
		"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabc":                                   "behind its end",
		"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n":                   "the coding",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\n\r\n":       "the chunk",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n":        "without its end",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n":  "last chunk",
		"GET /a HTTP/1.1\r\nHost: b\r\n\r\n/ HTTP/1.1\r\nContent-Length: 2\r\n\r\nsmuggled": "behind its end",
	} {
		_, err := strict(raw)
		if wrong == "" {
			require.NoError(t, err, "%q", raw)
		} else {
			require.ErrorContains(t, err, wrong, "%q", raw)
		}
	}
}
