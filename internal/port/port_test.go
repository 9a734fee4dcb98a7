package port_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/port"
	"github.com/leafcam/leafcam/internal/program"
)

func TestHeldPort(t *testing.T) {
	held := program.Port(t)
	for _, when := range []string{"before a server was there", "after it has gone"} {
		require.False(t, port.Listening(held.Number), when)
		_, err := net.Dial("tcp", held.Address())
		require.Error(t, err, when)
		l, err := net.Listen("tcp", held.Address())
		require.NoError(t, err, when)
		require.True(t, port.Listening(held.Number), when)
		require.NoError(t, l.Close())
	}
	other := program.Port(t)
	require.NotEqual(t, held.Number, other.Number)
}
