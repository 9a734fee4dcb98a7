package asclient_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/asclient"
)

// TestMessageThatIsTooLong: with every firmware a chain is refused that fits into no record, and one that just fits is not.
func TestMessageThatIsTooLong(t *testing.T) {
	w := newWorld(t)
	chain := []*authority{w.leaf, w.lower, w.upper}
	size := 4 + 3 // of the message
	for _, a := range chain {
		size += 3 + len(a.Raw)
	}
	const most = 16384
	for ; size+3+len(w.cross.Raw) <= most; size += 3 + len(w.cross.Raw) {
		chain = append(chain, w.cross)
	}
	for _, firmware := range device.Firmwares() {
		if firmware.NoClient {
			continue
		}
		t.Run(firmware.Name, func(t *testing.T) {
			check := func(sent ...*authority) *asclient.Report {
				return asclient.Check(t.Context(), &asclient.Subject{Name: "server", Sent: ders(sent...), LeafPlace: 1}, asclient.Options{
					Firmware: firmware, At: now, Hostname: host, NoPublicRoots: true, Anchors: anchorFiles(w.root),
				})
			}
			require.Equal(t, asclient.VerdictAccepted, check(chain...).Verdict)
			r := check(append(chain[:len(chain):len(chain)], w.cross)...)
			require.Equal(t, asclient.VerdictRefused, r.Verdict)
			require.NotNil(t, r.Finding(asclient.CodeMessageTooLong), r.Exception)
			require.NotEmpty(t, r.Anchors)
			for _, a := range r.Anchors {
				require.False(t, a.Reached)
				require.Contains(t, a.Warnings[0], "fewer certificates")
			}
		})
	}
}
