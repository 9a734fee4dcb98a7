package grid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWidestWithoutAColumn: limits stay with their columns when another one is left out.
func TestWidestWithoutAColumn(t *testing.T) {
	g := New("board", "build", "heap", "keys")
	g.Drop, g.Widest = []int{1}, []int{0, 0, 4}
	g.Append("giga", "ARDUINO_GIGA", "1M 2M 3M", "P-256 and RSA")
	var out strings.Builder
	require.NoError(t, g.Write(&out, 32))
	require.Contains(t, out.String(), "│ giga  │ 1M   │ P-256 and RSA │")
}

func TestWrite(t *testing.T) {
	g := New("profile", "what it is", "TLS")
	g.Append("openmv-5.0", "the firmware of a camera that reads DER only", "")
	g.Append("micropython", "a port", 3)
	for _, tc := range []struct {
		name  string
		width int
		want  string
	}{
		{"no terminal", 0, `┌─────────────┬──────────────────────────────────────────────┬─────┐
│ profile     │ what it is                                   │ TLS │
├─────────────┼──────────────────────────────────────────────┼─────┤
│ openmv-5.0  │ the firmware of a camera that reads DER only │     │
│ micropython │ a port                                       │ 3   │
└─────────────┴──────────────────────────────────────────────┴─────┘
`},
		{"a narrow one", 40, `openmv-5.0
  what it is  the firmware of a camera
              that reads DER only

micropython
  what it is  a port
  TLS         3
`},
		{"a tiny one", 12, ""},
		{"one that has room without a column", 25, `┌─────────────┬─────┐
│ profile     │ TLS │
├─────────────┼─────┤
│ openmv-5.0  │     │
│ micropython │ 3   │
└─────────────┴─────┘
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g.Drop = nil
			if strings.Contains(tc.name, "without a column") {
				g.Drop = []int{1}
			}
			var out strings.Builder
			require.NoError(t, g.Write(&out, tc.width))
			if tc.want != "" {
				require.Equal(t, tc.want, out.String())
			}
			for line := range strings.Lines(out.String()) {
				require.True(t, tc.width == 0 || widest(line) <= tc.width, line)
			}
		})
	}
}
