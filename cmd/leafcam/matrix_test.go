package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// TestHostOfMatrix: a certificate that is not for the host is a question to clients when somebody named
// the host, and a mistake when nobody did.
func TestHostOfMatrix(t *testing.T) {
	named := func(name string) certs.LeafOptions { return certs.LeafOptions{DNS: []string{name}} }
	addressed := certs.NewLeafOptions("", []certs.HostName{{Name: "192.0.2.20", Kind: certs.NamePrivateIP}})
	for _, tc := range []struct {
		name   string
		leaf   certs.LeafOptions
		host   string // "" is not given
		runs   string // for this host
		note   string
		refuse string
	}{
		{"for the default", named(hostsim.DefaultHost), "", hostsim.DefaultHost, "", ""},
		{"for another than the default", named("cam.home"), "", "", "", "name the host that clients will use with --host"},
		{"for the host", named("cam.home"), "cam.home", "cam.home", "", ""},
		{"for another than the host", named("cam.home"), "other.home", "other.home", "is not for other.home", ""},
		{"a partial wildcard", named("cam*.home.example"), "cam7.home.example", "cam7.home.example", "is not for cam7", ""},
		{"an underscore", named("cam_1.home"), "cam_1.home", "cam_1.home", "", ""},
		{"an address", addressed, "192.0.2.20", "192.0.2.20", "", ""},
		{"an address in brackets", named("cam.home"), "[2001:DB8::1]", "2001:db8::1", "is not for 2001:db8::1", ""},
		{"a URL", named("cam.home"), "https://cam.home/", "", "", "give the host name alone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			pki, err := certs.NewPKI(certs.PKIOptions{})
			require.NoError(t, err)
			leaf, err := pki.Issue(tc.leaf)
			require.NoError(t, err)
			require.NoError(t, delivery.WriteIdentity(leaf, dir, "leaf", false))
			chain := filepath.Join(dir, "chain.pem")
			require.NoError(t, atomicfile.WriteNew(chain, certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...), atomicfile.Public))
			o := matrixOptions{
				cert: filepath.Join(dir, "leaf.cert.der"), key: filepath.Join(dir, "leaf.key.der"), chain: chain, host: tc.host,
				hostGiven: tc.host != "", firmware: device.Firmwares()[0].Name, keyType: string(certs.KeyECDSAP256), deadline: 1, listen: "127.0.0.1",
			}
			if tc.host == "" {
				o.host = hostsim.DefaultHost
			}
			runner, err := o.runner(t.Context(), nil)
			if tc.refuse != "" {
				require.ErrorContains(t, err, tc.refuse)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.runs, runner.Host)
			var said bytes.Buffer
			noteHost(&said, runner)
			if tc.note == "" {
				require.Empty(t, said.String())
			} else {
				require.Contains(t, said.String(), tc.note)
			}
		})
	}
}
