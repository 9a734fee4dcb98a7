package delivery

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/certname"
)

// A Delivery is what a CA, or an ACME client, hands over: read by [Read], and
// understood by what the files hold, not by how they are called.
type Delivery struct {
	Paths []string // of what was read, as they were named
	// Problem is what is wrong with it as a whole, one of the errors below, or nil. Everything else is
	// there as far as it was read and understood. With ErrKeyMismatch, Leaf and Key are those that do
	// not belong together, if there is but one of them that can be meant.
	Problem error
	// Leaf is the certificate whose public key is Key's; without a key, the only one that is no
	// CA's or that the certificate request is for.
	Leaf *Certificate
	Key  *PrivateKey // nil without one
	// Chain are the issuers of the leaf, put in order by their signatures: the leaf's issuer
	// first, a root left out.
	Chain []*x509.Certificate
	Root  *x509.Certificate // the root that came with it, or nil
	// Request is the certificate request that lies beside the leaf, or nil.
	Request *x509.CertificateRequest
	// Generations are the certificates for the leaf's names that could have been meant, too, and were passed over:
	// renewed ones, or those that were never valid.
	Generations []*Item
	// Items is everything that was found, in the order in which it was read.
	Items []*Item
}

// An Item is one thing in a delivery, and how it was understood.
type Item struct {
	File string // path; what lies in a ZIP follows a "!"
	// Where tells the place in the file, such as "line 12"; "" when the item is the file.
	Where string
	// Line is the line of the file that it begins in, from 1; 0 where the file is no text.
	Line int
	// Archive is the path of the archive that the file lies in; "" when it lies in none.
	Archive string
	Form    Form // how it is encoded; "" when unknown
	Kind    Kind
	// About says what it is about: a subject, a kind of key.
	About string
	Use   Use
	Note  string // why, where it is not plain
	// Readable says that others than the owner can read the file of a key.
	Readable bool
	// Damaged says that a part of the delivery is not whole, or that a file that was named is too large to
	// be read.
	Damaged bool
	// Locked says that it is encrypted and was not decrypted.
	Locked bool
	// HasKey says that a private key is in it, whether or not it could be decrypted, and whatever it is for.
	HasKey bool
	// TooMuch says that it was not read because that takes more work than is done for a delivery:
	// Note says what is too much.
	TooMuch bool

	certificate *Certificate
	key         *PrivateKey
	request     *x509.CertificateRequest
	content     []byte // of the file
}

// String returns the item's place.
func (i *Item) String() string {
	if i.Where == "" {
		return i.File
	}
	return i.File + ", " + i.Where
}

// Certificate returns the certificate that the item is, or nil.
func (i *Item) Certificate() *Certificate { return i.certificate }

// A Form is how an item is encoded.
type Form string

// The forms of items.
const (
	FormPEM     Form = "PEM"
	FormDER     Form = "DER"
	FormBase64  Form = "base64" // DER in base64, without the lines of PEM
	FormHex     Form = "hexadecimal"
	FormArray   Form = "an array of numbers"
	FormLiteral Form = "a string with escapes"
	FormPKCS7   Form = "PKCS#7"
	FormPKCS12  Form = "PKCS#12"
	FormJKS     Form = "JKS" // Java's keystore
	FormJCEKS   Form = "JCEKS"
	FormZIP     Form = "ZIP"
	FormTar     Form = "tar"
	FormGzip    Form = "gzip"
	FormBzip2   Form = "bzip2"
	FormXz      Form = "xz"
	FormZstd    Form = "Zstandard"
)

// A Kind is what an item is.
type Kind string

// The kinds of items.
const (
	KindCertificate Kind = "certificate"
	KindKey         Kind = "private key"
	KindRequest     Kind = "certificate request"
	KindContainer   Kind = "container" // whose content follows
	KindOther       Kind = "other"     // known, and of no use here
	KindUnknown     Kind = "not understood"
)

// A Use is what an item is used for.
type Use string

// The uses of items.
const (
	UseLeaf      Use = "leaf"
	UseChain     Use = "chain"
	UseRoot      Use = "root"
	UseKey       Use = "key"
	UseRequest   Use = "request"
	UseDuplicate Use = "duplicate"
	UseNone      Use = "not used"
)

// What can be wrong with a delivery as a whole.
var (
	ErrNoCertificate = errors.New("there is no certificate in it")
	ErrNoLeaf        = errors.New("there is no server certificate in it, only those of CAs")
	ErrAmbiguous     = errors.New("it is not clear which certificate is meant")
	ErrKeyMismatch   = errors.New("no certificate in it has the private key's public key")
	ErrPassword      = errors.New("the password is missing or wrong")
	ErrTooMuch       = errors.New("too much for a delivery")
	// ErrNoSuchLeaf is that of Options.Leaf.
	ErrNoSuchLeaf = errors.New("no certificate in it has that file, serial number, fingerprint or name")
)

// understand finds out what belongs to what.
func (d *Delivery) understand(o Options) error {
	err := d.pair(o)
	if d.Leaf == nil {
		return err
	}
	d.findRequest()
	d.findChain(o.Roots)
	d.explainRest()
	return err // a pair that does not fit is understood as far as it can be
}

// distinct returns the items of a kind, each once.
func (d *Delivery) distinct(kind Kind, identity func(*Item) []byte) (list []*Item) {
	seen := map[string]bool{}
	for _, item := range d.Items {
		if item.Kind != kind {
			continue
		}
		if id := string(identity(item)); !seen[id] {
			seen[id] = true
			list = append(list, item)
		}
	}
	return list
}

// markDuplicates marks the items of a kind that say the same as an earlier one.
func (d *Delivery) markDuplicates(kind Kind, identity func(*Item) []byte) {
	first := map[string]*Item{}
	for _, item := range d.Items {
		if item.Kind != kind {
			continue
		}
		id := string(identity(item))
		if same := first[id]; same != nil {
			item.Use, item.Note = UseDuplicate, "the same as "+same.String()
			continue
		}
		first[id] = item
	}
}

func certificateIdentity(i *Item) []byte { return i.certificate.Raw }
func requestIdentity(i *Item) []byte     { return i.request.Raw }
func keyIdentity(i *Item) []byte         { return i.key.identity() }

// leavesOf returns the certificates that can be a server's when no key tells.
func leavesOf(certificates, requests []*Item) []*Item {
	var asked, servers []*Item
	for _, c := range certificates {
		if slices.ContainsFunc(requests, func(r *Item) bool {
			return c.certificate.SPKI != nil && bytes.Equal(r.request.RawSubjectPublicKeyInfo, c.certificate.SPKI)
		}) {
			asked = append(asked, c)
		}
		if !c.certificate.IsCA() {
			servers = append(servers, c)
		}
	}
	switch {
	case len(asked) > 0:
		return asked
	case len(servers) > 0:
		return servers
	case len(certificates) == 1 && certificates[0].certificate.selfSigned():
		return certificates // a self-signed server certificate can be a CA's
	}
	return nil
}

// describeItems names a few items.
func describeItems(list []*Item, or string) string {
	const few = 8
	var names []string
	for n, i := range list {
		if n == few {
			names = append(names, fmt.Sprintf("%d more", len(list)-few))
			break
		}
		names = append(names, i.describe())
	}
	return strings.Join(names, or)
}

func (i *Item) describe() string { return fmt.Sprintf("%s (%s)", i, i.About) }

// findRequest finds the request that the leaf was issued for. One that is for another key is
// taken, too, when it is the only one: somebody has to be told.
func (d *Delivery) findRequest() {
	var others []*Item
	for _, item := range d.Items {
		if item.Kind != KindRequest || item.Use != "" {
			continue
		}
		if d.Leaf.SPKI != nil && bytes.Equal(item.request.RawSubjectPublicKeyInfo, d.Leaf.SPKI) {
			item.Use, d.Request = UseRequest, item.request
			return
		}
		others = append(others, item)
	}
	if len(others) == 1 {
		others[0].Use, others[0].Note, d.Request = UseRequest, "for another key than the leaf's", others[0].request
	}
}

// findChain puts the issuers in order.
func (d *Delivery) findChain(anchors []*x509.Certificate) {
	if d.Leaf.Parsed == nil {
		return
	}
	var pool []*x509.Certificate
	for _, item := range d.Items {
		if item.Kind == KindCertificate && item.Use == "" && item.certificate.Parsed != nil {
			pool = append(pool, item.certificate.Parsed)
		}
	}
	d.Chain, d.Root = certs.BuildChain(d.Leaf.Parsed, pool, anchors...)
	for _, item := range d.Items {
		if item.Kind != KindCertificate || item.Use != "" || item.certificate.Parsed == nil {
			continue
		}
		if i := slices.IndexFunc(d.Chain, item.certificate.Parsed.Equal); i >= 0 {
			item.Use, item.Note = UseChain, fmt.Sprintf("intermediate %d", i+1)
		}
		if d.Root != nil && d.Root.Equal(item.certificate.Parsed) {
			item.Use = UseRoot
		}
	}
}

// explainRest says why the other items are not used.
func (d *Delivery) explainRest() {
	for _, item := range d.Items {
		if item.Use != "" || item.Kind == KindContainer {
			continue
		}
		item.Use = UseNone
		if item.Note != "" {
			continue
		}
		switch item.Kind {
		case KindCertificate:
			item.Note = d.strange(item.certificate)
		case KindKey:
			item.Note = "no server certificate here has its public key"
		case KindRequest:
			item.Note = "for another key than the leaf's"
		}
	}
}

// strange says why a certificate is in no chain of the leaf.
func (d *Delivery) strange(c *Certificate) string {
	if c.Parsed == nil {
		return "Go cannot parse it: " + c.ParseError.Error()
	}
	for _, used := range append(slices.Clone(d.Chain), d.Root) {
		if used == nil || !bytes.Equal(used.RawSubject, c.Parsed.RawSubject) {
			continue
		}
		if bytes.Equal(used.RawSubjectPublicKeyInfo, c.Parsed.RawSubjectPublicKeyInfo) {
			return "another certificate for an issuer of the chain (cross-signed or renewed)"
		}
		return "the name of an issuer of the chain, but another key"
	}
	if !c.IsCA() {
		return "another server certificate"
	}
	if title := d.crossed(c.Parsed); title != "" {
		return title
	}
	return "it has not signed anything in the chain of the leaf"
}

// crossed says whose key a certificate certifies once more, when that is the root's that signed the end of the
// chain; "" otherwise.
func (d *Delivery) crossed(c *x509.Certificate) string {
	top := d.Top()
	if top == nil || d.Root != nil || !certs.SignedBy(top, c) {
		return ""
	}
	return fmt.Sprintf("the key of the root that signed the end of the chain, certified once more by %q: for clients that know that root only",
		certname.Short(c.Issuer))
}

// Top is the certificate that the root has signed: the end of the chain, or the leaf. It is nil where that cannot be parsed.
func (d *Delivery) Top() *x509.Certificate {
	if len(d.Chain) > 0 {
		return d.Chain[len(d.Chain)-1]
	}
	if d.Leaf != nil {
		return d.Leaf.Parsed
	}
	return nil
}

// InDER reports whether the leaf or the key lies there in a file of its own in DER, too.
func (d *Delivery) InDER(use Use) bool {
	for _, item := range d.Items {
		if item.Form != FormDER || item.Where != "" {
			continue
		}
		switch {
		case use == UseLeaf && item.certificate != nil && bytes.Equal(item.certificate.Raw, d.Leaf.Raw):
			return true
		case use == UseKey && item.key != nil && bytes.Equal(item.key.identity(), d.Key.identity()):
			return true
		}
	}
	return false
}

// Certificates returns every certificate of the delivery that Go can parse, each once.
func (d *Delivery) Certificates() (list []*x509.Certificate) {
	for _, item := range d.Items {
		if item.Kind == KindCertificate && item.Use != UseDuplicate && item.certificate.Parsed != nil {
			list = append(list, item.certificate.Parsed)
		}
	}
	return list
}
