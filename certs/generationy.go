package certs

import "fmt"

// The sizes in octets of the certificates that Let's Encrypt's default chains of Generation
// Y have between leaf and oldest root, the leaf's issuer first (its own site, November 2026):
// YR1, Root YR by X1; YE1, Root YE by X2, X2 by X1.
var (
	sizesYR = []int{1247, 1528}
	sizesYE = []int{655, 682, 1140}
)

// NewGenerationY makes a PKI that is shaped and sized like Let's Encrypt's Generation Y, whose
// root is the one that every client has for years: two intermediates for RSA2048, three for
// the ECDSA types. It takes some seconds, for RSA keys of 4096 bits.
func NewGenerationY(leaf KeyType) (*PKI, error) {
	keys, sizes := []KeyType{KeyECDSAP384, KeyECDSAP384, KeyECDSAP384}, sizesYE
	if leaf == KeyRSA2048 {
		keys, sizes = []KeyType{KeyRSA2048, keyRSA4096}, sizesYR
	}
	p, err := NewPKI(PKIOptions{Name: "Y", RootKey: keyRSA4096, Intermediates: len(keys), IntermediateKeys: keys})
	if err != nil {
		return nil, err
	}
	p.sizes = sizes
	return p.WithAIA(nil)
}

// WithAIA returns the same CAs with intermediates that carry caIssuers URLs: url is called
// with 0 for the one that issues the leaves, and so on, and names where that one's issuer is
// to be had. A nil url leaves the URLs out.
func (p *PKI) WithAIA(url func(i int) string) (*PKI, error) {
	renewed := &PKI{Root: p.Root, Intermediates: make([]*Identity, len(p.Intermediates)), sizes: p.sizes}
	issuer := p.Root
	for i := len(p.Intermediates) - 1; i >= 0; i-- {
		o := RecertifyOptions{}
		if url != nil {
			o.AIA = url(i)
		}
		if p.sizes != nil {
			o.Size = p.sizes[i]
		}
		var err error
		if renewed.Intermediates[i], err = Recertify(p.Intermediates[i], issuer, o); err != nil {
			return nil, fmt.Errorf("intermediate %d: %w", i+1, err)
		}
		issuer = renewed.Intermediates[i]
	}
	return renewed, nil
}
