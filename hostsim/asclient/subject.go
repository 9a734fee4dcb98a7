package asclient

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs/delivery"
)

// A Subject is a server that the camera is to accept.
type Subject struct {
	Name string // as it was named
	// Sent are the certificates that the server sends, in DER and in its order.
	Sent [][]byte
	// Known are other certificates that are at hand.
	Known []*x509.Certificate
	// Visit is what came of a connection; nil where files were read.
	Visit *Visit
	// How says which certificates of files a server is taken to send; "" for a visit.
	How string
	// LeafPlace is the place of the server's own certificate in the file that it is taken to load, from 1.
	LeafPlace int
}

// FromVisit returns the subject of a connection.
func FromVisit(v *Visit) *Subject {
	return &Subject{Name: v.Server.Address(), Sent: v.Chain, Visit: v, LeafPlace: 1}
}

// FromDelivery returns the subject of files. A server that loads them is taken to send what lies in one file with its own
// certificate, in the order of that file; where that lies alone, the chain of the delivery behind it.
func FromDelivery(d *delivery.Delivery) (*Subject, error) {
	if d.Leaf == nil {
		return nil, d.Problem
	}
	s := &Subject{Name: strings.Join(d.Paths, ", "), Known: d.Certificates(), Sent: [][]byte{d.Leaf.Raw}, LeafPlace: 1}
	file, list := longest(d)
	if len(list) > 1 {
		s.LeafPlace = 1 + slices.IndexFunc(list, func(der []byte) bool { return bytes.Equal(der, d.Leaf.Raw) })
		s.Sent = append(s.Sent, slices.Delete(list, s.LeafPlace-1, s.LeafPlace)...)
		s.How = fmt.Sprintf("a server that loads %s sends %s", file, plural(len(s.Sent), "certificate"))
		return s, nil
	}
	for _, c := range d.Chain {
		s.Sent = append(s.Sent, c.Raw)
	}
	s.How = fmt.Sprintf("a server that loads its certificate and the intermediates of the delivery sends %s",
		plural(len(s.Sent), "certificate"))
	if len(d.Chain) == 0 {
		s.How = "a server that loads this sends one certificate, its own"
	}
	return s, nil
}

// longest returns the certificates of the PEM file that has the most of them together with the leaf.
func longest(d *delivery.Delivery) (file string, list [][]byte) {
	for _, item := range d.Items {
		if c := item.Certificate(); c == nil || item.Form != delivery.FormPEM || item.Archive != "" || !bytes.Equal(c.Raw, d.Leaf.Raw) {
			continue
		}
		var together [][]byte
		for _, other := range d.Items {
			if c := other.Certificate(); c != nil && other.File == item.File && other.Form == delivery.FormPEM {
				together = append(together, c.Raw)
			}
		}
		if len(together) > len(list) {
			file, list = item.File, together
		}
	}
	return file, list
}

func plural(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
