package preflight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestNamesOfClients: clients are found by the names that people use.
func TestNamesOfClients(t *testing.T) {
	p := newPKI(t, 1)
	r := check(t, delivered(t, p, issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}})), preflight.Options{})
	for name, family := range map[string]string{
		"curl": "openssl-partial", "Home Assistant": "python-strict", "home-assistant": "python-strict", "HOMEASSISTANT": "python-strict",
		"chrome": "chrome", "Edge": "chrome", "iPhone": "ios", "android": "android", "ffmpeg": "unverified", "vlc": "gnutls", "wget": "gnutls",
		"motion": "unverified", "MQTT.js": "node", "zeep": "requests", "emacs": "emacs", "haskell": "haskell",
		"node.js": "node", "go": "go", "schannel": "schannel", "Windows": "schannel",
	} {
		list, err := r.Clients(name)
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		require.Equal(t, family, list[0].Family, name)
	}
	browsers, err := r.Clients("Browsers")
	require.NoError(t, err)
	require.Greater(t, len(browsers), 2)
	_, err = r.Clients("netscape")
	require.ErrorContains(t, err, "Firefox")

	refused := r.Must(browsers, preflight.CureLeafOnly)
	require.Len(t, refused, len(browsers))
	require.Equal(t, preflight.CureSecondLoad, refused[0].Cure)
	require.Empty(t, r.Must(browsers, preflight.CureSecondLoad))
	apps, err := r.Clients("android")
	require.NoError(t, err)
	require.Len(t, r.Must(apps, preflight.CureSecondLoad), 1, "apps depend on their developers, where the root is a private one")
}

// TestFamiliesOfTheScreen: each client of the first screen, and each alias, stands for a family that there is.
func TestFamiliesOfTheScreen(t *testing.T) {
	p := newPKI(t, 1)
	r := check(t, delivered(t, p, issue(t, p, certs.LeafOptions{DNS: []string{"cam.example.com"}})), preflight.Options{})
	families := map[string]bool{}
	for _, f := range r.Forecast {
		families[f.Family] = true
	}
	for _, name := range preflight.Names() {
		list, err := r.Clients(name)
		require.NoError(t, err, name)
		for _, c := range list {
			require.True(t, families[c.Family], "%s: %s", name, c.Family)
		}
	}
}
