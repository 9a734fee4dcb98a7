package delivery

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// now is the time that is asked about.
func (o Options) now() time.Time {
	if o.At.IsZero() {
		return time.Now()
	}
	return o.At
}

// named returns the certificates that somebody may mean by a text: those of a file of that name, else those with
// that serial number or fingerprint, else those for that name.
func (d *Delivery) named(text string) (list []*Item) {
	_, value, labelled := strings.Cut(text, "=") // as openssl prints serial numbers and fingerprints
	if !labelled {
		value = text
	}
	number := plainNumber(value)
	for _, is := range []func(*Item) bool{
		func(i *Item) bool {
			_, inside, _ := strings.Cut(i.File, "!")
			return i.String() == text || filepath.Clean(text) == filepath.Clean(i.File) || text == filepath.Base(i.File) || text == inside ||
				strings.HasSuffix(filepath.ToSlash(i.File), "/"+strings.TrimPrefix(filepath.ToSlash(text), "./"))
		},
		func(i *Item) bool { return number != "" && slices.Contains(i.numbers(), number) },
		func(i *Item) bool { return i.fits(text) },
	} {
		of := map[string]bool{} // a file may hold what an earlier one did, too
		for _, item := range d.Items {
			if item.Kind == KindCertificate && is(item) {
				of[string(item.certificate.Raw)] = true
			}
		}
		for _, item := range d.distinct(KindCertificate, certificateIdentity) {
			if of[string(item.certificate.Raw)] {
				list = append(list, item)
			}
		}
		if len(list) > 0 {
			return withoutCAs(list)
		}
	}
	return nil
}

// withoutCAs leaves out CAs' certificates where there are others.
func withoutCAs(list []*Item) []*Item {
	servers := slices.DeleteFunc(slices.Clone(list), func(i *Item) bool { return i.certificate.IsCA() })
	if len(servers) > 0 {
		return servers
	}
	return list
}

// numbers returns a certificate's serial number and its fingerprints, by SHA-256 and SHA-1, as plainNumber does.
func (i *Item) numbers() (list []string) {
	long, short := sha256.Sum256(i.certificate.Raw), sha1.Sum(i.certificate.Raw)
	for _, sum := range [][]byte{long[:], short[:]} {
		list = append(list, strings.TrimLeft(hex.EncodeToString(sum), "0"))
	}
	if c := i.certificate.Parsed; c != nil {
		list = append(list, c.SerialNumber.Text(16), c.SerialNumber.Text(10))
	}
	return list
}

// betweenDigits is left out of numbers.
var betweenDigits = strings.NewReplacer(":", "", " ", "")

// plainNumber returns a number in the form that it is compared in; "" for what is none.
func plainNumber(text string) string {
	text = strings.ToLower(betweenDigits.Replace(text))
	text = strings.TrimLeft(strings.TrimPrefix(text, "0x"), "0")
	if strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}

// fits reports whether a certificate is for a host.
func (i *Item) fits(host string) bool {
	c := i.certificate.Parsed
	if c == nil {
		return false
	}
	return c.VerifyHostname(host) == nil || slices.ContainsFunc(i.names(), func(name string) bool { return strings.EqualFold(name, host) })
}

// names returns the names of a certificate, or its common name where it has none.
func (i *Item) names() []string {
	names := i.certificate.Names()
	if c := i.certificate.Parsed; len(names) == 0 && c != nil && c.Subject.CommonName != "" {
		names = []string{c.Subject.CommonName}
	}
	return names
}

// shareName reports whether all certificates are for one name, besides others.
func shareName(list []pair) bool {
	shared := map[string]int{}
	for _, p := range list {
		own := map[string]bool{}
		for _, name := range p.certificate.names() {
			own[strings.ToLower(name)] = true
		}
		for name := range own {
			shared[name]++
		}
	}
	for _, n := range shared {
		if n == len(list) {
			return true
		}
	}
	return false
}
