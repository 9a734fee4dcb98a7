package shell_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/shell"
)

func TestLine(t *testing.T) {
	require.Equal(t, `env -i HOME=/tmp/x 'A=it'\''s' curl '' 'https://x/?a b'`,
		shell.Line([]string{"HOME=/tmp/x", "A=it's"}, []string{"curl", "", "https://x/?a b"}))
}
