package compare

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// A Probe is one thing to say to a server. Every probe is among the exchanges that were
// recorded with the real stack, under the same name.
type Probe struct {
	Name    string `json:"name"`
	Subject string `json:"subject"` // what it is
	Meaning string `json:"meaning"` // what a difference in the answer means
	GapMS   *int   `json:"gap_ms"`  // as in a [wire.Vector]

	// Sent has the octets for each kind of key that the server may have: "p256", "p384" and
	// "rsa", or the same for "any".
	Sent map[string][]wire.Octets `json:"sent_hex"`
}

//go:embed probes.jsonl
var probesFile []byte

// Probes returns the diagnostic set; the first one is an ordinary ClientHello.
func Probes() (list []Probe) {
	lines := bufio.NewScanner(bytes.NewReader(probesFile))
	for lines.Scan() {
		var p Probe
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			panic(fmt.Sprintf("probes.jsonl: %v", err)) // the file is part of the program
		}
		list = append(list, p)
	}
	return list
}

// sent returns the octets for a kind of key.
func (p Probe) sent(kind string) []wire.Octets {
	if s, ok := p.Sent[kind]; ok {
		return s
	}
	return p.Sent["any"]
}

// vector returns the probe as a recording without answer.
func (p Probe) vector(kind string) wire.Vector {
	return wire.Vector{Name: p.Name, Tags: "compare", ServerCert: kind, Sent: p.sent(kind), GapMS: p.GapMS}
}

// replay says how the probe is replayed against a server that takes this long for its flight.
func (p Probe) replay(t *twin, flight time.Duration) wire.ReplayOptions {
	v := wire.Vector{GapMS: p.GapMS}
	pause, plain := v.Gap()
	// Three times the time of an ordinary flight also covers a slow one.
	const patience = 3
	if !plain {
		pause += patience * flight
	}
	return wire.ReplayOptions{Pause: pause, Plain: plain, Silence: wire.DefaultSilence + patience*flight, Varies: t.varies()}
}
