package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/clients"
	made "github.com/leafcam/leafcam/internal/generate"
	"github.com/leafcam/leafcam/internal/measure"
)

// TestRealModels holds the models of clients against the clients themselves, one of each family but
// browsers, with deliveries of a fixed seed. make forecasts does more of it.
func TestRealModels(t *testing.T) {
	const seed, deliveries, least = 20261128, 26, 0.99
	_, quick := clients.Browsers(clients.OnePerFamily(clients.All()))
	specs := append(made.Random(seed, deliveries), unsuitableIssuer(t))
	cells, err := measure.Run(t.Context(), specs, measure.Options{Clients: quick, Builds: builds})
	require.NoError(t, err)
	c := measure.Compare(cells)
	for _, d := range c.Disagreements {
		t.Log(d.Describe())
	}
	t.Logf("%d cells of %d clients compared, %d agree, %d say nothing", c.Cells, c.Clients, c.Agreed, c.Unknown)
	if c.Cells == 0 {
		t.Skip("no client is installed: make clients installs them")
	}
	require.Greater(t, c.Cells, 20*c.Unknown)
	require.GreaterOrEqual(t, c.Share(), least)
}

// unsuitableIssuer is what many clients refuse, and others accept (finding clients-refuse).
func unsuitableIssuer(t *testing.T) made.Spec {
	s, err := made.Make(1, []string{"intermediate: extKeyUsage of a client"})
	require.NoError(t, err)
	return s
}
