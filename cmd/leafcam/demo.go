package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/hostsim/report"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "show the missing intermediate and its cures with this machine's clients",
		Long: `    $ leafcam demo

Makes a test PKI, puts its leaf on an emulated camera, lets the TLS clients of this machine
connect (a selection; leafcam matrix runs all), and prints who completes the chain, who does not, and why. It takes less than a
minute, stays on 127.0.0.1 and leaves nothing behind.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func demo(ctx context.Context, out, messages io.Writer) error {
	fmt.Fprintf(out, "A camera with one certificate: %s, signed by an intermediate that the camera does not send.\n", hostsim.DefaultHost)
	fmt.Fprintf(out, "Each client trusts the root, and knows nothing else unless the column says so.\n\n")
	m, err := runWithProgress(ctx, hostsim.Runner{Clients: clients.Demo()}, messages)
	if err != nil {
		return err
	}
	printMatrix(out, m)
	if err := anyInstalled(m); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nWhat they say to the leaf alone:")
	report.Messages(out, m, hostsim.ScenarioLeafOnly().Name, tableOptions(out))
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
Why:   the camera sends its leaf alone: %d of %d clients complete the chain with that, %d when the leaf has an AIA URL they may fetch.
Cures: load_cert_chain(leaf, key), then load_cert_chain(intermediate, key) on the camera: %d of %d complete; `+
		`keep 7 + 3 + 3 + both sizes within 4096.
       Or a gateway in front that sends the full chain (leafcam gateway); or a self-signed certificate `+
		`that each client pins (leafcam selfsigned);
       or firmware that reads a PEM chain. Before flashing: leafcam check.
`, alone, ran, withAIA, sent, ran)
}
