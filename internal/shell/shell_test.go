package shell_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/shell"
)

// TestTerminal: a word that a terminal would act upon is written so that a shell alone makes it again.
func TestTerminal(t *testing.T) {
	require.Equal(t, `env -i $'A=it\'s\\\033[2J\302\233\377\012' 'a
	b'`, shell.Line([]string{"A=it's\\\x1b[2J\u009b\xff\n"}, []string{"a\n\tb"}))
}

func TestLine(t *testing.T) {
	require.Equal(t, `env -i HOME=/tmp/x 'A=it'\''s' curl '' 'https://x/?a b'`,
		shell.Line([]string{"HOME=/tmp/x", "A=it's"}, []string{"curl", "", "https://x/?a b"}))
}
