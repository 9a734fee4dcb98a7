package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "show the missing intermediate and its cures with this machine's clients",
		Long: `    $ leafcam demo

This is leafcam try with a test PKI: it puts the PKI's leaf on an emulated camera, lets TLS clients of this
machine connect (a selection; leafcam matrix runs all), and prints each row when it is there: who connects,
who does not, and why. It stays on 127.0.0.1 and leaves nothing behind.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func demo(ctx context.Context, out, messages io.Writer) error {
	wrap(out, fmt.Sprintf("This is leafcam try with a test PKI. The camera has one certificate, for %s, and does not send the intermediate "+
		"that signed it. Each client trusts the root and nothing else; in the second column it may download the intermediate, in the "+
		"third the camera sends it.", hostsim.DefaultHost))
	fmt.Fprintln(out)
	r := hostsim.Runner{
		Clients:   clients.Demo(),
		Scenarios: []hostsim.Scenario{hostsim.ScenarioLeafOnly(), hostsim.ScenarioAIA(), hostsim.ScenarioSecondLoad()},
	}
	m, err := runRows(ctx, r, out, messages)
	if err != nil {
		return err
	}
	if err := anyInstalled(m); err != nil {
		return err
	}
	fmt.Fprint(out, explanation(m))
	return nil
}

// explanation is what the table means, and what can be done.
func explanation(m *hostsim.Matrix) string {
	alone, withAIA, sent, ran := 0, 0, 0, 0
	for _, r := range m.Rows {
		if !r.Installed || !r.Trustworthy {
			continue
		}
		ran++
		for scenario, count := range map[string]*int{
			hostsim.ScenarioLeafOnly().Name: &alone, hostsim.ScenarioAIA().Name: &withAIA, hostsim.ScenarioSecondLoad().Name: &sent,
		} {
			if c := r.Cell(scenario); c != nil && c.ChainCompleted {
				*count++
			}
		}
	}
	return fmt.Sprintf(`
%d of %d clients connect now: the camera sends its own certificate alone.
%d connect when they may download the intermediate, %d of %d when the camera
sends it.

Cures   a second load on the camera: leafcam convert prints the line
        a gateway in front that sends the full chain: leafcam gateway
        a self-signed certificate that each client is given: leafcam selfsigned
Next    leafcam check DELIVERY      tells the same of your own files
`, alone, ran, withAIA, sent, ran)
}
