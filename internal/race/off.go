//go:build !race

package race

// Detector says that the race detector is built in.
const Detector = false
