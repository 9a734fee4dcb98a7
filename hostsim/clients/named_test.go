package clients_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

func namesOf(list []*hostsim.Client) (names []string) {
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

func TestByName(t *testing.T) {
	for _, tc := range []struct {
		situation string
		given     []string
		want      []string
	}{
		{"names, in the order of all", []string{"wget", "curl"}, []string{"curl", "wget"}},
		{"any case, blanks", []string{"CURL", " gnutls_cli "}, []string{"curl", "gnutls-cli"}},
		{"a title", []string{"Python urllib"}, []string{"python"}},
		{"an alias", []string{"ffmpeg"}, []string{"ffprobe", "ffprobe-default"}},
		{"an alias as people write it", []string{"iPhone", "Home Assistant", "Node-RED"}, nil},
		{"twice", []string{"curl", "Curl"}, []string{"curl"}},
		{"a stack", []string{"stack:go"}, nil},
		{"an exact name before its stack", []string{"openssl"}, []string{"openssl"}},
	} {
		t.Run(tc.situation, func(t *testing.T) {
			list, meant, err := clients.ByName(tc.given)
			require.NoError(t, err)
			require.NotEmpty(t, list)
			require.Len(t, meant, len(tc.given))
			if tc.want != nil {
				require.Equal(t, tc.want, namesOf(list))
			}
		})
	}
}

// TestEveryAliasStandsForSomebody: names of groups and aliases lead to clients, and to those of their kind.
func TestEveryAliasStandsForSomebody(t *testing.T) {
	for _, name := range clients.Names() {
		list, meant, err := clients.ByName([]string{name})
		require.NoError(t, err, name)
		require.NotEmpty(t, list, name)
		require.Equal(t, name, meant[0].Name)
	}
	for _, set := range []map[string][]string{clients.Aliases, clients.Groups} {
		for name, members := range set {
			for _, member := range members {
				require.True(t, slices.ContainsFunc(clients.All(), func(c *hostsim.Client) bool { return c.Name == member }), "%s: %s", name, member)
			}
		}
	}
	browsers, _, err := clients.ByName([]string{"browsers"})
	require.NoError(t, err)
	require.Subset(t, namesOf(browsers), []string{"chromium", "firefox", "sim-chrome"})
	phones, _, err := clients.ByName([]string{"phones"})
	require.NoError(t, err)
	require.Subset(t, namesOf(phones), []string{"sim-ios", "sim-android"})
}

func TestUnknownNames(t *testing.T) {
	for given, near := range map[string]string{
		"crul": "curl", "chromuim": "chromium", "pyhton": "python", "wge": "wget", "fire-fox2": "firefox", "curl2": "curl",
	} {
		_, _, err := clients.ByName([]string{given})
		require.ErrorContains(t, err, "did you mean ", given)
		require.ErrorContains(t, err, near, given)
	}
	_, _, err := clients.ByName([]string{"xyzzy-of-nowhere"})
	require.ErrorContains(t, err, "leafcam clients lists them all")
	_, _, err = clients.ByName([]string{""})
	require.Error(t, err)
}
