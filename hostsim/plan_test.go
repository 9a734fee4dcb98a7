package hostsim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryKindIsThere: a scenario whose server, leaf, trust or AIA answer nobody makes would run as
// another one.
func TestEveryKindIsThere(t *testing.T) {
	for _, s := range AllScenarios() {
		s = s.complete()
		require.Contains(t, serverKinds, s.Server)
		require.Contains(t, leafKinds, s.Leaf)
		require.Contains(t, trustKinds, s.Trust)
		require.Contains(t, aiaKinds, s.AIA)
	}
}
