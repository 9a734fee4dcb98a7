//lint:file-ignore SA1019 keys of certificates may lie on curves for which the standard library has no newer form

package mbedtls

import "math/big"

// agrees reports whether the key can serve static ECDH, as mbedtls_pk_can_do has it of MBEDTLS_PK_ECKEY.
func (k keyType) agrees() bool { return k == keyECDSA || k == keyECDH }

// checkStaticECDH looks at the loaded key in the place of a ServerKeyExchange: a key of another kind than the
// certificate's ends the handshake in silence.
func (config *Config) checkStaticECDH() error {
	if config.Key == nil || !config.Key.kind.agrees() {
		return errSSLTypeMismatch
	}
	return nil
}

// agree returns the pre-master secret for the body of a ClientKeyExchange of static ECDH. The curve is that of the key,
// any that a key may have.
func (k *PrivateKey) agree(body []byte) ([]byte, error) {
	if len(body) < 2 || int(body[0]) != len(body)-1 {
		return nil, ErrDecodeError
	}
	public, err := k.curve.parsePoint(body[1:])
	if err != nil {
		return nil, ErrDecodeError
	}
	if k.curve.ecdh != nil {
		private, err := k.ec.ECDH()
		if err != nil {
			return nil, ErrDecodeError
		}
		point, err := public.ECDH()
		if err != nil {
			return nil, ErrDecodeError
		}
		return private.ECDH(point)
	}
	// As in weierstrass.go, this is not constant time.
	curve := k.curve.curve
	x, y := curve.ScalarMult(public.X, public.Y, k.ec.D.Bytes())
	if x.Sign() == 0 && y.Sign() == 0 {
		return nil, ErrDecodeError
	}
	return x.FillBytes(make([]byte, octetsOf(curve.Params().P))), nil
}

func octetsOf(n *big.Int) int { return (n.BitLen() + 7) / 8 }
