// Package nearest compares names as people write them, and finds those that somebody may have meant.
package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Plain is a name as names are compared: upper and lower case, blanks, hyphens and underscores make no difference.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Names returns those of known names that a name is most likely meant to be, at most five, the nearest first.
func Names(name string, known []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	plain := Plain(name)
	var near []candidate
	for _, k := range known {
		p := Plain(k)
		d := levenshtein.ComputeDistance(plain, p)
		if len(plain) >= 3 && (strings.Contains(p, plain) || strings.Contains(plain, p) && len(p) >= 3) {
			d = min(d, 1)
		}
		const swapped = 2 // of two letters that changed places
		if d <= max(1, len(plain)/3) || len(plain) >= 4 && d <= swapped {
			near = append(near, candidate{k, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Or(a.distance-b.distance, len(a.name)-len(b.name)) })
	const most = 5
	var names []string
	for _, n := range near[:min(most, len(near))] {
		names = append(names, n.name)
	}
	return names
}
