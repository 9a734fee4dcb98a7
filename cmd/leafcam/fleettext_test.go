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
		{"too wide", preflight.FleetLine{Line: 5, Subject: strings.Repeat("x", 50), OK: true}, "    5  ✓  " + strings.Repeat("x", 33) + "…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, fleetText(&out, &tc.line, report.TableOptions{Width: 44}))
			require.Equal(t, tc.want+"\n", out.String())
		})
	}
}
