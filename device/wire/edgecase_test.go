package wire_test

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/internal/race"
)

// What the server says when it took a ClientKeyExchange and did not understand the
// Finished after it, and when it refused the ClientKeyExchange.
const (
	tookIt    = "OSError: (-29056, 'MBEDTLS_ERR_SSL_INVALID_MAC')"
	refusedIt = "OSError: (-29440, 'MBEDTLS_ERR_SSL_DECODE_ERROR')"
	// shortRecord is what Mbed TLS 2.16 says in the place of tookIt of records that are too short to be protected.
	shortRecord = "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')"
)

// recordedContext returns a context with the pair of a recording.
func recordedContext(t *testing.T, fw *device.Firmware, kind string) *device.SSLContext {
	context, _, _ := opened(t, fw.Name+"_"+kind)
	return context
}

// hello offers one suite and some groups.
func hello(suite uint16, groups ...uint16) []byte {
	msg := []byte{3, 3}
	msg = append(msg, make([]byte, 32)...)
	msg = append(msg, 0, 0, 2, byte(suite>>8), byte(suite), 1, 0)
	extensions := []byte{0, 13, 0, 6, 0, 4, 4, 1, 4, 3, 0, 10, 0, byte(2 + 2*len(groups)), 0, byte(2 * len(groups))}
	for _, group := range groups {
		extensions = binary.BigEndian.AppendUint16(extensions, group)
	}
	msg = append(append(msg, 0, byte(len(extensions))), extensions...)
	return wire.Plain(wire.Handshake, wire.HandshakeMessage(1, msg))
}

// points returns the edge cases of public keys that test suites for ECDH have, and whether
// the server takes each one: what is on the curve, in the two forms that it reads.
func points(curve elliptic.Curve) map[string]struct {
	point []byte
	taken bool
} {
	p := curve.Params()
	size := (p.BitSize + 7) / 8
	uncompressed := func(form byte, x, y *big.Int) []byte {
		b := make([]byte, 1+2*size)
		b[0] = form
		x.FillBytes(b[1 : 1+size])
		y.FillBytes(b[1+size:])
		return b
	}
	compressed := func(form byte, x *big.Int) []byte { return append([]byte{form}, x.FillBytes(make([]byte, size))...) }
	// rootOf returns a y for x, or nil.
	rootOf := func(x *big.Int) *big.Int {
		rhs := new(big.Int).Exp(x, big.NewInt(3), p.P)
		rhs.Sub(rhs, new(big.Int).Mul(x, big.NewInt(3)))
		rhs.Add(rhs, p.B)
		return new(big.Int).ModSqrt(rhs.Mod(rhs, p.P), p.P)
	}
	find := func(onCurve bool) (x, y *big.Int) {
		for x = big.NewInt(1); ; x.Add(x, big.NewInt(1)) {
			if y = rootOf(x); (y != nil) == onCurve {
				return x, y
			}
		}
	}
	zero, one := big.NewInt(0), big.NewInt(1)
	smallX, itsY := find(true)
	offX, _ := find(false)
	negated := new(big.Int).Sub(p.P, p.Gy)
	list := map[string]struct {
		point []byte
		taken bool
	}{
		"the generator":                      {uncompressed(4, p.Gx, p.Gy), true},
		"the generator's negative":           {uncompressed(4, p.Gx, negated), true},
		"a small x, many leading zeros":      {uncompressed(4, smallX, itsY), true},
		"compressed, even":                   {compressed(2, smallX), true},
		"compressed, odd":                    {compressed(3, smallX), true},
		"compressed, on the twist":           {compressed(2, offX), false},
		"compressed, x = p":                  {compressed(2, p.P), false},
		"hybrid form":                        {uncompressed(6+byte(p.Gy.Bit(0)), p.Gx, p.Gy), false},
		"x and y are zero":                   {uncompressed(4, zero, zero), false},
		"x and y are one":                    {uncompressed(4, one, one), false},
		"x = p - 1, y = p - 1":               {uncompressed(4, new(big.Int).Sub(p.P, one), new(big.Int).Sub(p.P, one)), false},
		"x = p, y = 0":                       {uncompressed(4, p.P, zero), false},
		"off the curve by one":               {uncompressed(4, p.Gx, new(big.Int).Add(p.Gy, one)), false},
		"x and y swapped":                    {uncompressed(4, p.Gy, p.Gx), false},
		"infinity":                           {[]byte{0}, false},
		"infinity, padded to a point's size": {make([]byte, 1+2*size), false},
		"uncompressed without y":             {uncompressed(4, p.Gx, p.Gy)[:1+size], false},
		"one octet short":                    {uncompressed(4, p.Gx, p.Gy)[:2*size], false},
		"one octet more":                     {append(uncompressed(4, p.Gx, p.Gy), 0), false},
		"form 5":                             {uncompressed(5, p.Gx, p.Gy), false},
		"no octet":                           {nil, false},
	}
	// A coordinate is reduced nowhere, where the field leaves room to write it unreduced.
	if x := new(big.Int).Add(smallX, p.P); (x.BitLen()+7)/8 == size {
		list["x + p"] = struct {
			point []byte
			taken bool
		}{uncompressed(4, x, itsY), false}
	}
	foreign, _ := ecdh.P256().GenerateKey(rand.Reader)
	if curve == elliptic.P256() {
		foreign, _ = ecdh.P384().GenerateKey(rand.Reader)
	}
	list["a point of another curve"] = struct {
		point []byte
		taken bool
	}{foreign.PublicKey().Bytes(), false}
	return list
}

// TestECDHEdgeCases sends every edge case as a client's public key.
func TestECDHEdgeCases(t *testing.T) {
	curves := map[uint16]elliptic.Curve{23: elliptic.P256(), 24: elliptic.P384(), 25: elliptic.P521()}
	for _, fw := range race.Part(device.Firmwares()) {
		kind, suite, others := "rsa2048", uint16(0xc02f), []uint16(nil)
		if beforeGCM(fw) {
			kind, suite, others = "p256", 0xc009, []uint16{23}
		}
		context := recordedContext(t, fw, kind)
		for group, curve := range curves {
			if beforeGCM(fw) && fw.Groups == nil && group != 23 {
				continue // it prefers P-256, which a client of its certificate has to offer
			}
			for name, c := range points(curve) {
				t.Run(fmt.Sprintf("%s/%s/%s", fw.Name, curve.Params().Name, name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						conn, events := serve(context, device.Hello(device.DefaultBody))
						body := append([]byte{byte(len(c.point))}, c.point...)
						second := append(wire.Plain(wire.Handshake, wire.HandshakeMessage(16, body)), wire.Plain(wire.ChangeCipherSpec, []byte{1})...)
						second = append(second, wire.Plain(wire.Handshake, make([]byte, 40))...)
						sent := []wire.Octets{hello(suite, append(others, group)...), second}
						got := wire.Replay(conn, sent, wire.ReplayOptions{Pause: wire.DefaultSilence})
						require.True(t, got.Received.Done(), "the flight came")
						require.Equal(t, int(group), got.Received.Messages[2].NamedCurve)
						line := endOfPoint(fw, c.point, c.taken, curve)
						require.Equal(t, line, exceptionLine(<-events))
						var alert []int // in silence
						if a := got.Received.Alert; a != nil {
							alert = []int{int(a.Level), int(a.Description)}
						}
						require.Equal(t, alertOf(fw, nil, line), alert)
					})
				})
			}
		}
	}
}

// endOfPoint returns what a firmware says of a point. Those over Mbed TLS 2 read uncompressed ones alone, and see later that one is not
// on the curve.
func endOfPoint(fw *device.Firmware, point []byte, taken bool, curve elliptic.Curve) string {
	uncompressed := len(point) == 1+2*((curve.Params().BitSize+7)/8) && point[0] == 4
	took := tookIt
	if fw == device.MicroPython120 {
		took = shortRecord // it does not look into the record
	}
	switch {
	case fw.Generation == "" && !taken:
		return refusedIt
	case fw.Generation != "" && (uncompressed && !taken || len(point) == 1 && point[0] == 0):
		return "OSError: (-32000, 'MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_CS')"
	case fw.Generation != "" && !uncompressed:
		return "OSError: (-31872, 'MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_RP')"
	}
	return took
}

// TestSecretWithLeadingZeros: the ECDHE secret keeps its leading zeros (RFC 8422 section
// 5.10), so that client and server derive the same keys.
func TestSecretWithLeadingZeros(t *testing.T) {
	context := recordedContext(t, device.OpenMV50, "p256")
	conn, events := serve(context, device.Hello(device.DefaultBody))
	client, err := wire.NewClient(conn, 0xc02b)
	require.NoError(t, err)
	client.Wanted = func(secret []byte) bool { return new(big.Int).SetBytes(secret).BitLen() <= 8*(len(secret)-1) }
	require.NoError(t, client.Start())
	require.NoError(t, client.Complete())
	client.Send(client.Data(get))
	require.NoError(t, (<-events).Exception)
	conn.Close()
}

// TestRSAPaddingEdgeCases: nothing about a static-RSA ClientKeyExchange is ever refused
// where it is read; all but a correct one end alike at the Finished, which gives no
// oracle (RFC 5246 section 7.4.7.1).
func TestRSAPaddingEdgeCases(t *testing.T) {
	block := func(key *rsa.PublicKey, preMaster []byte) []byte {
		b := make([]byte, key.Size())
		b[1] = 2
		for i := 2; i < len(b); i++ {
			b[i] = 0xa5
		}
		b[len(b)-len(preMaster)-1] = 0
		copy(b[len(b)-len(preMaster):], preMaster)
		return b
	}
	power := func(key *rsa.PublicKey, b []byte) []byte {
		m := new(big.Int).SetBytes(b)
		return m.Exp(m, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	}
	withLength := func(b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }
	// changed returns a case whose padded block is changed before it is encrypted.
	changed := func(change func(b []byte)) func(*rsa.PublicKey, []byte) []byte {
		return func(key *rsa.PublicKey, preMaster []byte) []byte {
			b := block(key, preMaster)
			change(b)
			return withLength(power(key, b))
		}
	}
	number := func(n func(key *rsa.PublicKey) *big.Int) func(*rsa.PublicKey, []byte) []byte {
		return func(key *rsa.PublicKey, _ []byte) []byte {
			return withLength(n(key).FillBytes(make([]byte, key.Size())))
		}
	}
	for name, c := range map[string]struct {
		encrypt func(*rsa.PublicKey, []byte) []byte
		works   bool
	}{
		"correct":                         {changed(func([]byte) {}), true},
		"first octet 1":                   {changed(func(b []byte) { b[0] = 1 }), false},
		"block type 1":                    {changed(func(b []byte) { b[1] = 1 }), false},
		"block type 0":                    {changed(func(b []byte) { b[1] = 0 }), false},
		"a zero among the first eight":    {changed(func(b []byte) { b[5] = 0 }), false},
		"no zero at all":                  {changed(func(b []byte) { b[len(b)-49] = 1 }), false},
		"a zero too early":                {changed(func(b []byte) { b[len(b)-60] = 0 }), false},
		"no padding, all message":         {changed(func(b []byte) { b[2] = 0 }), false},
		"version of TLS 1.1 inside":       {changed(func(b []byte) { b[len(b)-47] = 2 }), false},
		"a message of 47 octets":          {changed(func(b []byte) { b[len(b)-49], b[len(b)-48] = 9, 0 }), false},
		"a message of 49 octets":          {changed(func(b []byte) { b[len(b)-49], b[len(b)-50] = 9, 0 }), false},
		"the number 0":                    {number(func(*rsa.PublicKey) *big.Int { return big.NewInt(0) }), false},
		"the number 1":                    {number(func(*rsa.PublicKey) *big.Int { return big.NewInt(1) }), false},
		"the modulus less one":            {number(func(k *rsa.PublicKey) *big.Int { return new(big.Int).Sub(k.N, big.NewInt(1)) }), false},
		"the modulus":                     {number(func(k *rsa.PublicKey) *big.Int { return k.N }), false},
		"all ones, more than the modulus": {func(k *rsa.PublicKey, _ []byte) []byte { return withLength([]byte(repeat0xff(k.Size()))) }, false},
		"one octet short":                 {func(k *rsa.PublicKey, m []byte) []byte { return withLength(power(k, block(k, m))[1:]) }, false},
		"one octet more": {func(k *rsa.PublicKey, m []byte) []byte {
			return withLength(append([]byte{0}, power(k, block(k, m))...))
		}, false},
		"without its length": {func(k *rsa.PublicKey, m []byte) []byte { return power(k, block(k, m)) }, false},
		"a length that is one too large": {
			func(k *rsa.PublicKey, m []byte) []byte { b := withLength(power(k, block(k, m))); b[1]++; return b },
			false,
		},
		"empty":     {func(*rsa.PublicKey, []byte) []byte { return nil }, false},
		"one octet": {func(*rsa.PublicKey, []byte) []byte { return []byte{0} }, false},
	} {
		for _, fw := range race.Part(device.Firmwares()) {
			context := recordedContext(t, fw, "rsa2048")
			t.Run(fw.Name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					conn, events := serve(context, device.Hello(device.DefaultBody))
					defer conn.Close()
					client, err := wire.NewClient(conn, 0x002f) // which every firmware has
					require.NoError(t, err)
					client.Encrypt = c.encrypt
					require.NoError(t, client.Start())
					if c.works {
						require.NoError(t, client.Complete())
						client.Send(client.Data(get))
						require.NoError(t, (<-events).Exception)
						return
					}
					require.Error(t, client.Complete())
					event := <-events
					require.Equal(t, tookIt, exceptionLine(event))
					if fw.MACAlert {
						require.Len(t, event.Alerts, 1)
						require.Equal(t, "fatal bad_record_mac (20)", event.Alerts[0].String())
						return
					}
					require.Empty(t, event.Alerts)
				})
			})
		}
	}
}

func repeat0xff(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xff
	}
	return string(b)
}
