package hostsim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadMatrix: what is not one whole matrix, or says what no run says, is refused.
func TestReadMatrix(t *testing.T) {
	const row = `{"format":3,"rows":[{"client":"curl","cells":[{"scenario":"leaf-only","verdict":"VERDICT"}]}]}`
	with := func(v string) string { return strings.Replace(row, "VERDICT", v, 1) }
	for _, tc := range []struct{ name, text, says string }{
		{"a verdict", with("refused"), ""},
		{"white space after it", with("not installed") + "\n \n", ""},
		{"no verdict", with(""), `curl, leaf-only: unknown verdict ""`},
		{"another verdict", with("fine"), `curl, leaf-only: unknown verdict "fine"`},
		{"an escape sequence", with(`\u001b[31m`), `unknown verdict "\x1b[31m"`},
		{"another matrix after it", with("refused") + with("refused"), "there is more after its end"},
		{"half a word after it", with("refused") + " x", "there is more after its end"},
		{"another format", `{"format":2}`, "its format is 2, not 3"},
		{"half of it", `{"format":3`, "unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ReadMatrix(strings.NewReader(tc.text))
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, tc.says)
		})
	}
}
