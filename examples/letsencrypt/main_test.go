package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets certbot call the test binary as it calls the program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == dnsHook {
		exit(publishTXT(os.Args[2], os.Getenv("CERTBOT_DOMAIN"), os.Getenv("CERTBOT_VALIDATION")))
	}
	os.Exit(m.Run())
}

// TestIssueAndFlash goes the whole way twice, by HTTP-01 and by DNS-01.
func TestIssueAndFlash(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	var out strings.Builder
	err = run(t.Context(), self, &out)
	if errors.Is(err, errNoCertbot) {
		t.Skip(err)
	}
	require.NoError(t, err, out.String())
	for _, want := range []string{"by http-01", "by dns-01", `signed by "Pebble Intermediate CA`, "carry no AIA URL"} {
		require.Contains(t, out.String(), want)
	}
	require.Equal(t, 2, strings.Count(out.String(), "the camera presents"))
}
