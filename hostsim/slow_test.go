package hostsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

// TestSlowClientsAreThere: those that parts of a run are balanced by have not been renamed.
func TestSlowClientsAreThere(t *testing.T) {
	_, err := hostsim.ClientsByName(hostsim.Slow(), clients.All())
	require.NoError(t, err)
}
