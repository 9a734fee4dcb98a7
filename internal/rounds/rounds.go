// Package rounds judges measurements that are repeated in rounds: on a machine that does other things as well,
// single figures say little. Whoever compares programs measures them by turns in each round, and compares medians.
package rounds

import (
	"math"
	"slices"
)

// TooBusy is the spread above which a machine was too busy for the figures to be believed.
const TooBusy = 0.20

// Median is the middle of the figures, or the mean of the two in the middle. It is NaN where there is none, or one is none.
func Median(figures []float64) float64 { return quantile(figures, 0.5) }

// Spread tells how far figures lie apart: half the way from the 10th percentile to the 90th, as a share of the median.
// 0.05 says that eight of ten rounds came within about 5 % of it. Single outliers of ten rounds count little. It is NaN
// where there are no figures, and infinite where they differ around a median of 0.
func Spread(figures []float64) float64 {
	half := (quantile(figures, 0.9) - quantile(figures, 0.1)) / 2
	if half == 0 {
		return 0
	}
	return half / math.Abs(Median(figures))
}

// quantile is the figure below which a share of the figures lies. Between two figures it is interpolated.
func quantile(figures []float64, share float64) float64 {
	if len(figures) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(figures))
	whole, part := math.Modf(share * float64(len(sorted)-1))
	low := int(whole)
	high := min(low+1, len(sorted)-1)
	switch {
	case slices.ContainsFunc(sorted, math.IsNaN):
		return math.NaN()
	case part == 0 || sorted[low] == sorted[high]: // which may be infinite
		return sorted[low]
	}
	return sorted[low]*(1-part) + sorted[high]*part
}
