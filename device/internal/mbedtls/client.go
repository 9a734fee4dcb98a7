package mbedtls

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Client returns the client's side of a connection (CAMERA.md section 11). trace may be nil.
func Client(transport io.ReadWriter, config *Config, trace *Trace) *Conn {
	c := newConn(transport, config, trace, clientSteps)
	c.client = true
	return c
}

var clientSteps = []handshakeStep{
	{(*handshake).sendClientHello, true},
	{(*handshake).readServerHello, false},
	{(*handshake).readServerCertificate, false},
	{(*handshake).readServerKeyExchange, false},
	{(*handshake).readCertificateRequest, false},
	{(*handshake).readServerHelloDone, false},
	{(*handshake).sendClientCertificate, true},
	{(*handshake).sendClientKeyExchange, true},
	{(*handshake).sendCertificateVerify, true},
	{(*handshake).sendChangeCipherSpec, true},
	{(*handshake).sendFinished, true},
	{(*handshake).readChangeCipherSpec, false},
	{(*handshake).readFinished, false},
}

// maxHostname is MBEDTLS_SSL_MAX_HOST_NAME_LEN, octets.
const maxHostname = 255

// CheckHostname returns ErrBadInputData for a hostname that is too long to be set.
func CheckHostname(hostname string) error {
	if len(hostname) > maxHostname {
		return ErrBadInputData
	}
	return nil
}

// sendClientHello (CAMERA.md section 11.1).
func (hs *handshake) sendClientHello() error {
	config := hs.c.config
	rand.Read(hs.clientRandom[:])
	binary.BigEndian.PutUint32(hs.clientRandom[:], config.Time())
	hs.start(typeClientHello)
	hs.msg = append(hs.msg, versionTLS12>>8, versionTLS12&0xff)
	hs.msg = append(hs.msg, hs.clientRandom[:]...)
	hs.msg = append(hs.msg, 0) // no session id
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(2*len(config.Profile.suites)+2))
	for _, s := range config.Profile.suites {
		hs.msg = binary.BigEndian.AppendUint16(hs.msg, s.ID)
	}
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, scsvRenegotiation)
	hs.msg = append(hs.msg, 1, 0) // no compression
	extensions := len(hs.msg)
	hs.msg = append(hs.msg, 0, 0)
	hs.appendHelloExtensions()
	binary.BigEndian.PutUint16(hs.msg[extensions:], uint16(len(hs.msg)-extensions-2))
	if trace := hs.c.tracer; trace != nil && trace.ClientHello != nil {
		length := len(hs.msg) - handshakeHeaderLen
		hs.msg[2], hs.msg[3] = byte(length>>8), byte(length)
		trace.ClientHello(hs.msg)
	}
	return hs.send()
}

func (hs *handshake) appendHelloExtensions() {
	profile := hs.c.config.Profile
	ecdhe := slices.ContainsFunc(profile.suites, (*Suite).ECDHE)
	if name := hs.c.config.Hostname; name != nil {
		hs.appendExtension(extServerName, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0) // host_name
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(*name)) })
			})
		})
	}
	if ecdhe {
		hs.appendExtension(extSupportedGroups, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, group := range profile.groups {
					b.AddUint16(group.id)
				}
			})
		})
	}
	hs.appendExtension(extSignatureAlgs, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, hash := range profile.offered {
				b.AddUint16(uint16(hash)<<8 | signECDSA)
				b.AddUint16(uint16(hash)<<8 | signRSA)
			}
		})
	})
	if ecdhe {
		hs.appendExtension(extPointFormats, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
		})
	}
}

func (hs *handshake) appendExtension(typ uint16, body func(*cryptobyte.Builder)) {
	b := cryptobyte.NewBuilder(hs.msg)
	b.AddUint16(typ)
	b.AddUint16LengthPrefixed(body)
	hs.msg = b.BytesOrPanic()
}

// nextHandshake reads the next message, which has to be one of a handshake, and takes it into the transcript.
func (hs *handshake) nextHandshake() ([]byte, error) {
	if err := hs.c.readMessage(); err != nil {
		return nil, err
	}
	msg := hs.c.handshakeMessage()
	if msg == nil {
		return nil, hs.fail(alertUnexpectedMessage, ErrUnexpectedMessage)
	}
	hs.record(msg)
	return msg, nil
}

// readServerCertificate reads the server's chain and judges it (CAMERA.md section 11.3).
func (hs *handshake) readServerCertificate() error {
	msg, err := hs.nextHandshake()
	if err != nil {
		return err
	}
	if msg[0] != typeCertificate {
		return hs.fail(alertUnexpectedMessage, ErrUnexpectedMessage)
	}
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	var list cryptobyte.String
	if len(body) < 3+3 || !body.ReadUint24LengthPrefixed(&list) || len(list) > 0xffff || !body.Empty() {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	hs.tracePeerChain(list)
	chain, err := hs.parsePeerChain(list)
	if err != nil {
		return err
	}
	return hs.judge(chain, hs.suite.serverUsage)
}

// tracePeerChain tells of a server's certificates before they are parsed.
func (hs *handshake) tracePeerChain(list cryptobyte.String) {
	if hs.c.tracer == nil || hs.c.tracer.PeerChain == nil {
		return
	}
	var chain [][]byte
	var der cryptobyte.String
	for list.ReadUint24LengthPrefixed(&der) {
		chain = append(chain, slices.Clone(der))
	}
	hs.c.tracer.PeerChain(chain)
}

// readCertificateRequest: what the server asks for has no effect, whether it asks has. A message of another kind is the
// next step's.
func (hs *handshake) readCertificateRequest() error {
	msg, err := hs.nextHandshake()
	if err != nil {
		return err
	}
	if msg[0] != typeCertificateReq {
		hs.kept = true
		return nil
	}
	hs.asked = true
	if hs.c.tracer != nil && hs.c.tracer.CertificateRequest != nil {
		hs.c.tracer.CertificateRequest()
	}
	body := cryptobyte.String(msg[handshakeHeaderLen:])
	var types, algorithms, names cryptobyte.String
	if !body.ReadUint8LengthPrefixed(&types) || !body.ReadUint16LengthPrefixed(&algorithms) ||
		!body.ReadUint16LengthPrefixed(&names) || !body.Empty() {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	return nil
}

// readServerHelloDone is silent about what is no message of a handshake.
func (hs *handshake) readServerHelloDone() error {
	c := hs.c
	if !hs.kept {
		if err := c.readMessage(); err != nil {
			return err
		}
	}
	msg := c.handshakeMessage()
	if msg == nil {
		return ErrUnexpectedMessage
	}
	if !hs.kept {
		hs.record(msg)
	}
	if len(msg) != handshakeHeaderLen || msg[0] != typeServerHelloDone {
		return hs.fail(alertDecodeError, ErrDecodeError)
	}
	return nil
}

// sendClientCertificate shows the chain that is loaded, empty or not, to a server that asked.
func (hs *handshake) sendClientCertificate() error {
	if !hs.asked {
		return nil
	}
	return hs.sendCertificate()
}

// sendCertificateVerify signs with the hash of the suite's PRF (CAMERA.md section 11.4).
func (hs *handshake) sendCertificateVerify() error {
	config := hs.c.config
	if !hs.asked || len(config.Chain) == 0 {
		return nil
	}
	alg := uint16(hashSHA256)
	if hs.transcript.Size() > 32 {
		alg = hashSHA384
	}
	alg = alg<<8 | signRSA
	if config.Key != nil && config.Key.ec != nil {
		alg = alg&0xff00 | signECDSA
	}
	signature, err := config.Key.sign(signatureHash(alg), hs.transcript.Sum(hs.digest[:0]))
	if err != nil {
		return err
	}
	hs.start(typeCertificateVerify)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, alg)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, uint16(len(signature)))
	hs.msg = append(hs.msg, signature...)
	return hs.send()
}
