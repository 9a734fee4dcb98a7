package mbedtls

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// minPeerCertificate is the least length of a certificate that is looked at, octets.
const minPeerCertificate = 128

// parsePeerChain parses the certificates of the other side, and sends the alert of one that does not parse.
func (hs *handshake) parsePeerChain(list cryptobyte.String) ([]*Certificate, error) {
	chain, alert, err := hs.c.config.Profile.parsePeerChain(list)
	if err != nil {
		hs.c.sendAlert(AlertFatal, alert)
	}
	return chain, err
}

// parsePeerChain parses certificates one by one. Those with an unknown signature algorithm are passed over, whichever
// place they have. The alert is that of the error.
func (p *Profile) parsePeerChain(list cryptobyte.String) (chain []*Certificate, alert uint8, err error) {
	for !list.Empty() {
		if len(list) >= 3 && list[0] != 0 {
			return nil, p.certSize.alert, p.certSize.err
		}
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || len(der) < minPeerCertificate {
			return nil, p.certList.alert, p.certList.err
		}
		// The message lies in a buffer that the next record takes.
		cert, err := p.parseCertificate(slices.Clone(der))
		switch {
		case errors.Is(err, errX509UnknownSigAlg):
			continue
		case errors.Is(err, errX509UnknownVersion):
			return nil, alertUnsupportedCert, err
		case err != nil:
			return nil, alertBadCertificate, err
		}
		chain = append(chain, cert)
	}
	return chain, 0, nil
}

// endOfTime is past every date of a certificate, seconds.
const endOfTime = 1 << 40

// JudgeServer returns what a client makes of a server's chain: the error that ends the handshake, nil when it goes on. The
// suite is the first of the client's that the key of the server's own certificate can serve. Where the server has renewed
// its own certificate, that one's dates are not looked at.
func (config *Config) JudgeServer(list [][]byte, renewed bool) error {
	var b cryptobyte.Builder
	for _, der := range list {
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
	}
	encoded, err := b.Bytes()
	if err != nil || len(encoded) < 3 || len(encoded) > 0xffff {
		return ErrDecodeError
	}
	chain, _, err := config.Profile.parsePeerChain(encoded)
	if err != nil {
		return err
	}
	uses := func(*Certificate) verifyFlags { return 0 }
	if len(chain) > 0 {
		i := slices.IndexFunc(config.Profile.suites, func(s *Suite) bool { return s.auth == chain[0].kind })
		if i < 0 {
			return ErrHandshakeFailure // no server has a suite for it
		}
		uses = config.Profile.suites[i].serverUsage
		if renewed {
			chain[0].notBefore, chain[0].notAfter = time.Time{}, time.Unix(endOfTime, 0)
		}
	}
	_, err = config.judgeChain(chain, uses)
	return err
}

// judge verifies the peer's chain, and keeps the certificate that has the key.
func (hs *handshake) judge(chain []*Certificate, uses func(*Certificate) verifyFlags) error {
	flags, err := hs.c.config.judgeChain(chain, uses)
	switch {
	case err == nil:
		hs.peer = chain[0]
	case !errors.Is(err, ErrInternal):
		hs.c.sendAlert(AlertFatal, flags.alert())
	case hs.c.config.Profile.keepsNobody || hs.c.config.Profile.KeepsPeer:
		hs.peer = &Certificate{profile: hs.c.config.Profile} // without a key
		return nil
	}
	return err
}

// judgeChain verifies a chain, unless nothing is to be verified. In the optional mode what is wrong with it is borne,
// unless it is too long to be verified. A chain without a certificate to take the key from is ErrInternal, which has no
// alert. uses tells what the peer's own certificate may not be used for.
func (config *Config) judgeChain(chain []*Certificate, uses func(*Certificate) verifyFlags) (flags verifyFlags, err error) {
	if config.VerifyMode != VerifyNone {
		if flags, err = config.verify(chain, uses); err != nil {
			return flags, err
		}
	}
	if len(chain) == 0 {
		return flags, ErrInternal
	}
	return flags, nil
}

// verify returns all that is wrong with a chain, and the error that ends the handshake, if any.
func (config *Config) verify(chain []*Certificate, uses func(*Certificate) verifyFlags) (flags verifyFlags, err error) {
	wrong, err := verifyChain(chain, config.CAs, config.Clock())
	var usage verifyFlags
	if len(chain) > 0 {
		usage = uses(chain[0])
		if config.Hostname != nil && err == nil {
			wrong |= chain[0].nameFlags(*config.Hostname)
		}
	} else if config.Hostname != nil {
		wrong |= flagName
	}
	switch {
	case err != nil || config.VerifyMode == VerifyOptional:
	case wrong != 0:
		err = (wrong | usage).err()
	case usage != 0:
		err = config.Profile.certUsage
	}
	if len(config.CAs) == 0 && config.VerifyMode == VerifyRequired {
		err = ErrCAChainRequired
	}
	return wrong | usage, err
}

// clientUsage checks keyUsage and extKeyUsage for a client (RFC 5246 section 7.4.6).
func clientUsage(c *Certificate) (flags verifyFlags) {
	if !c.allows(usageDigitalSignature) {
		flags |= flagKeyUsage
	}
	if c.profile.checksUsages && !c.clientOK {
		flags |= flagExtKeyUsage
	}
	return flags
}

// serverUsage checks keyUsage and extKeyUsage for a server of that suite (RFC 5246 section 7.4.2).
func (s *Suite) serverUsage(c *Certificate) (flags verifyFlags) {
	if !c.allows(s.keyUsage()) {
		flags |= flagKeyUsage
	}
	if !c.serverOK {
		flags |= flagExtKeyUsage
	}
	return flags
}
