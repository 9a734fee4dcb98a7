package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
)

// smuggled is a request that hides in the body of another one.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n"

// unambiguous: the camera gets requests that can be read in one way, and none of the hidden one; the
// connection over which it came has ended (RFC 9112 sections 6.1, 6.3 and 11.2).
func unambiguous(o *observation) string {
	for _, raw := range o.received {
		m, err := strict(raw)
		if err != nil {
			return "the camera may read it in another way: " + err.Error()
		}
		if strings.HasPrefix(m.target, "/smuggled") {
			return "the camera got the hidden request"
		}
	}
	if !o.ended {
		return "the connection goes on"
	}
	return ""
}

// smuggling are requests that one server reads as one, and another one as two.
func smuggling() (list []attack) {
	// By its length the body holds the hidden request, by its chunks it ends before.
	const inLength = "0\r\n\r\n" + smuggled
	// By its chunks the body holds the hidden request, by its length of four octets it ends before.
	inChunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	const post = "POST /first HTTP/1.1\r\nHost: cam.example.com\r\n"
	for _, a := range []struct{ name, head, body string }{
		{"CL and TE", "Content-Length: N\r\nTransfer-Encoding: chunked\r\n", inLength},
		{"TE and CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", inChunks},
		{"two CL", "Content-Length: 0\r\nContent-Length: N\r\n", smuggled},
		{"two CL alike", "Content-Length: N\r\nContent-Length: N\r\nConnection: close\r\n", smuggled},
		{"a list as CL", "Content-Length: N, N\r\nConnection: close\r\n", smuggled},
		{"CL with a sign", "Content-Length: +N\r\nConnection: close\r\n", smuggled},
		{"CL in hexadecimal", "Content-Length: 0xN\r\n", smuggled},
		{"CL below zero", "Content-Length: -N\r\n", smuggled},
		{"CL with a space", "Content-Length: 0 N\r\n", smuggled},
		{"an empty CL", "Content-Length:\r\n", smuggled},
		{"CL beyond 64 bits", "Content-Length: 18446744073709551616\r\n", smuggled},
		{"CL and a space before the colon", "Content-Length: 0\r\nContent-Length : N\r\n", smuggled},
		{"a space before the colon", "Content-Length : N\r\n", smuggled},
		{"TE and a space before the colon", "Content-Length: N\r\nTransfer-Encoding : chunked\r\n", inLength},
		{"an unknown TE", "Content-Length: N\r\nTransfer-Encoding: xchunked\r\n", inLength},
		{"TE in quotes", "Content-Length: N\r\nTransfer-Encoding: \"chunked\"\r\n", inLength},
		{"TE behind a vertical tab", "Content-Length: N\r\nTransfer-Encoding: \vchunked\r\n", inLength},
		{"TE behind a tab", "Content-Length: N\r\nTransfer-Encoding:\tchunked\r\n", inLength},
		{"TE with a NUL", "Content-Length: N\r\nTransfer-Encoding: chunked\x00\r\n", inLength},
		{"TE in capitals", "Content-Length: N\r\nTRANSFER-ENCODING: CHUNKED\r\n", inLength},
		{"TE twice", "Content-Length: N\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", inLength},
		{"TE as a list", "Content-Length: N\r\nTransfer-Encoding: chunked, identity\r\n", inLength},
		{"chunked twice", "Content-Length: N\r\nTransfer-Encoding: chunked, chunked\r\n", inLength},
		{"chunked behind gzip", "Content-Length: N\r\nTransfer-Encoding: gzip, chunked\r\n", inLength},
		{"identity", "Content-Length: N\r\nTransfer-Encoding: identity\r\nConnection: close\r\n", inLength},
		{"TE on a folded line", "Content-Length: N\r\nTransfer-Encoding:\r\n chunked\r\n", inLength},
		{"TE folded into another header", "Content-Length: N\r\nX: x\r\n Transfer-Encoding: chunked\r\nConnection: close\r\n", inLength},
		{"TE behind a bare LF", "Content-Length: N\r\nX: x\nTransfer-Encoding: chunked\r\n", inLength},
		{"TE behind a bare CR", "Content-Length: N\r\nX: x\rTransfer-Encoding: chunked\r\n", inLength},
		{"TE with an underscore", "Content-Length: N\r\nTransfer_Encoding: chunked\r\nConnection: close\r\n", inLength},
		{"a header without a name", "Content-Length: N\r\n: x\r\nConnection: close\r\n", inLength},
		{"a header without a colon", "Content-Length: N\r\nX\r\nConnection: close\r\n", inLength},
		{"a chunk's extension", "Transfer-Encoding: chunked\r\nConnection: close\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n"},
		{"a bare LF in an extension", "Transfer-Encoding: chunked\r\n", "2;\nxx\r\n4c\r\n0\r\n\r\n" + smuggled},
		{"a chunk in hexadecimal", "Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n" + inLength},
		{"a chunk with a sign", "Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n" + inLength},
		{"a chunk beyond 64 bits", "Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello\r\n" + inLength},
		{"a chunk without its end", "Transfer-Encoding: chunked\r\n", "5\r\nhelloXX0\r\n\r\n" + smuggled},
		{"no chunk at all", "Transfer-Encoding: chunked\r\n", "hello\r\n" + inLength},
		{"chunks with bare LF", "Transfer-Encoding: chunked\r\nConnection: close\r\n", "5\nhello\n0\n\n"},
		{
			"trailers that tell another length", "Transfer-Encoding: chunked\r\nTrailer: Content-Length, X-Real-IP\r\nConnection: close\r\n",
			"5\r\nhello\r\n0\r\nContent-Length: 100\r\nX-Real-IP: 203.0.113.9\r\n\r\n",
		},
	} {
		length := strconv.Itoa(len(a.body))
		if strings.Contains(a.head, "0xN") {
			length = strconv.FormatInt(int64(len(a.body)), 16)
		}
		list = append(list, raw(a.name, post+strings.ReplaceAll(a.head, "N\r", length+"\r")+"\r\n"+a.body, unambiguous))
	}
	lf := strings.ReplaceAll(post+"Content-Length: 0\r\nConnection: close\r\n\r\n", "\r\n", "\n")
	return append(list,
		raw("a head with bare LF", lf, unambiguous),
		raw("TE in HTTP/1.0", strings.Replace(post, "HTTP/1.1", "HTTP/1.0", 1)+"Transfer-Encoding: chunked\r\n\r\n"+inLength, unambiguous),
		raw("a folded request line", "GET /first\r\n HTTP/1.1\r\nHost: cam.example.com\r\nConnection: close\r\n\r\n", unambiguous),
		raw("HTTP/0.9 behind a request", "GET /first\r\n"+smuggled, unambiguous),
		raw("two hosts", "GET /first HTTP/1.1\r\nHost: cam.example.com\r\nHost: other.example\r\nConnection: close\r\n\r\n", rejected),
		raw("no host", "GET /first HTTP/1.1\r\nConnection: close\r\n\r\n", rejected),
		raw("a GET with a body", "GET /first HTTP/1.1\r\nHost: cam.example.com\r\nContent-Length: "+
			strconv.Itoa(len(smuggled))+"\r\nConnection: close\r\n\r\n"+smuggled, unambiguous),
		inHTTP2("HTTP/2 with TE", unambiguous, "transfer-encoding", "chunked"),
		inHTTP2("HTTP/2 with another length", unambiguous, "content-length", "4"),
		inHTTP2("HTTP/2 with a line in a value", unambiguous, "x", "x\r\nTransfer-Encoding: chunked"),
		inHTTP2("HTTP/2 with a line in a name", unambiguous, "x: x\r\ntransfer-encoding", "chunked"),
		inHTTP2("HTTP/2 with a request in the path", unambiguous, ":path", "/first HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled"),
		inHTTP2("HTTP/2 with a request in the method", unambiguous, ":method", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nPOST"),
		inHTTP2("HTTP/2 with Connection", unambiguous, "connection", "keep-alive, x-real-ip"),
	)
}

// raw is an attack of one request, as it is written.
func raw(name, request string, unsafe func(*observation) string) attack {
	return attack{name: name, act: func(v *visitor) *heard { return v.say(request).hear() }, unsafe: unsafe}
}

// rejected: the request was not for the camera.
func rejected(o *observation) string {
	switch {
	case len(o.received) > 0:
		return "the camera got it"
	case len(o.answers) > 0 && o.answers[0].status < http.StatusBadRequest:
		return "it succeeded"
	}
	return unambiguous(o)
}

// inHTTP2 is an attack of one request of HTTP/2 with one header more, or another one.
func inHTTP2(name string, unsafe func(*observation) string, header, value string) attack {
	return attack{name: name, unsafe: unsafe, act: func(v *visitor) *heard {
		c := v.dialHTTP2()
		c.request(1, false, map[string]string{":method": http.MethodPost, ":path": "/first", header: value})
		_ = c.framer.WriteData(1, true, []byte("0\r\n\r\n"+smuggled))
		status, ended := c.await(1)
		h := &heard{ended: ended, note: "stream reset"}
		if status != 0 {
			h.answers, h.note = []heardAnswer{{status: status, whole: true}}, ""
		}
		_ = c.framer.WriteGoAway(0, http2.ErrCodeNo, nil)
		return h
	}}
}
