package mbedtls

import "golang.org/x/crypto/cryptobyte"

// Extensions of the hello by which client and server agree on something, where the build knows them (CAMERA.md
// section 10.3). Types are those of IANA.
const (
	extMaxFragmentLength    = 1
	extEncryptThenMAC       = 22
	extExtendedMasterSecret = 23
)

// agreed is what the extensions of a hello ask for that the server grants.
type agreed struct {
	maxFragment          uint8 // as it is written; 0 for none
	encryptThenMAC       bool
	extendedMasterSecret bool
}

// maxFragments are the lengths that a max_fragment_length stands for, octets (RFC 6066 section 4).
var maxFragments = [...]int{0, 512, 1024, 2048, 4096}

// read reads an extension, whatever its type.
func (a *agreed) read(profile *Profile, typ uint16, data cryptobyte.String) *refusal {
	switch {
	case typ == extMaxFragmentLength && profile.MaxFragmentLength:
		if len(data) != 1 || int(data[0]) >= len(maxFragments) {
			return &refusal{alertIllegalParameter, ErrIllegalParameter}
		}
		a.maxFragment = data[0]
	case typ == extEncryptThenMAC && profile.EncryptThenMAC:
		if len(data) != 0 {
			return &profile.hello
		}
		a.encryptThenMAC = true
	case typ == extExtendedMasterSecret && profile.ExtendedMasterSecret:
		if len(data) != 0 {
			return &profile.hello
		}
		a.extendedMasterSecret = true
	}
	return nil
}

// append appends the extensions of a ServerHello. Encrypt-then-MAC has none without CBC.
func (a *agreed) append(b []byte, suite *Suite) []byte {
	if a.maxFragment > 0 {
		b = append(b, 0, extMaxFragmentLength, 0, 1, a.maxFragment)
	}
	if a.encryptThenMAC && !suite.aead {
		b = append(b, 0, extEncryptThenMAC, 0, 0)
	}
	if a.extendedMasterSecret {
		b = append(b, 0, extExtendedMasterSecret, 0, 0)
	}
	return b
}
