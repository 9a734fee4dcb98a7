package printable_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/printable"
)

func TestVisible(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"ordinary text":       {"curl/8.5 „ä” 日本 ✓", "curl/8.5 „ä” 日本 ✓"},
		"control characters":  {"a\x00\a\b\r\n\t\x7f", `a\x00\x07\x08\x0d\x0a\x09\x7f`},
		"an escape sequence":  {"\x1b[2J\x1b]0;title\a", `\x1b[2J\x1b]0;title\x07`},
		"C1":                  {"\u009b2J\u0085", `\u009b2J\u0085`},
		"C1 as one octet":     {"\x9b2J", `\x9b2J`},
		"other directions":    {"\u202egnp.exe\u202c\u2066\u2069\u200e\u200f\u061c", `\u202egnp.exe\u202c\u2066\u2069\u200e\u200f\u061c`},
		"without width":       {"a\u200b\u200c\u200d\u2060\ufeff\u00adb", `a\u200b\u200c\u200d\u2060\ufeff\u00adb`},
		"tags":                {"a\U000e0041\U000e007f", `a\U000e0041\U000e007f`},
		"variation selectors": {"a\ufe0f\U000e0100", `a\ufe0f\U000e0100`},
		"separators":          {"a\u2028\u2029\u00a0b", `a\u2028\u2029\u00a0b`},
		"a lone surrogate":    {"\xed\xa0\x80", `\xed\xa0\x80`},
		"private use":         {"\ue000", `\ue000`},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, printable.Visible(tc.text)) })
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b[31m\u202e\u200b\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, text := range []string{printable.Visible(s), printable.Line(s)} {
			require.True(t, utf8.ValidString(text))
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
		}
		require.Equal(t, printable.Visible(s), printable.Visible(printable.Visible(s)), "once is enough")
	})
}
