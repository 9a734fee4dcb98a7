package clients_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestWordsOfRarerRefusals: what clients said of chains that are wrong in other ways than the controls.
func TestWordsOfRarerRefusals(t *testing.T) {
	for _, tc := range []struct {
		client, output, line string
	}{
		{"node", "INVALID_PURPOSE unsuitable certificate purpose\n", "INVALID_PURPOSE unsuitable certificate purpose"},
		{"node", "PATH_LENGTH_EXCEEDED path length constraint exceeded\n", "PATH_LENGTH_EXCEEDED path length constraint exceeded"},
		{
			"bun", "TypeError: unsupported certificate purpose INVALID_PURPOSE undefined\n",
			"TypeError: unsupported certificate purpose INVALID_PURPOSE undefined",
		},
		{
			"erlang", "TLS client: In state certify generated CLIENT ALERT: Fatal - Handshake Failure\n - {bad_cert,invalid_ext_key_usage}\n",
			"- {bad_cert,invalid_ext_key_usage}",
		},
		{"bearssl", "error 58 X509_NOT_CA\n", "error 58 X509_NOT_CA"},
		{
			"qt5", "The supplied certificate is unsuitable for this purpose\nSSL handshake failed\n",
			"The supplied certificate is unsuitable for this purpose",
		},
		{
			"qt6", "The basicConstraints path length parameter has been exceeded\nSSL handshake failed\n",
			"The basicConstraints path length parameter has been exceeded",
		},
		{"botan", "Certificate validation failure: Certificate chain too long\n", "Certificate validation failure: Certificate chain too long"},
	} {
		t.Run(tc.client+", "+tc.line, func(t *testing.T) {
			list, err := hostsim.ClientsByName([]string{tc.client}, clients.All())
			require.NoError(t, err)
			cause, line := list[0].Known.Words.Complaint(tc.output)
			require.Equal(t, verdict.CauseRejected, cause)
			require.Equal(t, tc.line, line)
		})
	}
}

// TestWordsOfAnAIAServerThatIsNotThere: gnutls-cli says nothing of the certificate then.
func TestWordsOfAnAIAServerThatIsNotThere(t *testing.T) {
	list, err := hostsim.ClientsByName([]string{"gnutls-cli-aia"}, clients.All())
	require.NoError(t, err)
	cause, line := list[0].Known.Words.Complaint(
		"Connecting to caIssuer server: aia.example.com...\nCould not connect to 127.0.0.1:37929: Connection refused\n")
	require.Equal(t, verdict.CauseUnknown, cause)
	require.Equal(t, "Could not connect to 127.0.0.1:37929: Connection refused", line)
}
