package hostsim_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// TestUnknownWords: who takes the certificate of the positive control, and leaves when another one is all
// that differs, refuses it, in whatever words.
func TestUnknownWords(t *testing.T) {
	odd := certs.LeafOptions{DNS: []string{hostsim.DefaultHost}}
	dislikes := func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
		if ofIssuer(sent[0], "odd") {
			return errors.New("first line\nPURPOSE_OF_LIFE\x1b[2J 42")
		}
		return verifies(ctx, v, sent)
	}
	speechless := func(ctx context.Context, v *hostsim.Visit, sent []*x509.Certificate) error {
		if verifies(ctx, v, sent) != nil {
			return errors.New("")
		}
		return nil
	}
	leavesAlways := func(context.Context, *hostsim.Visit, []*x509.Certificate) error { return errors.New("no") }
	for _, tc := range []struct {
		name     string
		runner   hostsim.Runner
		accepts  func(context.Context, *hostsim.Visit, []*x509.Certificate) error
		scenario hostsim.Scenario
		verdict  verdict.Verdict
		cause    verdict.Cause
		message  string
	}{
		{
			name: "another certificate than the control's", accepts: dislikes, scenario: hostsim.ScenarioSecondLoad(),
			runner:  hostsim.Runner{Files: userFiles(t, "odd", odd)},
			verdict: verdict.VerdictRefused, cause: verdict.CauseRejected, message: `PURPOSE_OF_LIFE\x1b[2J 42`,
		},
		{
			name: "no word at all", accepts: speechless, scenario: hostsim.ScenarioLeafOnly(),
			verdict: verdict.VerdictRefused, cause: verdict.CauseRejected,
		},
		{
			name: "another server, too", accepts: dislikes, scenario: hostsim.ScenarioFullChain(),
			runner:  hostsim.Runner{Files: userFiles(t, "odd", odd)},
			verdict: verdict.VerdictHarnessError, cause: verdict.CauseNoReason, message: `PURPOSE_OF_LIFE\x1b[2J 42`,
		},
		{
			name: "no control was run", accepts: dislikes, scenario: hostsim.ScenarioSecondLoad(),
			runner:  hostsim.Runner{Files: userFiles(t, "odd", odd), NoControls: true},
			verdict: verdict.VerdictHarnessError, cause: verdict.CauseNoReason, message: `PURPOSE_OF_LIFE\x1b[2J 42`,
		},
		{
			name: "the control fails in the same way", accepts: leavesAlways, scenario: hostsim.ScenarioSecondLoad(),
			runner:  hostsim.Runner{Files: userFiles(t, "odd", odd)},
			verdict: verdict.VerdictHarnessError, cause: verdict.CauseNoReason, message: "no",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.runner.Clients = []*hostsim.Client{dialing("wordless", tc.accepts)}
			tc.runner.Scenarios = []hostsim.Scenario{tc.scenario}
			cell := matrixOf(t, tc.runner).Cells[0]
			require.Equal(t, tc.verdict, cell.Verdict, cell.Reason())
			require.Equal(t, tc.cause, cell.Cause)
			require.Equal(t, tc.message, cell.Message)
			if tc.verdict == verdict.VerdictRefused {
				require.Equal(t, string(verdict.CauseRejected), cell.Reason())
				require.Empty(t, cell.FirstTry, "it left twice in the same way")
			}
		})
	}
}
