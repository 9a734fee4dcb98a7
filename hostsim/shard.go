package hostsim

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// A Shard says that a matrix is one of several parts of a run, and of which run.
type Shard struct {
	Index   int      `json:"index"` // from 1
	Of      int      `json:"of"`
	Clients []string `json:"clients"` // of the whole run, in their order
	Run     Setting  `json:"run"`
}

// A Setting is what the parts of a run have in common, besides what every matrix says. Certificates are
// named by the SHA-256 of their DER; those of a test PKI are another part's each, and not named.
type Setting struct {
	Leaf    string        `json:"leaf,omitempty"`
	Chain   []string      `json:"chain,omitempty"`
	Root    string        `json:"root,omitempty"`
	KeyType certs.KeyType `json:"key_type"` // of the test PKI
	Online  bool          `json:"online"`
}

// MaxShards is how many parts a run can have.
const MaxShards = 1000

// ErrShard is what ParseShard returns for what is no part.
var ErrShard = errors.New("give INDEX/NUMBER, such as 2/5 for the second of five parts")

// ParseShard reads which part is meant: 2/5 is the second of five.
func ParseShard(s string) (index, of int, err error) {
	first, second, ok := strings.Cut(s, "/")
	if !ok {
		return 0, 0, ErrShard
	}
	if index, err = strconv.Atoi(first); err != nil {
		return 0, 0, ErrShard
	}
	if of, err = strconv.Atoi(second); err != nil {
		return 0, 0, ErrShard
	}
	return index, of, checkShard(index, of)
}

func checkShard(index, of int) error {
	switch {
	case of > MaxShards:
		return fmt.Errorf("%w: %d parts are more than %d", ErrShard, of, MaxShards)
	case index < 1 || index > of:
		return fmt.Errorf("%w: there is no part %d of %d", ErrShard, index, of)
	}
	return nil
}

// Part returns the runner of one of several parts of a run. Which clients belong to it depends on the
// clients alone, neither on their order nor on what is installed: parts can run on different machines.
// A part can have no client. [Merge] joins the matrices.
func (r Runner) Part(index, of int) (Runner, error) {
	if err := checkShard(index, of); err != nil {
		return r, err
	}
	r.shard = &Shard{Index: index, Of: of}
	for _, c := range r.Clients {
		r.shard.Clients = append(r.shard.Clients, c.Name)
	}
	r.Clients = split(r.Clients, of)[index-1]
	return r, nil
}

// finish fills in what is known when the defaults are.
func (s *Shard) finish(r *Runner) *Shard {
	if s == nil {
		return nil
	}
	whole := *s
	whole.Run = Setting{KeyType: cmp.Or(r.KeyType, certs.KeyECDSAP256), Online: r.Online}
	if f := r.Files; f != nil {
		whole.Run.Leaf, whole.Run.Root = fingerprint(f.Leaf), fingerprint(f.Root)
		for _, c := range f.Chain {
			whole.Run.Chain = append(whole.Run.Chain, fingerprint(c))
		}
	}
	return &whole
}

func fingerprint(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// split parts clients so that each part takes about the same time: the slowest first, each to the part
// that has the least so far. Clients that share what is built stay together, or it would be built twice.
func split(all []*Client, of int) [][]*Client {
	groups := map[string][]*Client{}
	for _, c := range all {
		groups[c.buildGroup()] = append(groups[c.buildGroup()], c)
	}
	type group struct {
		name   string
		weight int
	}
	var sorted []group
	for name, members := range groups {
		g := group{name: name}
		for _, c := range members {
			g.weight += c.weight()
		}
		sorted = append(sorted, g)
	}
	slices.SortFunc(sorted, func(a, b group) int { return cmp.Or(b.weight-a.weight, cmp.Compare(a.name, b.name)) })
	weights, part := make([]int, of), map[*Client]int{}
	for _, g := range sorted {
		least := 0
		for n, w := range weights {
			if w < weights[least] {
				least = n
			}
		}
		weights[least] += g.weight
		for _, c := range groups[g.name] {
			part[c] = least
		}
	}
	parts := make([][]*Client, of)
	for _, c := range all { // a part has the order of the whole
		parts[part[c]] = append(parts[part[c]], c)
	}
	return parts
}

// weight is about how many seconds a client takes in the standard set.
func (c *Client) weight() int {
	const otherSystem, quick, browser, built = 0, 2, 30, 10
	known, isSlow := slow[c.Name]
	switch {
	case c.Needs.System != "":
		return otherSystem
	case isSlow:
		return known
	case c.Known.Browser:
		return browser
	case c.Build != nil:
		return built
	}
	return quick
}

// slow are the clients that take longer than others, with the seconds that they took on a machine with two processors.
// Their proportion alone matters.
var slow = map[string]int{
	"firefox-preloaded": 108, "firefox": 106, "chromium": 34, "chromium-policy": 31, "bouncycastle": 25, "webkitgtk": 23,
	"java": 20, "bouncycastle-aia": 20, "java-aia": 19, "okhttp": 18, "okhttp-aia": 18, "apache-httpclient-aia": 17,
	"apache-httpclient": 16, "elixir": 14, "java-url-aia": 14, "erlang": 11, "httpie": 11, "java-url": 10, "mono": 9,
	"httpx": 8, "qtwebengine": 8, "wrk": 8, "axios": 7, "aiohttp": 7, "r-curl": 6, "mojo": 6, "hg": 6, "r-base": 5,
	"got": 5, "telnet-ssl": 5,
}
