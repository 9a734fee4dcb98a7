// Package truststores tells since which version the clients of old devices know a root: with those that do
// not, a chain has to go on to an older one. Start with [Of].
package truststores

import (
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Data is what was read from the histories of Mozilla's and Android's lists.
type Data struct {
	MozillaUntil string `json:"mozilla_until"` // the last day that is covered
	AndroidUntil string `json:"android_until"`
	Roots        []Root `json:"roots"`
}

// A Root is a root by its name and key: it may have been certified more than once.
type Root struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Mozilla Span   `json:"mozilla,omitzero"`
	Android Span   `json:"android,omitzero"`
}

// A Span is the time in which a root is in a list. Days are YYYY-MM-DD; From is "" where it never was,
// Until where it still is.
type Span struct {
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
}

// ID identifies a root: the first 16 octets of the SHA-256 of its subject and its public key, in hexadecimal.
func ID(c *x509.Certificate) string {
	sum := sha256.Sum256(append(append([]byte{}, c.RawSubject...), c.RawSubjectPublicKeyInfo...))
	return hex.EncodeToString(sum[:16])
}

//go:embed roots.json
var rootsJSON []byte

var read = sync.OnceValue(func() Data {
	var d Data
	if err := json.Unmarshal(rootsJSON, &d); err != nil {
		panic(fmt.Errorf("roots.json: %w", err))
	}
	return d
})

// A Store is a list of roots that comes with clients.
type Store struct {
	Name   string `json:"name"`   // such as Android
	Since  string `json:"since"`  // the first version that has the root; "" where no version that is known here has it
	Source string `json:"source"` // where this is known from
}

// Mozilla is the name of the list that most programs on Linux take theirs from.
const Mozilla = "Mozilla's list"

// Of returns what is known of a root: a store for each list that is known to have it, or not to; nothing of
// a root that is in none.
func Of(root *x509.Certificate) (stores []Store) {
	id := ID(root)
	d := read()
	i := slices.IndexFunc(d.Roots, func(r Root) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	r := d.Roots[i]
	stores = slices.Clone(documented[r.Name])
	if !slices.ContainsFunc(stores, func(s Store) bool { return s.Name == android }) {
		stores = append(stores, androidStore(r.Android, d.AndroidUntil))
	}
	if r.Mozilla.From != "" && r.Mozilla.Until == "" {
		month := r.Mozilla.From[:len("2006-01")]
		stores = append(stores, Store{Mozilla, month, "git history of github.com/certifi/python-certifi, to " + d.MozillaUntil})
	}
	return stores
}

const android = "Android"

// androidStore turns the day on which a root came into Android's list into a version.
func androidStore(s Span, until string) Store {
	store := Store{Name: android, Source: "git history of Android's platform/system/ca-certificates, to " + until}
	if s.From != "" && s.Until == "" {
		store.Since = androidSince(s.From)
	}
	return store
}
