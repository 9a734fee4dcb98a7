package generate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"sync"
	"time"
)

// A Delivery is a Spec that was made.
type Delivery struct {
	Spec  Spec
	Key   crypto.Signer // the leaf's
	All   []*x509.Certificate
	Sent  []*x509.Certificate
	Roots []*x509.Certificate
	Store []*x509.Certificate
}

// Build makes the certificates. Keys are taken from a stock: making RSA keys takes longer than anything
// that is measured with them. It fails where Go cannot parse what was made, and for an index that there is
// not.
func (s Spec) Build(now time.Time) (*Delivery, error) {
	d := &Delivery{Spec: s}
	keys := make([]crypto.Signer, len(s.Certificates))
	for i, c := range s.Certificates {
		if c.KeyOf < 0 || c.KeyOf >= len(s.Certificates) || c.Issuer < 0 || c.Issuer >= len(s.Certificates) {
			return nil, fmt.Errorf("certificate %d: there is no certificate %d or %d", i, c.KeyOf, c.Issuer)
		}
		var err error
		if keys[i], err = stock.key(s.Certificates[c.KeyOf].Key, c.KeyOf); err != nil {
			return nil, err
		}
	}
	for i, c := range s.Certificates {
		der, err := encode(c, identified{c.Subject, keys[i]}, identified{s.Certificates[c.Issuer].Subject, keys[c.Issuer]}, now)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i, err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i, err)
		}
		d.All = append(d.All, parsed)
	}
	d.Key = keys[0]
	for _, part := range []struct {
		from []int
		to   *[]*x509.Certificate
	}{{s.Sent, &d.Sent}, {s.Roots, &d.Roots}, {s.Store, &d.Store}} {
		for _, i := range part.from {
			if i < 0 || i >= len(d.All) {
				return nil, fmt.Errorf("there is no certificate %d", i)
			}
			*part.to = append(*part.to, d.All[i])
		}
	}
	return d, nil
}

// stock are the keys that were made, by kind and number.
var stock = keys{made: map[string]crypto.Signer{}}

type keys struct {
	mu   sync.Mutex
	made map[string]crypto.Signer
}

// key returns the key of a kind with a number, the same one each time.
func (k *keys) key(kind Key, number int) (key crypto.Signer, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := fmt.Sprintf("%s %d", kind, number)
	if key = k.made[id]; key != nil {
		return key, nil
	}
	switch kind {
	case P256, "":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA1024:
		key, err = rsa.GenerateKey(rand.Reader, 1024)
	case RSA2048:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case RSA4096:
		key, err = rsa.GenerateKey(rand.Reader, 4096)
	case Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("there is no key of the kind %q", kind)
	}
	if err != nil {
		return nil, err
	}
	k.made[id] = key
	return key, nil
}
