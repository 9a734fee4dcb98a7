package mbedtls

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBase64: what Mbed TLS takes for base64 between header and footer.
func TestBase64(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       string // "" is an error
	}{
		{"whole groups", "YWJjZGVm\n", "abcdef"},
		{"one padded", "YWJjZGU=\n", "abcde"},
		{"two padded", "YWJjZA==\n", "abcd"},
		{"spaces at line ends and carriage returns", "YWJj \r\nZGVm\r\n", "abcdef"},
		{"a space inside a line", "YW JjZGVm\n", ""},
		{"= after whole groups", "YWJjZGVm=\n", ""},
		{"== after whole groups", "YWJjZGVm==\n", ""},
		{"= after whole groups, on its own line", "YWJjZGVm\n=\n", ""},
		{"= after padding", "YWJjZGU==\n", ""},
		{"three paddings", "YWJj===\n", ""},
		{"a digit after padding", "YWJjZGU=A\n", ""},
		{"a digit after whole groups", "YWJjZGVmA\n", ""},
		{"padding that is missing", "YWJjZGU\n", ""},
		{"what is no digit", "YWJj!GVm\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := pemBase64([]byte(tc.text))
			if tc.want == "" {
				require.ErrorIs(t, err, errBadPEM)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, string(got))
		})
	}
}
