package livepage

import (
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
)

// A link is one certificate of a drawn chain. Its kind is sent, missing or root: a root is never sent, and
// looks like no gap.
type link struct{ Name, What, Kind string }

// drawChain is what is served as a chain, the leaf first, with its gap.
func drawChain(s *verdict.Served) []link {
	leaf := s.Leaf()
	if s.SelfSigned() {
		return []link{{certname.Title(leaf), "leaf, self-signed: sent", "sent"}}
	}
	chain := []link{{certname.Title(leaf), "leaf: sent", "sent"}}
	for _, c := range s.Sent[1:] {
		chain = append(chain, link{certname.Title(c), "intermediate: sent", "sent"})
	}
	for _, c := range s.Missing {
		chain = append(chain, link{certname.Title(c), "intermediate: missing", "missing"})
	}
	switch {
	case s.Untrusted:
		chain = append(chain, link{certname.Title(s.Root), "root: not in any store", "root"})
	case s.Root != nil:
		chain = append(chain, link{certname.Title(s.Root), "root: never sent, clients have it", "root"})
	case len(s.Missing) == 0 && s.Gap():
		chain = append(chain, link{s.RootName(), "issuer: missing, or a root", "missing"})
	default:
		chain = append(chain, link{s.RootName(), "issuer: not known here", "root"})
	}
	return chain
}
