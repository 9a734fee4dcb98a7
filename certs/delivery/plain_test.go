package delivery

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIsPlain: what is left as it is has nothing in it that would be taken away.
func TestIsPlain(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		plain      bool
	}{
		{"lines of base64", "\nMIIB+/09\r\naz==\n", true},
		{"nothing", "", true},
		{"a line that begins as a comment does", "\n//MII\n", true},
		{"a quotation", "\n> MII\n", false},
		{"the rest of the marks", "---\nMII\n-----", true},
		{"two hyphens and a blank", "\n-- MII\n", false},
		{"a string", "\"MII\\n\"", false},
		{"a blank", "\nREM MII\n", false},
		{"a line end as some XML has it", "_x000D_\nMII", false},
		{"a tab", "\n//\tMII\n", false},
		{"another alphabet", "\nMIé\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.plain, isPlain(tc.body))
			if tc.plain {
				cleaned := linePrefixes.ReplaceAllString(joins.ReplaceAllString(escapes.Replace(tc.body), "\n"), "")
				require.Equal(t, tc.body, cleaned)
				require.Equal(t, tc.body, unquoted(tc.body))
			}
		})
	}
	require.Empty(t, pemMarks(strings.Repeat("BEE", 100)))
}
