package policy

import (
	"maps"
	"slices"
	"sync"
)

// consensus is what more than half of the clients that were measured do. It stands in for platforms that cannot be
// measured here.
var consensus = sync.OnceValue(func() Measurement {
	list := readMeasured()
	refuse := map[Fault]int{}
	for _, m := range list {
		for _, f := range m.Refused {
			refuse[f]++
		}
	}
	maps.DeleteFunc(refuse, func(_ Fault, n int) bool { return 2*n <= len(list) })
	return Measurement{Client: "most clients", Refused: slices.Sorted(maps.Keys(refuse)), Links: manyLinks}
})

// verifier makes the model of a platform from that of another client.
func (p Policy) verifier() *Verifier {
	m := consensus()
	if i := slices.IndexFunc(readMeasured(), func(m Measurement) bool { return m.Client == p.Model }); i >= 0 {
		m = readMeasured()[i]
	}
	m.Client, m.Family = p.Name, p.Name
	v := m.verifier()
	v.partial, v.storeAnchors = p.StoreIsAnchor, p.StoreIsAnchor
	if p.WantsServerAuth {
		v.refused["leaf: no extKeyUsage"], v.refused["leaf: any extKeyUsage"], v.refused["leaf: extKeyUsage of others"] = true, true, true
	}
	return v
}
