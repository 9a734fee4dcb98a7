package clients_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// sightings are the causes that the camera alone has to name for the refusals of a scenario.
var sightings = map[string]verdict.Cause{
	"leaf-only": verdict.CauseMissing, "aia": verdict.CauseMissing, "store": verdict.CauseMissing, "store-alone": verdict.CauseMissing,
	"self-signed": verdict.CauseSelfSigned, "wrong-name": verdict.CauseName,
	"expired": verdict.CauseExpired, "unknown-root": verdict.CauseTrust, "aia-stranger": verdict.CauseMissing,
}

// checkSightings holds what the camera alone says of every cell against the verdict from both
// ends.
func checkSightings(t *testing.T, m *hostsim.Matrix) {
	agreed, stopped := 0, 0
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			want := c.Verdict
			if want == verdict.VerdictNeverVerifies {
				want = verdict.VerdictCompleted // as far as a camera can tell
			}
			switch {
			case row.Client == "lftp": // asks for the page before it looks at the certificate
				continue
			case c.Sighting == nil || want != verdict.VerdictCompleted && want != verdict.VerdictRefused:
				continue
			case c.Sighting.Cause == verdict.CauseStopped: // the client was at its end, its connection was not
				stopped++
				continue
			}
			agreed++
			require.Equal(t, want, c.Sighting.Verdict, "%s, %s: %s", row.Client, c.Scenario, c.Sighting.Sentence)
			if want == verdict.VerdictRefused {
				require.Equal(t, sightings[c.Scenario], c.Sighting.Cause, "%s, %s: %s", row.Client, c.Scenario, c.Sighting.Sentence)
			}
		}
	}
	t.Logf("%d sightings agree with the verdicts from both ends; in %d cells the camera was stopped first", agreed, stopped)
	require.LessOrEqual(t, 20*stopped, agreed)
}
