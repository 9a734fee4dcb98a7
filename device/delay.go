package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Delay is how long a processor takes for a handshake's public-key operations. It is
// an estimate from a published figure: nobody has published one for an OpenMV board.
type Delay struct {
	Name   string // as given to --delay
	Source string // of the figures

	// What passes before the ServerKeyExchange, and after the ClientKeyExchange; 0 where
	// the source has no figure.
	ECDSA, RSA [2]time.Duration // the two halves of ECDHE with such a key
	StaticRSA  time.Duration    // after the ClientKeyExchange
}

const tenth = 100 * time.Millisecond

// delays: where a source gives one figure for a handshake, its operations share it.
var delays = []*Delay{
	{
		Name:      "stm32f746",
		Source:    "STM32F746 at 216 MHz, Mbed TLS with debug output: static RSA 1.2 to 1.3 s, ECDHE-RSA about 4.9 s a handshake",
		RSA:       [2]time.Duration{31 * tenth, 18 * tenth},
		StaticRSA: 125 * tenth / 10,
	},
	{
		Name:      "stm32f401",
		Source:    "STM32F401 at 84 MHz: RSA-2048 private operation 1.97 s, best ECDSA signature 0.40 s; nothing on key agreement",
		ECDSA:     [2]time.Duration{4 * tenth, 0},
		RSA:       [2]time.Duration{197 * tenth / 10, 0},
		StaticRSA: 197 * tenth / 10,
	},
	{
		Name:      "esp32",
		Source:    "ESP32: about 1.2 s a handshake",
		ECDSA:     [2]time.Duration{6 * tenth, 6 * tenth},
		RSA:       [2]time.Duration{6 * tenth, 6 * tenth},
		StaticRSA: 12 * tenth,
	},
}

// Delays returns all presets.
func Delays() []*Delay { return slices.Clone(delays) }

// DelayByName returns the preset with that name, or an error that lists the names.
func DelayByName(name string) (*Delay, error) {
	var names []string
	for _, d := range delays {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("unknown delay %q; known: %s", name, strings.Join(names, ", "))
}

// of returns how long an operation takes.
func (d *Delay) of(op mbedtls.Operation, suite *mbedtls.Suite) time.Duration {
	if !suite.ECDHE() {
		return d.StaticRSA
	}
	halves := d.RSA
	if suite.ECDSA() {
		halves = d.ECDSA
	}
	return halves[op-mbedtls.OperationSign]
}
