package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// A Delay is how long a processor takes for a handshake's public-key operations. It is computed from instructions that
// were counted, and measured on no board (CAMERA.md section 9).
type Delay struct {
	Name   string // as given to --delay
	Source string // of the figures

	// What passes before the ServerKeyExchange, and after the ClientKeyExchange. A smaller key than the one that was
	// counted takes as long; a larger one takes longer on a board.
	P256, P384, RSA [2]time.Duration // the two halves of ECDHE with such a key
	StaticRSA       time.Duration    // after the ClientKeyExchange, with an RSA key
}

// A handshake is what one was counted to take, in millions of instructions: its two halves once the heap has settled,
// and all of it when it took most, as one of the first connections.
type handshake struct{ before, after, first int }

var (
	countedP256      = handshake{71, 111, 419}
	countedP384      = handshake{165, 304, 756}
	countedRSA       = handshake{137, 113, 443}
	countedStaticRSA = handshake{0, 90, 117}
)

// clocks of the boards' processors, MHz.
var clocks = []int{216, 400, 480, 600}

// delays are the presets, for each clock one for the first connections and one for those after them.
var delays = func() (presets []*Delay) {
	for _, mhz := range clocks {
		for _, first := range []bool{false, true} {
			d := &Delay{
				Name:   fmt.Sprintf("%dmhz", mhz),
				Source: "computed: instructions counted, CPI 1.2 assumed",
				P256:   countedP256.at(mhz, first), P384: countedP384.at(mhz, first), RSA: countedRSA.at(mhz, first),
				StaticRSA: countedStaticRSA.at(mhz, first)[1],
			}
			if first {
				d.Name += "-first"
			}
			presets = append(presets, d)
		}
	}
	return presets
}()

// at returns what the two halves take at a clock. How the first connections divide was not counted: as the others do.
func (h handshake) at(mhz int, first bool) [2]time.Duration {
	const nanosecondsPerMillion = 1_200_000_000 // at 1 MHz, with 1.2 cycles an instruction
	steady := h.before + h.after
	whole := steady
	if first {
		whole = h.first
	}
	half := func(n int) time.Duration {
		return time.Duration(int64(n) * int64(whole) * nanosecondsPerMillion / int64(steady*mhz))
	}
	return [2]time.Duration{half(h.before), half(h.after)}
}

// Delays returns all presets.
func Delays() []*Delay { return slices.Clone(delays) }

// DelayByName returns the preset with that name, or an error that lists the names.
func DelayByName(name string) (*Delay, error) {
	var names []string
	for _, d := range delays {
		if strings.EqualFold(d.Name, name) {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("unknown delay %q; known: %s", name, strings.Join(names, ", "))
}

// of returns how long an operation takes with a key.
func (d *Delay) of(op mbedtls.Operation, suite *mbedtls.Suite, key KeySize) time.Duration {
	const bitsP256 = 256
	switch half := op - mbedtls.OperationSign; {
	case !suite.Curves():
		return d.StaticRSA
	case key.RSA:
		return d.RSA[half]
	case key.Bits <= bitsP256:
		return d.P256[half]
	default:
		return d.P384[half]
	}
}
