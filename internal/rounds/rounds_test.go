package rounds

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		name    string
		figures []float64
		want    float64
	}{
		{"one figure", []float64{7}, 7},
		{"an odd number of them", []float64{9, 1, 5}, 5},
		{"an even number of them", []float64{4, 1, 2, 100}, 3},
		{"an outlier", []float64{10, 11, 10, 11, 10, 1000, 11, 10, 11, 10}, 10.5},
		{"below zero", []float64{-3, -1, -2}, -2},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.figures)
			require.InDelta(t, c.want, Median(c.figures), 1e-9)
			require.Equal(t, before, c.figures, "the figures stay in their order")
		})
	}
	require.True(t, math.IsNaN(Median(nil)))
}

// TestMedianOfWhatIsNoFigure: an infinite ratio is one, and none is none.
func TestMedianOfWhatIsNoFigure(t *testing.T) {
	inf, none := math.Inf(1), math.NaN()
	require.InDelta(t, 2, Median([]float64{1, 2, inf}), 0)
	require.True(t, math.IsInf(Median([]float64{1, inf, inf}), 1))
	require.True(t, math.IsNaN(Median([]float64{none, 60, 60, 60})))
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name    string
		figures []float64
		want    float64
	}{
		{"one figure", []float64{7}, 0},
		{"all the same", []float64{5, 5, 5, 5}, 0},
		{"all zero", []float64{0, 0}, 0},
		{"eleven steps", []float64{95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105}, 0.04},
		{"two figures", []float64{90, 110}, 0.08},
		{"below zero", []float64{-90, -110}, 0.08},
		{"one outlier of eleven", []float64{95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 9000}, 0.04},
		{"around zero", []float64{-1, 0, 1}, math.Inf(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if math.IsInf(c.want, 1) {
				require.True(t, math.IsInf(Spread(c.figures), 1))
				return
			}
			require.InDelta(t, c.want, Spread(c.figures), 1e-9)
		})
	}
	require.True(t, math.IsNaN(Spread(nil)))
}
