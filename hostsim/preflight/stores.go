package preflight

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/truststores"
	"github.com/leafcam/leafcam/internal/certname"
)

// stores says since which versions clients know the public root, and what of the delivery helps older ones.
func (c *checker) stores() {
	if d := c.subject.Delivery; d != nil {
		c.nameStores(d.Certificates())
	} else {
		c.nameStores(nil)
	}
}

func (c *checker) nameStores(delivered []*x509.Certificate) {
	if !c.public || c.root == nil {
		return
	}
	known := truststores.Of(c.root)
	if len(known) == 0 {
		return
	}
	c.report.Stores = known
	var since, without []string
	for _, s := range known {
		switch {
		case s.Since == "":
			without = append(without, s.Name)
		case s.Name == truststores.Mozilla:
			since = append(since, fmt.Sprintf("%s (Firefox, most of Linux) of %s", s.Name, s.Since))
		default:
			since = append(since, s.Name+" "+s.Since)
		}
	}
	title := fmt.Sprintf("the root %q is known since %s", certname.Title(c.root), strings.Join(since, ", "))
	if len(since) == 0 {
		title = fmt.Sprintf("the root %q is a young one", certname.Title(c.root))
	}
	if len(without) > 0 {
		title += "; not known to have it: " + strings.Join(without, ", ")
	}
	f := c.add(CodeOlderStores, "", title)
	if names := c.crossSigners(delivered); len(names) > 0 {
		f.Title += fmt.Sprintf("; the delivery has its cross-sign by %s, for clients that know that root only", strings.Join(names, ", "))
		f.Fix = "where older clients matter, send the cross-sign as well: a gateway with fullchain.pem does"
	}
}

// crossSigners are the issuers that have certified the root's key, too, by certificates of the delivery.
func (c *checker) crossSigners(delivered []*x509.Certificate) (names []string) {
	for _, other := range delivered {
		if bytes.Equal(other.RawSubject, c.root.RawSubject) && bytes.Equal(other.RawSubjectPublicKeyInfo, c.root.RawSubjectPublicKeyInfo) &&
			!certs.SelfSigned(other) {
			names = append(names, fmt.Sprintf("%q", certname.Short(other.Issuer)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
