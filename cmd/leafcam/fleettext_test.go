package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/hostsim/report"
)

func TestFleetText(t *testing.T) {
	finding := func(s preflight.Severity, title string) preflight.FleetFinding {
		return preflight.FleetFinding{Severity: s, Title: title}
	}
	for _, tc := range []struct {
		name string
		line preflight.FleetLine
		want string
	}{
		{
			"fine", preflight.FleetLine{Line: 1, Subject: "cam1", OK: true, NotAfter: "2027-01-31T12:00:00Z"},
			"    1  ✓  cam1: fine until 2027-01-31",
		},
		{
			"a warning", preflight.FleetLine{Line: 2, Subject: "cam2", OK: true, Findings: []preflight.FleetFinding{
				finding(preflight.SeverityNote, "n"), finding(preflight.SeverityWarning, "readable by others"),
			}}, "    2  ✓  cam2: fine, but readable by others",
		},
		{
			"an error", preflight.FleetLine{Line: 3, Subject: "cam3", Findings: []preflight.FleetFinding{
				finding(preflight.SeverityWarning, "w"), finding(preflight.SeverityError, "expired"),
			}}, "    3  ✗  cam3: expired",
		},
		{"unread", preflight.FleetLine{Line: 4, Subject: "cam4", Problem: "no such file"}, "    4  !  cam4: no such file"},
		{
			"a long path", preflight.FleetLine{Line: 5, Subject: strings.Repeat("x", 50), OK: true},
			"    5  ✓  …" + strings.Repeat("x", 27) + ": fine",
		},
		{
			"a long path of wide characters", preflight.FleetLine{Line: 6, Subject: strings.Repeat("漢", 50), OK: true},
			"    6  ✓  …" + strings.Repeat("漢", 13) + ": fine",
		},
		{
			"a long path that is unread", preflight.FleetLine{
				Line: 7, Subject: "devices/of/a/house/cam7", Problem: "devices/of/a/house/cam7: there is no certificate in it",
			}, "    7  !  …se/cam7: …is no certificate in it",
		},
		{
			"a long title", preflight.FleetLine{Line: 8, Subject: "cam8", Findings: []preflight.FleetFinding{
				finding(preflight.SeverityError, strings.Repeat("expired ", 9)),
			}}, "    8  ✗  cam8: expired expired expired exp…",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, fleetText(&out, &tc.line, report.TableOptions{Width: 44}))
			require.Equal(t, tc.want+"\n", out.String())
		})
	}
}

// TestFleetTextOnNarrowTerminals: a line is as wide as the terminal, or has what it needs least.
func TestFleetTextOnNarrowTerminals(t *testing.T) {
	line := preflight.FleetLine{
		Line: 12, Subject: "devices/of/a/house/" + strings.Repeat("x", 100), Problem: "stat devices/of/a/house/x: no such file or directory",
	}
	const least = len("12 ! ") + 1
	for width := 1; width <= 120; width++ {
		var out strings.Builder
		require.NoError(t, fleetText(&out, &line, report.TableOptions{Width: width}))
		require.LessOrEqual(t, widthOf(strings.TrimSuffix(out.String(), "\n")), max(width, least), out.String())
		if width >= 60 {
			require.Contains(t, out.String(), ": no such file or directory\n")
		}
	}
}
