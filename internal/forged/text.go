package forged

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// Characters are those that a terminal, a page or an editor acts upon, or does not show, by their kind: a
// test sends each of them to every place where a stranger chooses a text.
func Characters() map[string]string {
	return map[string]string{
		"an escape sequence": "\x1b[2J", "a bell": "\a", "a line": "\n", "a return": "\r", "a tabulator": "\t", "delete": "\x7f",
		"a C1 character": "\u009b2J", "C1 as one octet": "\x9b2J", "a lone octet": "\xff", "a lone surrogate": "\xed\xa0\x80",
		"another direction": "\u202e", "an isolated direction": "\u2066", "no width": "\u200b", "a byte order mark": "\ufeff",
		"a soft hyphen": "\u00ad", "a line separator": "\u2028", "a paragraph separator": "\u2029",
		"a tag": "\U000e0041", "a variation selector": "\ufe0f",
	}
}

// RequireInert fails where a text that is shown has one of those characters, whoever sent it. Its own lines
// may end, but none does within x and y, between which a test puts the character.
func RequireInert(t testing.TB, shown, character string) {
	t.Helper()
	require.NotContains(t, shown, "x"+character+"y")
	at := strings.IndexFunc(shown, func(r rune) bool {
		const replaced = unicode.ReplacementChar // what is left of an octet that is no UTF-8 where something decodes it
		return r != '\n' && r != '\t' && (!unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || r == replaced)
	})
	if at >= 0 {
		require.Failf(t, "a character is shown as it is", "%q", shown[max(0, at-60):min(len(shown), at+20)])
	}
}
