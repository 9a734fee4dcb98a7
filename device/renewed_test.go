package device_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
)

// TestJudgeRenewedServer: of a server that renews its certificate the dates of that one alone do not count.
func TestJudgeRenewedServer(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}, NotAfter: time.Now().AddDate(0, 0, 2)})
	require.NoError(t, err)
	chain := [][]byte{leaf.DER(), pki.Intermediates[0].DER()}
	at := func(clock time.Time, anchors ...[]byte) *device.SSLContext {
		c := device.NewClientContext(device.OpenMV50)
		c.SetVerifyMode(device.CertRequired)
		c.SetClock(func() time.Time { return clock })
		for _, anchor := range anchors {
			require.NoError(t, c.LoadVerifyLocations(anchor))
		}
		require.True(t, clock.Equal(c.Now()))
		return c
	}
	const host, expired, future = "cam.example.com", "validity has expired", "starts in the future"
	for _, tc := range []struct {
		name            string
		clock           time.Time
		host            string
		judged, renewed string // exceptions; "" is none
	}{
		{"today", time.Now(), host, "", ""},
		{"when the leaf has expired", time.Now().AddDate(0, 0, 20), host, expired, ""},
		{"before the leaf's day, which is before its issuers', too", time.Now().AddDate(0, 0, -5), host, future, future},
		{"when everything has expired", time.Now().AddDate(0, 2, 0), host, expired, expired},
		{"another name", time.Now(), "door.example.com", "expected CN", "expected CN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := at(tc.clock, pki.Root.DER())
			for want, err := range map[*string]error{&tc.judged: c.JudgeServer(chain, tc.host), &tc.renewed: c.JudgeRenewedServer(chain, tc.host)} {
				if *want == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, *want)
				}
			}
		})
	}
	require.Error(t, at(time.Now(), pki.Root.DER()).JudgeRenewedServer(nil, host))
	require.Error(t, at(time.Now(), pki.Root.DER()).JudgeRenewedServer([][]byte{{1, 2, 3}}, host))
}
