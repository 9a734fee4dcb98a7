package delivery

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/leafcam/leafcam/certs"
)

// A pair is a certificate with its private key, or without one.
type pair struct{ certificate, key *Item }

// candidates are what may be the leaf and its key.
type candidates struct {
	certificates, keys, requests []*Item
	pairs                        []pair // that belong together
}

// candidates returns what may be meant. It changes nothing.
func (d *Delivery) candidates(o Options) (c candidates, err error) {
	c.certificates = d.distinct(KindCertificate, certificateIdentity)
	c.keys = d.distinct(KindKey, keyIdentity)
	c.requests = d.distinct(KindRequest, requestIdentity)
	if len(c.certificates) == 0 {
		return c, ErrNoCertificate
	}
	if o.Leaf != "" {
		if c.certificates = d.named(o.Leaf); len(c.certificates) == 0 {
			return c, fmt.Errorf("%w: %s", ErrNoSuchLeaf, o.Leaf)
		}
	}
	keyOf := map[string]*Item{}
	for _, k := range c.keys {
		if k.key.SPKI != nil {
			keyOf[string(k.key.SPKI)] = k
		}
	}
	for _, certificate := range c.certificates {
		for _, spki := range certificate.certificate.encodings() {
			if k := keyOf[string(spki)]; k != nil {
				c.pairs = append(c.pairs, pair{certificate, k})
				break
			}
		}
	}
	// The keys of CAs lie beside the leaf's where somebody runs a CA of his own.
	isCA := func(p pair) bool { return p.certificate.certificate.IsCA() }
	if servers := slices.DeleteFunc(slices.Clone(c.pairs), isCA); len(servers) > 0 {
		c.pairs = servers
	}
	return c, nil
}

// pair finds the leaf, and the key that belongs to it.
func (d *Delivery) pair(o Options) error {
	c, err := d.candidates(o)
	d.markDuplicates(KindCertificate, certificateIdentity)
	d.markDuplicates(KindKey, keyIdentity)
	d.markDuplicates(KindRequest, requestIdentity)
	if err != nil {
		return err
	}
	if len(c.pairs) > 0 {
		return d.take(c.pairs, "private keys for %s", " and for ", o)
	}
	leaves := leavesOf(c.certificates, c.requests)
	if o.Leaf != "" {
		leaves = c.certificates
	}
	var alone []pair
	for _, leaf := range leaves {
		alone = append(alone, pair{certificate: leaf})
	}
	switch {
	case len(leaves) == 0:
		return ErrNoLeaf
	case len(c.keys) == 0:
		return d.take(alone, "without a private key it may be %s", " or ", o)
	}
	chosen, passed, ok := choose(alone, o)
	if !ok {
		return d.mismatch(leaves, c)
	}
	chosen.key = c.keys[0]
	d.use(chosen, passed)
	if leaf := d.Leaf; len(c.keys) == 1 && (c.keys[0].key.SPKI == nil || leaf.Parsed == nil || leaf.Parsed.PublicKey == nil) {
		c.keys[0].Note = "whether it belongs to the leaf cannot be told here"
		return nil
	}
	return d.mismatch([]*Item{chosen.certificate}, c)
}

// take uses the pair that is meant. Where that cannot be told, the error says between which ones, by a format.
func (d *Delivery) take(list []pair, format, or string, o Options) error {
	chosen, passed, ok := choose(list, o)
	if !ok {
		var items []*Item
		for _, p := range list {
			items = append(items, p.certificate)
		}
		return fmt.Errorf("%w: "+format+"; choose one by its file, serial number or name (--leaf)", ErrAmbiguous, describeItems(items, or))
	}
	d.use(chosen, passed)
	return nil
}

// use makes a pair the delivery's, and says why others are not.
func (d *Delivery) use(chosen pair, passed []pair) {
	chosen.certificate.Use, d.Leaf = UseLeaf, chosen.certificate.certificate
	if chosen.key != nil {
		chosen.key.Use, d.Key = UseKey, chosen.key.key
	}
	for _, p := range passed {
		d.passOver(p, chosen)
	}
}

// passOver says why a pair is not the delivery's.
func (d *Delivery) passOver(p, chosen pair) {
	p.certificate.Note = "another server certificate"
	if shareName([]pair{p, chosen}) {
		p.certificate.Note = "another certificate for the same name, which was passed over for " + chosen.certificate.String()
		d.Generations = append(d.Generations, p.certificate)
	}
	p.certificate.Use = UseNone
	if p.key != nil && p.key != chosen.key {
		p.key.Use, p.key.Note = UseNone, "the key of "+p.certificate.String()+", which was passed over"
	}
}

// mismatch says that no certificate is for the key that is here, and what the request tells of it.
func (d *Delivery) mismatch(leaves []*Item, c candidates) error {
	text := fmt.Sprintf("%s was issued for another key than %s", describeItems(leaves, " or "), describeItems(c.keys, " or "))
	for _, r := range c.requests {
		spki := r.request.RawSubjectPublicKeyInfo
		ofKey := slices.ContainsFunc(c.keys, func(k *Item) bool { return bytes.Equal(k.key.SPKI, spki) })
		if ofKey && !slices.ContainsFunc(leaves, func(l *Item) bool { return bytes.Equal(l.certificate.SPKI, spki) }) {
			text += fmt.Sprintf(". %s is for the key that is here: the certificate was issued for another request", r)
			break
		}
	}
	return fmt.Errorf("%w: %s", ErrKeyMismatch, text)
}

// paired returns the leaf that is meant with its key, where both are here. It changes nothing.
func (d *Delivery) paired(o Options) (chosen pair, ok bool) {
	c, err := d.candidates(o)
	if err != nil {
		return pair{}, false
	}
	chosen, _, ok = choose(c.pairs, o)
	return chosen, ok
}

// complete reports whether a leaf is here with its key and its issuer.
func (d *Delivery) complete(o Options) bool {
	chosen, ok := d.paired(o)
	if !ok {
		return false
	}
	leaf := chosen.certificate.certificate
	if leaf.selfSigned() || leaf.Parsed == nil {
		return true
	}
	return slices.ContainsFunc(d.distinct(KindCertificate, certificateIdentity), func(i *Item) bool {
		issuer := i.certificate.Parsed
		return issuer != nil && bytes.Equal(issuer.RawSubject, leaf.Parsed.RawIssuer) && certs.SignedBy(leaf.Parsed, issuer)
	})
}

// choose returns the pair that is meant, and those that are not: of those that fit the host, the newest one that
// is valid. It fails where certificates for different names are among them, or two are as good.
func choose(list []pair, o Options) (chosen pair, passed []pair, ok bool) {
	meant, alike := list, false
	if o.Host != "" {
		fits := func(p pair) bool { return p.certificate.fits(o.Host) }
		if fitting := slices.DeleteFunc(slices.Clone(list), func(p pair) bool { return !fits(p) }); len(fitting) > 0 {
			meant, alike = fitting, true
		}
	}
	if len(meant) == 0 || len(meant) > 1 && !alike && !shareName(meant) {
		return pair{}, nil, false
	}
	better := func(a, b pair) int { return a.certificate.newer(b.certificate, o) }
	sorted := slices.SortedStableFunc(slices.Values(meant), better)
	if len(sorted) > 1 && better(sorted[0], sorted[1]) == 0 {
		return pair{}, nil, false
	}
	for _, p := range list {
		if p.certificate != sorted[0].certificate {
			passed = append(passed, p)
		}
	}
	return sorted[0], passed, true
}

// newer compares certificates by which one is rather meant: valid ones first, then by when they begin and end.
func (i *Item) newer(other *Item, o Options) int {
	a, b := i.certificate.Parsed, other.certificate.Parsed
	if a == nil || b == nil {
		return boolInt(a == nil) - boolInt(b == nil)
	}
	now := o.now()
	valid := func(i *Item) int {
		c := i.certificate.Parsed
		return boolInt(!now.Before(c.NotBefore) && !now.After(c.NotAfter))
	}
	return cmp.Or(valid(other)-valid(i), b.NotBefore.Compare(a.NotBefore), b.NotAfter.Compare(a.NotAfter))
}

// Choice says in a line which of several certificates for one name is meant; "" where there was nothing to choose.
func (d *Delivery) Choice() string {
	if len(d.Generations) == 0 {
		return ""
	}
	at := slices.IndexFunc(d.Items, func(i *Item) bool { return i.Use == UseLeaf })
	return fmt.Sprintf("%d certificates for one name are here: %s is taken, and not %s",
		len(d.Generations)+1, d.Items[at].describe(), describeItems(d.Generations, " or "))
}
