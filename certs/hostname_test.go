package certs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
)

func TestParseHostName(t *testing.T) {
	for _, c := range []struct {
		text, name string
		kind       certs.NameKind
	}{
		{"cam.example.com", "cam.example.com", certs.NamePublic},
		{"CAM.Example.com.", "cam.example.com", certs.NamePublic},
		{"kamera.müller.de", "kamera.xn--mller-kva.de", certs.NamePublic},
		{"cam.github.io", "cam.github.io", certs.NamePublic},
		{"*.example.com", "*.example.com", certs.NameWildcard},
		{"*.com", "*.com", certs.NameSuffix},
		{"co.uk", "co.uk", certs.NameSuffix},
		{"camera", "camera", certs.NameSingleLabel},
		{"localhost", "localhost", certs.NameSingleLabel},
		{"cam.local", "cam.local", certs.NamePrivate},
		{"cam.lan", "cam.lan", certs.NamePrivate},
		{"cam.internal", "cam.internal", certs.NamePrivate},
		{"cam.home.arpa", "cam.home.arpa", certs.NamePrivate},
		{"8.8.8.8", "8.8.8.8", certs.NamePublicIP},
		{"2a00:1450::1", "2a00:1450::1", certs.NamePublicIP},
		{"[::1]", "::1", certs.NamePrivateIP},
		{"192.168.1.20", "192.168.1.20", certs.NamePrivateIP},
		{"10.0.0.1", "10.0.0.1", certs.NamePrivateIP},
		{"fd00::1", "fd00::1", certs.NamePrivateIP},
		{"fe80::1%eth0", "fe80::1", certs.NamePrivateIP},
		{"192.0.2.7", "192.0.2.7", certs.NamePrivateIP},
		{"::ffff:192.168.1.20", "192.168.1.20", certs.NamePrivateIP},
	} {
		t.Run(c.text, func(t *testing.T) {
			h, err := certs.ParseHostName(c.text)
			require.NoError(t, err)
			require.Equal(t, certs.HostName{Name: c.name, Kind: c.kind}, h)
			require.NotEmpty(t, h.Why())
		})
	}
}

func TestParseHostNameRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"": "no host name", "https://cam.example.com/": "URL", "cam.example.com:443": "port",
		"cam_1.example.com": "underscore", "a..b": "no host name",
		"*": "no host name", "256.1.1.1": "end in a number", "0。": "end in a number",
		"*.*.example.com": "no host name", "-cam.example.com": "no host name", "cam example.com": "no host name",
		strings.Repeat("a", 64) + ".example.com": "63 octets",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := certs.ParseHostName(text)
			require.ErrorContains(t, err, says)
		})
	}
}

// TestHostsForClients: clients may be told what no CA certifies, and nothing that is no host.
func TestHostsForClients(t *testing.T) {
	for _, host := range []string{"cam.example.com", "cam_1.example.com", "_cam", "cam_", "192.0.2.1", "2001:db8::1", "käm.example.com"} {
		require.NoError(t, certs.CheckClientHost(host), host)
	}
	for host, why := range map[string]string{
		"https://cam_1.example.com": "is a URL", "cam_1.example.com:8443": "has a port", "": "no host name", "a_..b": "no host name",
		"cam 1": "no host name",
	} {
		require.ErrorContains(t, certs.CheckClientHost(host), why, host)
	}
}

// FuzzParseHostName checks that what is taken is taken again, unchanged.
func FuzzParseHostName(f *testing.F) {
	for _, seed := range []string{"cam.example.com", "*.müller.de", "::1", "192.168.1.20", "a.b.c.", "xn--mller-kva.de"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := certs.ParseHostName(text)
		if err != nil {
			return
		}
		again, err := certs.ParseHostName(h.Name)
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}
