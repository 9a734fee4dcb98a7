package record

import (
	"math/rand/v2"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// A node is an element of DER, so that any of them can be changed. Its length is right whatever is changed, unless it is
// given.
type node struct {
	tag      byte
	content  []byte  // without children
	children []*node // of what is constructed, or of DER in an OCTET STRING
	length   []byte  // in the place of the right one
}

// parseDER returns the elements that fill data; ok is false for what is no DER.
func parseDER(data []byte) (list []*node, ok bool) {
	for s := cryptobyte.String(data); !s.Empty(); {
		var content cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&content, &tag) {
			return nil, false
		}
		n := &node{tag: byte(tag), content: content}
		const constructed = 0x20
		if n.tag&constructed != 0 || tag == asn1.OCTET_STRING && len(content) > 2 {
			if children, ok := parseDER(content); ok {
				n.children, n.content = children, nil
			} else if n.tag&constructed != 0 {
				return nil, false
			}
		}
		list = append(list, n)
	}
	return list, true
}

// bytes returns the element as it is now.
func (n *node) bytes() []byte {
	content, length := n.inside(), n.length
	if length == nil {
		length = derLength(len(content))
	}
	return slices.Concat([]byte{n.tag}, length, content)
}

// derLength returns the shortest form of a length below 64 KiB.
func derLength(n int) []byte {
	switch {
	case n < 0x80:
		return []byte{byte(n)}
	case n < 0x100:
		return []byte{0x81, byte(n)}
	}
	return []byte{0x82, byte(n >> 8), byte(n)}
}

// A place is where a node is: in the list of its parent.
type place struct {
	in *[]*node
	at int
}

// places returns where all nodes below a list are.
func places(list *[]*node) (all []place) {
	for i, n := range *list {
		all = append(all, place{list, i})
		all = append(all, places(&n.children)...)
	}
	return all
}

// changeTree changes one element somewhere in a list.
func changeTree(r *rand.Rand, list *[]*node) {
	all := places(list)
	if len(all) == 0 {
		return
	}
	p := all[r.IntN(len(all))]
	n := (*p.in)[p.at]
	switch r.IntN(9) {
	case 0:
		*p.in = slices.Delete(*p.in, p.at, p.at+1)
	case 1:
		*p.in = slices.Insert(*p.in, p.at, n)
	case 2:
		other := r.IntN(len(*p.in))
		(*p.in)[p.at], (*p.in)[other] = (*p.in)[other], n
	case 3:
		n.tag ^= 1 << r.IntN(8)
	case 4:
		n.content, n.children = nil, nil
	case 5:
		n.content, n.children = append(n.inside(), octets(r, 1+r.IntN(3))...), nil
	case 6:
		if inside := n.inside(); len(inside) > 0 {
			n.content, n.children = mutated(r, inside), nil
		}
	case 7: // a length that is longer than it has to be, or wrong
		right := len(n.inside())
		long := []byte{0x82, byte(right >> 8), byte(right)}
		longer := []byte{0x83, 0, byte(right >> 8), byte(right)}
		n.length = [][]byte{long, longer, derLength(right + 1), derLength(max(0, right-1)), {0x80}, {0x85}}[r.IntN(6)]
	case 8:
		inside := n.inside()
		n.content, n.children = inside[:r.IntN(len(inside)+1)], nil
	}
}

// inside returns the content of an element as it is now.
func (n *node) inside() []byte {
	content := slices.Clone(n.content)
	for _, c := range n.children {
		content = append(content, c.bytes()...)
	}
	return content
}
