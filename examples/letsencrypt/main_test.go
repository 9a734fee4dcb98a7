package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/program"
)

// TestMain lets certbot call the test binary as it calls the program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == dnsHook {
		exit(publishTXT(os.Args[2], os.Getenv("CERTBOT_DOMAIN"), os.Getenv("CERTBOT_VALIDATION")))
	}
	os.Exit(m.Run())
}

// TestRealIssueAndFlash goes the whole way with both ACME clients, both challenges, chains of one to
// three intermediates, and a request of leafcam's own.
func TestRealIssueAndFlash(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	list, err := hostsim.ClientsByName([]string{"curl", "openssl", "python", "go", "java", "gnutls-cli", "nginx", "apache"}, clients.All())
	require.NoError(t, err)
	var out strings.Builder
	orders := append(slices.Clone(usual), order{tool: "certbot", challenge: "http-01", links: 1, request: true})
	for _, o := range orders {
		program.Need(t, o.tool, o.tool)
	}
	err = run(t.Context(), self, &out, orders, list)
	require.NoError(t, err, out.String())
	for _, want := range []string{
		"certbot asks", "lego asks", "by http-01", "by dns-01",
		`signed by "Pebble Intermediate CA`, "carry no AIA URL", "3 links missing",
	} {
		require.Contains(t, out.String(), want)
	}
	require.Equal(t, len(orders), strings.Count(out.String(), "the camera presents"))
}
