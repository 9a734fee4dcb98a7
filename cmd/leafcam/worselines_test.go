package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/preflight"
)

func TestWorseLines(t *testing.T) {
	gone := preflight.CureOutcome{Cure: preflight.CureSecondLoad, Outcome: preflight.OutcomeRefuses, Reason: "lacks it"}
	list := []preflight.Worsening{{Finding: &preflight.Finding{Code: preflight.CodeExpired, Title: "expired"}}}
	for _, title := range []string{"curl", "Java", "Go", "Ruby", "Perl"} {
		list = append(list, preflight.Worsening{Title: title, Outcome: gone})
	}
	require.Equal(t, []string{
		"new error: expired [expired]",
		"connected with second-load, and will not (lacks it): curl; Java; Go; and 2 more families of clients",
	}, worseLines(list))
	require.Empty(t, worseLines(nil))
}
