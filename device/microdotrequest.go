package device

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/device/micropython"
	"github.com/leafcam/leafcam/device/trace"
)

// Bounds of microdot's Request, octets.
const (
	microdotMaxLine = 2 << 10
	microdotMaxBody = 16 << 10
)

// A microdotRequest is what microdot reads of a request.
type microdotRequest struct {
	method, path string
	length       int64 // Content-Length
}

// errNotRead stands for the exceptions of Python at what microdot cannot read as a request: it prints them and answers 400.
var errNotRead = errors.New("no request that microdot reads")

// route returns the method in upper case, as routes are chosen by it.
func (r *microdotRequest) route() string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		return c
	}, r.method)
}

// readMicrodotRequest reads a request with its body, as Request.create does, and notes it. An exception that is no OSError
// is as good as another here: the answer is the same.
func (s *Session) readMicrodotRequest() (*microdotRequest, error) {
	line, err := s.requestLine(s.streamReadline)
	if err != nil {
		return nil, err
	}
	noted := trace.Request{Line: withoutEnd(line), Cut: !strings.HasSuffix(string(line), "\n")}
	request, query, err := parseRequestLine(line)
	if err == nil {
		err = s.readMicrodotHeaders(request, &noted)
	}
	if noted.Line != "" {
		s.Note(noted)
	}
	if err == nil {
		err = s.readMicrodotBody(request.length)
	}
	if err == nil {
		err = checkQuery(query)
	}
	if err != nil {
		return nil, err
	}
	return request, nil
}

// parseRequestLine takes three words, the last of them with a slash.
func parseRequestLine(line []byte) (request *microdotRequest, query string, err error) {
	text, err := microdotLine(line)
	if err != nil {
		return nil, "", err
	}
	words := strings.FieldsFunc(text, isSpace)
	if len(words) != 3 || !strings.Contains(words[2], "/") {
		return nil, "", errNotRead
	}
	path, query, _ := strings.Cut(words[1], "?")
	return &microdotRequest{method: words[0], path: path}, query, nil
}

// readMicrodotHeaders reads headers up to an empty line. The end of the stream is one.
func (s *Session) readMicrodotHeaders(request *microdotRequest, noted *trace.Request) error {
	for {
		line, err := s.streamReadline()
		if err != nil {
			noted.Cut = true
			return err
		}
		header, err := microdotLine(line)
		if err != nil {
			return err
		}
		if header == "" {
			noted.Cut = noted.Cut || len(line) == 0
			return nil
		}
		name, value, found := strings.Cut(header, ":")
		if !found {
			return errNotRead
		}
		value = strings.TrimFunc(value, isSpace)
		switch strings.ToLower(name) {
		case "user-agent":
			noted.UserAgent = value
		case "content-length":
			if request.length, err = parseInt(value, 10); err != nil {
				return err
			}
		}
	}
}

// microdotLine returns what a line says. One that is too long, and one that is no UTF-8, raise.
func microdotLine(line []byte) (string, error) {
	text := strings.TrimFunc(string(line), isSpace)
	if len(line) > microdotMaxLine || !isUTF8(text) {
		return "", errNotRead
	}
	return text, nil
}

// readMicrodotBody reads the body unless it is too large. A negative length raises a MemoryError once there is something to
// read, but for -1: that is all there will be, and never enough.
func (s *Session) readMicrodotBody(length int64) error {
	if length > microdotMaxBody {
		return nil
	}
	var octet [1]byte
	for n := int64(0); n != length; {
		switch _, err := s.socket.Read(octet[:]); {
		case err == nil && length < -1:
			return errNotRead
		case err == nil:
			n++
		case errors.Is(err, io.EOF):
			return errNotRead // an EOFError
		case !errors.Is(err, micropython.ErrNone):
			return err
		}
	}
	return nil
}

// isSpace tells what MicroPython takes for white space.
func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }

// isUTF8 is MicroPython's check of UTF-8. It looks at how many octets belong together, and at nothing else.
func isUTF8(s string) bool {
	missing := 0
	for _, c := range []byte(s) {
		continues := c&0xc0 == 0x80
		switch {
		case continues != (missing > 0), c >= 0xf8:
			return false
		case continues:
			missing--
		case c >= 0xf0:
			missing = 3
		case c >= 0xe0:
			missing = 2
		case c >= 0xc0:
			missing = 1
		}
	}
	return missing == 0
}

// parseInt is MicroPython's int(s, base): white space around the number, a sign, and underscores anywhere in it, even
// alone. A number that is too large for an int64 becomes the largest.
func parseInt(s string, base int) (int64, error) {
	s = strings.TrimFunc(s, isSpace)
	sign := ""
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		sign, s = s[:1], s[1:]
	}
	digits := strings.ReplaceAll(s, "_", "")
	if digits == "" && s != "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(sign+digits, base, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errNotRead
	}
	return n, nil
}

// checkQuery raises what decoding a query string raises.
func checkQuery(query string) error {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		for _, text := range []string{name, value} {
			if err := checkEscapes(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEscapes raises what urldecode raises: behind each % two characters are a number, unless another % or nothing follows,
// and what comes of it all is UTF-8.
func checkEscapes(text string) error {
	first, rest, escaped := strings.Cut(strings.ReplaceAll(text, "+", " "), "%")
	if !escaped {
		return nil
	}
	decoded := []byte(first)
	for item := range strings.SplitSeq(rest, "%") {
		if item == "" {
			decoded = append(decoded, '%')
			continue
		}
		code := item[:min(len(item), 2)]
		n, err := parseInt(code, 16)
		if err != nil || n < 0 || n > 0xff {
			return errNotRead
		}
		decoded = append(append(decoded, byte(n)), item[len(code):]...)
	}
	if !isUTF8(string(decoded)) {
		return errNotRead
	}
	return nil
}
