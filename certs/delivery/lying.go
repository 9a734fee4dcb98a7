package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Content returns the octets of the file that the item lies in; of one in an archive, those that come
// out of it.
func (i *Item) Content() []byte { return i.content }

// Holding returns what holds the leaf, or the key, one item a file: those in a file of their own in DER
// first, then the one that is used, then the others.
func (d *Delivery) Holding(use Use) (list []*Item) {
	for _, item := range d.Items {
		if d.holds(item, use) {
			list = append(list, item)
		}
	}
	rank := func(i *Item) int {
		switch {
		case i.Form == FormDER && i.Where == "":
			return 0
		case i.Use == use:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b *Item) int { return rank(a) - rank(b) })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(i *Item) bool {
		again := seen[i.File]
		seen[i.File] = true
		return again
	})
}

// holds reports whether an item is the leaf, or the key, in whatever form.
func (d *Delivery) holds(item *Item, use Use) bool {
	switch use {
	case UseLeaf:
		return item.certificate != nil && d.Leaf != nil && bytes.Equal(item.certificate.Raw, d.Leaf.Raw)
	case UseKey:
		return item.key != nil && d.Key != nil && bytes.Equal(item.key.identity(), d.Key.identity())
	}
	return item.Use == use
}

// Holds says in a few words what a file holds, such as "2 certificates"; "" when nothing in it was
// understood.
func (d *Delivery) Holds(file string) string {
	kinds := map[Kind][]*Item{}
	var others []string
	for _, item := range d.Items {
		if item.File != file {
			continue
		}
		kinds[item.Kind] = append(kinds[item.Kind], item)
		if item.Kind == KindOther && item.Form == FormPEM && item.Note != "" && !slices.Contains(others, item.Note) {
			others = append(others, item.Note)
		}
	}
	var parts []string
	for _, kind := range []Kind{KindCertificate, KindKey, KindRequest} {
		switch items := kinds[kind]; len(items) {
		case 0:
		case 1:
			about := items[0].About
			if items[0].Use == UseDuplicate {
				about += "; " + items[0].Note
			}
			parts = append(parts, fmt.Sprintf("a %s (%s)", kind, about))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", len(items), kind))
		}
	}
	if len(parts) == 0 {
		parts = others
	}
	return strings.Join(parts, " and ")
}

// NoKey says what lies where a private key is expected, or what was not understood; "" when there is a key, or nothing
// that may have been one.
func (d *Delivery) NoKey() string {
	if said := d.misheldKey(); said != "" {
		return said
	}
	if said := d.unreadKey(); said != "" {
		return "there is no private key in it; " + said
	}
	return ""
}

// misheldKey says what a file holds that is called as a key's.
func (d *Delivery) misheldKey() string {
	if d.Key != nil {
		return ""
	}
	seen := map[string]bool{}
	for _, item := range d.Items {
		if seen[item.File] || !calledKey(item.File) {
			continue
		}
		seen[item.File] = true
		if held := d.Holds(item.File); held != "" {
			return fmt.Sprintf("%s holds %s, and no private key", item.File, held)
		}
	}
	return ""
}

// unreadKey says of a file why it was not understood, or is of no use: that may be the key's.
func (d *Delivery) unreadKey() string {
	if d.Key != nil {
		return ""
	}
	for _, may := range []func(*Item) bool{
		func(i *Item) bool {
			useless := i.Kind == KindUnknown || i.Kind == KindOther && i.Form != FormPEM
			return useless && (i.Locked || d.Holds(i.File) == "")
		},
		func(i *Item) bool { return i.Kind == KindOther && d.Holds(i.File) == i.Note },
	} {
		for _, item := range d.Items {
			if item.Note != "" && may(item) {
				return fmt.Sprintf("%s: %s", item, item.Note)
			}
		}
	}
	return ""
}

// calledKey tells by its name whether a file is meant to be a key's.
func calledKey(file string) bool {
	name := strings.ToLower(filepath.Base(file))
	return filepath.Ext(name) == ".key" || strings.Contains(name, "key") && !slices.Contains([]string{".crt", ".cer"}, filepath.Ext(name))
}

// misplaced says which file holds a certificate request where no certificate is found.
func (d *Delivery) misplaced(err error) error {
	if !errors.Is(err, ErrNoCertificate) && !errors.Is(err, ErrNoLeaf) {
		return err
	}
	for _, item := range d.Items {
		if item.Kind == KindRequest {
			return fmt.Errorf("%w: %s holds a certificate request (%s), of which the CA makes the certificate", err, item.File, item.About)
		}
	}
	return err
}

// DescribeTail says what follows a structure in DER, up to the verb: "16 octets follow".
func DescribeTail(tail []byte) string {
	if len(tail) == 1 {
		return "1 octet follows"
	}
	return fmt.Sprintf("%d octets follow", len(tail))
}

// DescribePadding says what padding consists of; "" for anything else.
func DescribePadding(tail []byte) string {
	switch {
	case len(tail) == 0 || !isPadding(tail):
		return ""
	case len(bytes.Trim(tail, "\r\n")) == 0:
		return "a line end"
	case len(bytes.Trim(tail, "\x00")) == 0:
		return "padding with 0x00"
	case len(bytes.Trim(tail, "\xff")) == 0:
		return "padding with 0xff"
	}
	return "padding"
}

// isPadding reports whether octets are those that flash memory and editors leave behind a file.
func isPadding(tail []byte) bool { return len(bytes.Trim(tail, "\x00\xff\r\n\t \x1a")) == 0 }
