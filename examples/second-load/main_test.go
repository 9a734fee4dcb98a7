package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

func TestRealRun(t *testing.T) {
	list, err := hostsim.ClientsByName([]string{"curl", "openssl", "python", "go", "node", "java"}, clients.All())
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, list), out.String())
	for _, want := range []string{
		" 1 name(s)", "the client accepts the chain", "OSError: (-27136, 'MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL'), and the client: EOF",
		"openmv-5.0", "ValueError: invalid key", "presents 2 certificates",
	} {
		require.Contains(t, out.String(), want)
	}
}

// TestTheThreeLines are the ones that leafcam convert prints.
func TestTheThreeLines(t *testing.T) {
	script, err := os.ReadFile("camera.py")
	require.NoError(t, err)
	for _, line := range delivery.LoadingLines(1) {
		require.Contains(t, string(script), line+"\n")
	}
}
