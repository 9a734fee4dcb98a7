package device

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzMicrodotRequest: no request line, header or query stops the emulation, and what Go takes for UTF-8 MicroPython
// takes, too.
func FuzzMicrodotRequest(f *testing.F) {
	for _, seed := range []string{
		"GET /?a=%41&b=%c3%a9 HTTP/1.0\r\n", "OPTIONS / HTTP/1.1\r\n", "GET / HTTP\r\n",
		"%", "%%", "_", "-_5", "+", "99999999999999999999", "\xf0\x80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			require.True(t, isUTF8(text))
		}
		for _, base := range []int{10, 16} {
			if n, err := parseInt(text, base); err != nil {
				require.Zero(t, n)
			}
		}
		_ = checkQuery(text)
		request, query, err := parseRequestLine([]byte(text))
		if err != nil {
			require.Equal(t, "HTTP/1.0 400 N/A\r\n", request.answer("page")[0])
			return
		}
		require.NotContains(t, request.path, "?")
		_ = checkQuery(query)
		require.Regexp(t, `^HTTP/1\.0 (200 OK|40[45] N/A)\r\n$`, request.answer("page")[0])
	})
}
