// Package race says whether a program was built with the race detector, which makes it many times slower.
package race

// each is how many entries of a large recording count as one under the race detector: it sees the same code in all.
const each = 8

// Part returns the entries of a large recording that a test goes through: all of them, and under the race detector each
// eighth.
func Part[E any](list []E) (some []E) {
	if !Detector {
		return list
	}
	for i := 0; i < len(list); i += each {
		some = append(some, list[i])
	}
	return some
}
