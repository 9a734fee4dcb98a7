package policy

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A Verifier is the model of what a client does with certificates: one algorithm with traits, each of
// which was measured.
type Verifier struct {
	Client string // that was measured
	Family string // whose model this is: name of a Policy

	refused map[Fault]bool
	links   int // intermediates at most

	partial        bool // any certificate of its own is an anchor
	storeAnchors   bool // intermediates in its store are certificates of its own
	keyIDs         bool // an issuer has to have the key identifier that is named
	byName         bool // an issuer is known by its name, and its signature is looked at later
	firstMatch     bool // the first issuer is taken, whether it is valid or not
	lastFirst      bool // what was sent last is tried first
	inOrder        bool // an issuer comes behind what it has signed
	consecutive    bool // it is the next one that was sent, or one of the client's own
	untrustedFirst bool // what was sent is followed before the client's own roots
	everySentValid bool // whatever is sent and signed by an anchor has to be valid
	wayBack        bool // another issuer is tried when one leads nowhere
}

//go:embed measured.json
var measuredJSON []byte

// A Measurement is what one client did with deliveries that have one fault each.
type Measurement struct {
	Client  string  `json:"client"`
	Family  string  `json:"family"`
	Version string  `json:"version"`
	Refused []Fault `json:"refused"`
	Links   int     `json:"links"` // the most intermediates that were taken
}

var readMeasured = sync.OnceValue(func() (list []Measurement) {
	if err := json.Unmarshal(measuredJSON, &list); err != nil {
		panic(fmt.Errorf("measured.json: %w", err))
	}
	return list
})

// Measured returns what was measured, by the names of the clients.
func Measured() []Measurement { return slices.Clone(readMeasured()) }

// Clients returns the names of the clients that the family was measured with, as hostsim names them; none for a
// platform that does not run here.
func (p Policy) Clients() []string {
	list := []string{}
	for _, m := range readMeasured() {
		if m.Family == p.Name {
			list = append(list, m.Client)
		}
	}
	return list
}

var verifiers = sync.OnceValue(func() map[string]*Verifier {
	byClient, families := map[string]*Verifier{}, Families()
	for _, m := range readMeasured() {
		v := m.verifier()
		v.storeAnchors = slices.ContainsFunc(families, func(p Policy) bool { return p.Name == m.Family && p.StoreIsAnchor })
		byClient[m.Client] = v
	}
	return byClient
})

// VerifierOf returns the model of a client; nil when none was measured.
func VerifierOf(client string) *Verifier { return verifiers()[client] }

// Verifiers returns the models of a family's clients that were measured, in the order of their names, or the
// one that stands in for a platform's; none where none was.
func (p Policy) Verifiers() []*Verifier {
	if !p.Measured() && p.Source != "" {
		return []*Verifier{p.verifier()}
	}
	return slices.Clone(verifiersOf()[p.Name])
}

// verifiersOf are the models of each family, in the order of their clients' names.
var verifiersOf = sync.OnceValue(func() map[string][]*Verifier {
	families := map[string][]*Verifier{}
	for _, client := range slices.Sorted(maps.Keys(verifiers())) {
		v := verifiers()[client]
		families[v.Family] = append(families[v.Family], v)
	}
	return families
})

// MaxIntermediates is how many the client takes between a leaf and its anchor at most.
func (v *Verifier) MaxIntermediates() int { return v.links }

// manyLinks is the most that was tried.
const manyLinks = 9

// verifier makes the model of a measurement.
func (m Measurement) verifier() *Verifier {
	v := &Verifier{Client: m.Client, Family: m.Family, refused: map[Fault]bool{}, links: m.Links}
	if m.Links == manyLinks {
		v.links = 1 << 10
	}
	for _, f := range m.Refused {
		v.refused[f] = true
	}
	v.partial = !v.refused["trust: the leaf's issuer alone"]
	v.keyIDs = v.refused["leaf: another key's authority key identifier"] && v.refused["intermediate: another key's authority key identifier"]
	v.byName = v.refused["order: another key's namesake before"]
	v.firstMatch = v.refused["order: an expired twin before"]
	v.everySentValid = v.refused["order: an expired twin behind"]
	v.lastFirst = v.refused["order: a twin by an unknown root behind"]
	v.inOrder = v.refused["order: reversed"]
	v.consecutive = v.refused["order: a stranger before the others"]
	v.untrustedFirst = v.refused["order: the root's cross-sign by an unknown root"]
	v.wayBack = !v.refused["order: a twin by an unknown root before"] && !v.lastFirst
	return v
}
