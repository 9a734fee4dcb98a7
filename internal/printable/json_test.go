package printable_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/printable"
)

func TestLines(t *testing.T) {
	require.Equal(t, "a\tb\nc\\x1b[2J\n\\x0dd\n", printable.Lines("a\tb\r\nc\x1b[2J\n\rd\n"))
}

func TestJSON(t *testing.T) {
	require.Equal(t, []byte(`"„ä” \u009b\u202e\u200b\u007f\udb40\udc41"`+"\n"),
		printable.JSON([]byte("\"„ä” \u009b\u202e\u200b\x7f\U000e0041\"\n")))
}

// FuzzJSON: whoever reads the JSON reads what was written, and nothing in it acts on a terminal.
func FuzzJSON(f *testing.F) {
	f.Add("\x1b[31m\u202e\u200b\xff\u009b\U000e0041\ufe0f\\\"\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := json.Marshal(s)
		require.NoError(t, err)
		var before, after string
		require.NoError(t, json.Unmarshal(plain, &before))
		var out bytes.Buffer
		encoder := json.NewEncoder(printable.JSONWriter(&out))
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(s))
		require.NoError(t, json.Unmarshal(out.Bytes(), &after))
		require.Equal(t, before, after)
		for _, r := range bytes.TrimSuffix(out.Bytes(), []byte("\n")) {
			require.False(t, r < 0x20 || r == 0x7f, out.String())
		}
		require.NotContains(t, out.String(), "\u202e")
		require.False(t, bytes.ContainsFunc(bytes.TrimSpace(out.Bytes()), func(r rune) bool { return !unicode.IsPrint(r) }), out.String())
	})
}
