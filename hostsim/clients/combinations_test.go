package clients_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// combinations are what clients do beyond the standard set; "" is for those that have no entry of
// their own, and "any" leaves the outcome open.
var combinations = map[string]map[string]string{
	"full-chain":     {"": "completed sent"},
	"one-connection": {"": "completed sent"},
	"warm":           {"": "refused missing intermediate"},
	"self-signed-ca": {"": "completed anchor", "erlang": "refused self-signed certificate not accepted"},
	"leaf-pinned":    {"": "completed anchor", "python": "refused the leaf is no anchor", "erlang": "refused the leaf is no anchor"},
	"no-trust": {
		"": "refused no trust anchor was given", "python": "refused unknown issuer",
		"chromium": "refused unknown issuer", "erlang": "any",
	},
	"aia-pkcs7":       {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"aia-pem":         {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"gateway":         {"": "completed sent"},
	"pem-firmware":    {"": "completed sent"},
	"aia-redirect":    {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"aia-slow":        {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"aia-silent":      {"": "refused missing intermediate"},
	"aia-404":         {"": "refused missing intermediate"},
	"aia-dead":        {"": "refused missing intermediate"},
	"aia-https":       {"": "refused missing intermediate", "java-url-aia": "completed aia"},
	"aia-loop":        {"": "refused missing intermediate"},
	"two-missing":     {"": "refused missing intermediate"},
	"two-missing-aia": {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"two-missing-store": {
		"": "completed anchor", "python": "completed store", "erlang": "completed store", "chromium": "completed store",
	},
	"two-missing-second-load": {"": "completed sent"},
	"three-missing":           {"": "refused missing intermediate"},
	"three-missing-aia":       {"": "refused missing intermediate", "java-url-aia": "completed aia", "chromium": "completed aia"},
	"three-missing-store": {
		"": "completed anchor", "python": "completed store", "erlang": "completed store", "chromium": "completed store",
	},

	"three-missing-second-load": {"": "completed sent"},
	"p384":                      {"": "completed sent"},
	"p384-leaf-only":            {"": "refused missing intermediate"},
	"rsa2048":                   {"": "completed sent"},
	"rsa2048-leaf-only":         {"": "refused missing intermediate"},
}

// TestRealCombinations runs every scenario beyond the standard set with a client of each kind.
func TestRealCombinations(t *testing.T) {
	list, err := hostsim.ClientsByName([]string{"curl", "python", "erlang", "java-url-aia", "chromium"}, clients.All())
	require.NoError(t, err)
	m, err := hostsim.Runner{Clients: list, Scenarios: hostsim.AllScenarios()[len(hostsim.StandardSet()):]}.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, m.Scenarios, len(combinations))
	for _, row := range m.Rows {
		t.Run(row.Client, func(t *testing.T) {
			if !row.Installed {
				t.Skipf("%s is not installed: %s", row.Client, row.Install)
			}
			for _, c := range row.Cells {
				want, ok := combinations[c.Scenario][row.Client]
				if !ok {
					want = combinations[c.Scenario][""]
				}
				if c.Verdict == verdict.VerdictCannotIsolate || want == "any" {
					continue
				}
				got := strings.TrimSpace(string(c.Verdict) + " " + string(c.How) + c.Reason())
				require.Equal(t, want, got, "%s (the client said: %s)", c.Scenario, c.Message)
			}
			held := row.Cell("aia-silent")
			if want := combinations["aia-slow"][row.Client]; want == "completed aia" {
				require.Greater(t, held.HeldSeconds, 5*time.Second.Seconds(), "the camera's connection was held while the AIA host was waited for")
				require.Equal(t, 1, row.Cell("aia-pem").Fetches)
			} else if held.Verdict == verdict.VerdictRefused {
				require.Less(t, held.HeldSeconds, 5*time.Second.Seconds())
				require.Zero(t, held.Fetches)
			}
		})
	}
}
