package asclient_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/asclient"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

func TestParseServer(t *testing.T) {
	for text, want := range map[string]string{
		"broker.example.com:8883": "broker.example.com:8883", "broker.example.com": "broker.example.com:443", "192.0.2.1": "192.0.2.1:443",
		"[2001:db8::1]:8883": "[2001:db8::1]:8883", "https://example.com/path?q=1": "example.com:443",
		"https://example.com:8443/":  "example.com:8443",
		"mqtts://broker.example.com": "broker.example.com:8883", "MQTTS://broker.example.com:443": "broker.example.com:443",
		"wss://example.com/mqtt": "example.com:443", "ssl://10.0.0.1:8883": "10.0.0.1:8883", "https://[2001:db8::1]/": "[2001:db8::1]:443",
		"mqtts://me:s3cr%3at@broker.example.com:8883/x@y": "broker.example.com:8883", "me:s3cret@broker.example.com:1": "broker.example.com:1",
		"mqtts://me:s3/cr#et@broker.example.com": "broker.example.com:8883", "https://example.com:1/x@y": "example.com:1",
		"localhost:1": "localhost:1", "[fe80::1%eth0]:8883": "[fe80::1%eth0]:8883", "fe80::1%eth0": "[fe80::1%eth0]:443",
	} {
		t.Run(text, func(t *testing.T) {
			server, err := asclient.ParseServer(text)
			require.NoError(t, err)
			require.Equal(t, want, server.Address())
		})
	}
	for _, text := range []string{
		"fullchain.pem", "server.der", "cam.P12", "live", "./live.d", "a b.example.com", "", "folder/file.example", "C:cert.pem",
		"broker:a.pem",
	} {
		t.Run("no server: "+text, func(t *testing.T) {
			_, err := asclient.ParseServer(text)
			require.ErrorIs(t, err, preflight.ErrNotServer)
		})
	}
	for _, text := range []string{
		"http://example.com", "mqtt://example.com:1883", "https://", "https://example.com:0", "https://%zz", "mqtts://example.com:99999",
	} {
		t.Run("a URL that cannot be asked: "+text, func(t *testing.T) {
			_, err := asclient.ParseServer(text)
			require.Error(t, err)
			require.NotErrorIs(t, err, preflight.ErrNotServer)
		})
	}
	for text, said := range map[string]string{
		"127.0.0.1:99999": `"99999" is no port`, "broker:88x3": `"88x3" is no port`, "broker:port": `"port" is no port`,
		"broker.example.com:0":         "is no port",
		"mqtt://me:s3cret@broker:1883": "did you mean mqtts://broker:1883?", "http://broker/x": "did you mean https://broker/x?",
		"gopher://me:s3cret@broker": "no scheme with TLS", "https://me:s3cret@%zz": "invalid URL escape",
	} {
		t.Run("what is wrong: "+text, func(t *testing.T) {
			_, err := asclient.ParseServer(text)
			require.ErrorContains(t, err, said)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func FuzzParseServer(f *testing.F) {
	for _, seed := range []string{"https://a.b", "a.b:1", "[::1]:1", "mqtts://[::1%25x]:8883", "a.pem"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		server, err := asclient.ParseServer(text)
		if err == nil {
			again, err := asclient.ParseServer(server.Address())
			require.NoError(t, err)
			require.Equal(t, server, again)
		}
	})
}
