//go:build race

package wire_test

// underRace: the race detector makes the engine many times slower, and sees the same code in every exchange.
const underRace = true
