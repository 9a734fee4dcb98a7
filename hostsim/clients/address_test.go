package clients_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

// TestHostOptions: clients with an option for it are told whether a name or an address is to be verified,
// and send no address as a name.
func TestHostOptions(t *testing.T) {
	for _, tc := range []struct{ client, host, has, hasNot string }{
		{"openssl", "cam.example.com", "-servername cam.example.com -verify_hostname cam.example.com", "-verify_ip"},
		{"openssl", "192.0.2.20", "-noservername -verify_ip 192.0.2.20", "-verify_hostname"},
		{"openssl-partial", "2001:db8::20", "-noservername -verify_ip 2001:db8::20", "-servername"},
		{"gnutls-cli", "cam.example.com", "--sni-hostname=cam.example.com", "--disable-sni"},
		{"gnutls-cli", "192.0.2.20", "--disable-sni", "--sni-hostname"},
		{"curl", "cam.example.com", "--resolve cam.example.com:8443:127.0.0.1 https://cam.example.com:8443/", "--connect-to"},
		{"curl", "192.0.2.20", "--connect-to 192.0.2.20:8443:127.0.0.1:8443 https://192.0.2.20:8443/", "--resolve"},
		{"curl", "2001:db8::20", "--connect-to [2001:db8::20]:8443:127.0.0.1:8443 https://[2001:db8::20]:8443/", "--resolve"},
		{"socat", "2001:db8::20", "OPENSSL:[2001:db8::20]:8443", "snihost"},
		{"ncat", "192.0.2.20", "192.0.2.20 8443", "--ssl-servername"},
	} {
		t.Run(tc.client+" "+tc.host, func(t *testing.T) {
			list, err := hostsim.ClientsByName([]string{tc.client}, clients.All())
			require.NoError(t, err)
			c := list[0].Command(&hostsim.Visit{Host: tc.host, Port: 8443, Path: "/"})
			line := strings.Join(c.Args, " ")
			require.Contains(t, line, tc.has)
			require.NotContains(t, line, tc.hasNot)
		})
	}
}
