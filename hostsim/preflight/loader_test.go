package preflight_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestLoaderRecordings puts every recorded load_cert_chain through the check: it says of each
// whether it loads, with the recorded exception, and whatever else is wrong with it, the check ends.
func TestLoaderRecordings(t *testing.T) {
	for _, firmware := range device.Firmwares() {
		t.Run(firmware.Name, func(t *testing.T) {
			var cases []wire.LoaderCase
			for _, kind := range []string{"loader", "loader-corners"} {
				path := fmt.Sprintf("../../device/wire/testdata/%s_%s.jsonl.gz", kind, firmware.Name)
				_, recorded, err := wire.ReadVectors[wire.LoaderHead, wire.LoaderCase](path)
				require.NoError(t, err)
				cases = append(cases, recorded...)
			}
			dir, checked, goRefuses := t.TempDir(), 0, 0
			for i, c := range cases {
				if c.Cert == nil || c.Key == nil {
					continue // a file that did not exist
				}
				certFile, keyFile := filepath.Join(dir, fmt.Sprint(i, ".cert")), filepath.Join(dir, fmt.Sprint(i, ".key"))
				require.NoError(t, os.WriteFile(certFile, c.Cert, 0o600))
				require.NoError(t, os.WriteFile(keyFile, c.Key, 0o600))
				s, err := preflight.FromFiles(t.Context(), certFile, keyFile, nil, delivery.Options{})
				require.NoError(t, err, c.Title)
				r := preflight.Check(t.Context(), s, preflight.Options{Firmware: firmware, NoPublicRoots: true})
				require.Equal(t, c.Load.OK, r.Loads, "%s: %+v", c.Title, r.Findings)
				if !c.Load.OK {
					require.Equal(t, c.Load.Line, r.Exception, c.Title)
					require.Positive(t, r.Errors(), "%s does not load, and no error says so", c.Title)
				}
				if r.Finding(preflight.CodeGoCannotParse) != nil {
					goRefuses++
				}
				checked++
			}
			t.Logf("%d of %d recordings checked; %d certificates load that Go cannot parse", checked, len(cases), goRefuses)
			require.GreaterOrEqual(t, checked, len(cases)-8)
			require.Positive(t, goRefuses)
		})
	}
}
