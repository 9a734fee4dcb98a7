package gateway

import "hash/maphash"

// pages remembers for what the camera has answered with a page last, and not with a stream: whoever asks for that
// again need not wait to hear whether somebody else gets a stream. It remembers so many at most, by their hashes:
// where two fall together, the newer one counts. The zero value is ready. It is under the upstream's lock.
type pages struct {
	seed  maphash.Seed
	known []uint64
}

const pagesKnown = 1024

// slot is where a key's hash is kept.
func (p *pages) slot(key string) (at *uint64, hash uint64) {
	if p.known == nil {
		p.seed, p.known = maphash.MakeSeed(), make([]uint64, pagesKnown)
	}
	hash = maphash.String(p.seed, key)
	return &p.known[hash%pagesKnown], hash
}

// has reports whether a page was the last answer.
func (p *pages) has(key string) bool {
	at, hash := p.slot(key)
	return *at == hash
}

// note notes what an answer was.
func (p *pages) note(key string, page bool) {
	at, hash := p.slot(key)
	switch {
	case page:
		*at = hash
	case *at == hash:
		*at = 0
	}
}
