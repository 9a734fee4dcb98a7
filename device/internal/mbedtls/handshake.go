package mbedtls

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// handshake is the state of a handshake in progress.
type handshake struct {
	c          *Conn
	done       int // steps
	hello      clientHello
	suite      *Suite
	transcript hash.Hash
	messages   []byte       // the transcript itself, kept where it is needed: a client signs it, or its hash is not agreed on yet
	peer       *Certificate // of the other side, nil when it showed none
	asked      bool         // for a client's certificate
	kept       bool         // the current message is the next one, too

	clientRandom [32]byte // of a client's own; a server finds it in the hello
	serverRandom [32]byte
	exchange     keyExchange
	serverPoint  []byte // of a server's key exchange, as it came
	keys         *KeySchedule
	client       *Protection // of what the client sends
	server       *Protection

	msg    []byte   // the message that is being written
	digest [64]byte // of the transcript
}

// A handshakeStep sends or reads one message.
type handshakeStep struct {
	run   func(*handshake) error
	sends bool
}

var handshakeSteps = []handshakeStep{
	{(*handshake).readClientHello, false},
	{(*handshake).sendServerHello, true},
	{(*handshake).sendCertificate, true},
	{(*handshake).sendServerKeyExchange, true},
	{(*handshake).sendCertificateRequest, true},
	{(*handshake).sendServerHelloDone, true},
	{(*handshake).readClientCertificate, false},
	{(*handshake).readClientKeyExchange, false},
	{(*handshake).readCertificateVerify, false},
	{(*handshake).readChangeCipherSpec, false},
	{(*handshake).readFinished, false},
	{(*handshake).sendChangeCipherSpec, true},
	{(*handshake).sendFinished, true},
}

// Handshake runs the handshake (CAMERA.md sections 2 to 5.1, and 11 for a client). On failure
// it returns an *Error or the transport's error; an alert was sent where the
// camera sends one. It never closes the transport. Called again, it goes on with the
// step that failed, as mbedtls_ssl_handshake does: that is of use after a deadline
// and after ErrPeerCloseNotify.
func (c *Conn) Handshake() error {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	if c.state.Complete {
		return nil
	}
	if c.hs == nil {
		c.hs = &handshake{c: c, msg: make([]byte, 0, initialBuffer)}
	}
	for c.hs.done < len(c.steps) {
		step := c.steps[c.hs.done]
		err := step.run(c.hs)
		if err == nil || step.sends {
			c.hs.done++ // what a deadline cut off is sent before the next record
		}
		if err != nil {
			return err
		}
	}
	c.state.Complete = true
	c.hs = nil
	return nil
}

func (hs *handshake) readClientHello() error {
	msg, err := hs.c.readClientHello()
	if err != nil {
		return err
	}
	body := msg[handshakeHeaderLen:]
	p := hs.c.config.Profile
	hs.hello.profile, hs.hello.offered = p, binary.BigEndian.Uint16(body)
	if hs.hello.version = p.negotiate(hs.hello.offered); hs.hello.version == 0 {
		// The record of this alert carries the version that the client asked for.
		hs.c.version = hs.hello.offered
		return hs.refuse(&p.version)
	}
	hs.c.version = hs.hello.version
	if err := hs.hello.parse(body); err != nil {
		return hs.refuse(err)
	}
	suite, none := hs.hello.chooseSuite(hs.c.config.Chain)
	if suite == nil {
		return hs.refuse(none)
	}
	hs.suite, hs.c.state.Suite = suite, suite
	hs.transcript = hs.suite.transcript()
	hs.record(msg)
	return nil
}

// record adds a message to the transcript.
func (hs *handshake) record(msg []byte) {
	if hs.transcript != nil {
		hs.transcript.Write(msg)
	}
	if hs.transcript == nil || hs.c.config.VerifyMode != VerifyNone {
		hs.messages = append(hs.messages, msg...)
	}
}

// refuse sends a refusal's alert, if it has one, and returns its error.
func (hs *handshake) refuse(r *refusal) error {
	if r.alert != 0 {
		hs.c.sendAlert(AlertFatal, r.alert)
	}
	return r.err
}

// fail sends a fatal alert and returns the error that goes with it.
func (hs *handshake) fail(alert uint8, err *Error) error { return hs.refuse(&refusal{alert, err}) }

// start begins a message of the given type; send completes and sends it.
func (hs *handshake) start(typ uint8) {
	hs.msg = append(hs.msg[:0], typ, 0, 0, 0)
}

func (hs *handshake) send() error {
	length := len(hs.msg) - handshakeHeaderLen
	hs.msg[1], hs.msg[2], hs.msg[3] = byte(length>>16), byte(length>>8), byte(length)
	hs.record(hs.msg)
	return hs.write(RecordHandshake, hs.msg)
}

func (hs *handshake) write(typ uint8, content []byte) error {
	hs.c.writeMu.Lock()
	defer hs.c.writeMu.Unlock()
	return hs.c.writeRecord(typ, content)
}

// sendServerHello: the session id is always new, and few extensions are ever sent (CAMERA.md sections 2.2 and 10.3).
func (hs *handshake) sendServerHello() error {
	var sessionID [32]byte
	rand.Read(sessionID[:])
	rand.Read(hs.serverRandom[:])
	binary.BigEndian.PutUint32(hs.serverRandom[:], hs.c.config.Time())

	hs.start(typeServerHello)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, hs.hello.version)
	hs.msg = append(hs.msg, hs.serverRandom[:]...)
	hs.msg = append(hs.msg, byte(len(sessionID)))
	hs.msg = append(hs.msg, sessionID[:]...)
	hs.msg = binary.BigEndian.AppendUint16(hs.msg, hs.suite.ID)
	hs.msg = append(hs.msg, 0) // no compression

	block := len(hs.msg)
	hs.msg = append(hs.msg, 0, 0)
	if hs.hello.renegotiate {
		hs.msg = append(hs.msg, extRenegotiation>>8, extRenegotiation&0xff, 0, 1, 0)
	}
	hs.msg = hs.hello.agreed.append(hs.msg, hs.suite)
	hs.c.state.MaxFragment = maxFragments[hs.hello.agreed.maxFragment]
	if hs.hello.pointFormats && hs.suite.Curves() {
		hs.msg = append(hs.msg, 0, extPointFormats, 0, 2, 1, 0)
	}
	if length := len(hs.msg) - block - 2; length > 0 {
		binary.BigEndian.PutUint16(hs.msg[block:], uint16(length))
	} else {
		hs.msg = hs.msg[:block]
	}
	return hs.send()
}

// sendCertificate presents the chain as loaded. A chain that does not fit the output
// buffer ends the handshake without a word (CAMERA.md section 1.5).
func (hs *handshake) sendCertificate() error {
	total := 0
	for _, cert := range hs.c.config.Chain {
		total += 3 + len(cert.Raw)
	}
	if handshakeHeaderLen+3+total > hs.c.config.Profile.OutContentLen {
		return hs.refuse(&hs.c.config.Profile.chain)
	}
	hs.start(typeCertificate)
	hs.msg = appendUint24(hs.msg, total)
	for _, cert := range hs.c.config.Chain {
		hs.msg = append(appendUint24(hs.msg, len(cert.Raw)), cert.Raw...)
	}
	return hs.send()
}

func appendUint24(b []byte, n int) []byte {
	return append(b, byte(n>>16), byte(n>>8), byte(n))
}

func (hs *handshake) sendServerKeyExchange() error {
	if hs.suite.ecdh {
		return hs.c.config.checkStaticECDH()
	}
	if !hs.suite.ecdhe {
		return nil
	}
	hs.start(typeServerKeyExchange)
	if err := hs.appendKeyExchange(); err != nil {
		return err
	}
	return hs.send()
}

func (hs *handshake) sendServerHelloDone() error {
	hs.start(typeServerHelloDone)
	return hs.send()
}

// readClientKeyExchange: every failure here is silent (CAMERA.md section 4).
func (hs *handshake) readClientKeyExchange() error {
	c := hs.c
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	if msg == nil || msg[0] != typeClientKeyExchange {
		return hs.refuse(&c.config.Profile.keyExchange)
	}
	preMaster, err := hs.preMaster(msg[handshakeHeaderLen:])
	if err != nil {
		return err
	}
	hs.record(msg)
	return hs.deriveKeys(preMaster, &hs.hello.random)
}

// deriveKeys prepares the protection of both directions.
func (hs *handshake) deriveKeys(preMaster []byte, clientRandom *[32]byte) (err error) {
	if hs.hello.agreed.extendedMasterSecret {
		session := hs.transcript.Sum(hs.digest[:0])
		hs.keys = NewExtendedKeySchedule(hs.suite, preMaster, session, clientRandom, &hs.serverRandom)
	} else {
		hs.keys = NewKeySchedule(hs.suite, preMaster, clientRandom, &hs.serverRandom)
	}
	hs.keys.EncryptThenMAC = hs.hello.agreed.encryptThenMAC
	if trace := hs.c.tracer; trace != nil && trace.Secret != nil {
		trace.Secret(clientRandom[:], hs.keys.master[:])
	}
	if hs.client, hs.server, err = hs.keys.Protections(); err != nil {
		return ErrInternal
	}
	return nil
}

// own and other return the protection of what this side sends, and of what it receives, with the labels of the
// Finished messages.
func (hs *handshake) own() (*Protection, string) {
	if hs.c.client {
		return hs.client, "client finished"
	}
	return hs.server, "server finished"
}

func (hs *handshake) other() (*Protection, string) {
	if hs.c.client {
		return hs.server, "server finished"
	}
	return hs.client, "client finished"
}

// preMaster returns the pre-master secret for the body of a ClientKeyExchange.
func (hs *handshake) preMaster(body []byte) ([]byte, error) {
	done, err := hs.c.config.compute(OperationSecret, hs.suite)
	if err == nil {
		defer done()
	}
	switch {
	case !hs.suite.Curves() && err != nil:
		return hs.c.config.decryptPreMaster(nil, hs.hello.offered), nil
	case !hs.suite.Curves():
		return hs.c.config.decryptPreMaster(body, hs.hello.offered), nil
	case err != nil:
		return nil, err
	case hs.suite.ecdh:
		return hs.c.config.Key.agree(body)
	}
	return hs.agree(body)
}

func (hs *handshake) readChangeCipherSpec() error {
	c := hs.c
	if err := c.readMessage(); err != nil {
		return err
	}
	if c.msgType != RecordChangeCipherSpec {
		return hs.fail(alertUnexpectedMessage, ErrUnexpectedMessage)
	}
	c.unprotect, _ = hs.other()
	return nil
}

// readFinished: a server's alerts go out unencrypted, because it has not changed
// its own cipher yet (CAMERA.md section 5.1).
func (hs *handshake) readFinished() error {
	c, p := hs.c, hs.c.config.Profile
	_, label := hs.other()
	want := hs.keys.VerifyData(label, hs.transcript.Sum(hs.digest[:0]))
	if err := c.readMessage(); err != nil {
		return err
	}
	msg := c.handshakeMessage()
	switch {
	case msg == nil:
		return hs.refuse(&p.finishedRecord)
	case msg[0] != typeFinished:
		return hs.refuse(&p.finished)
	case len(msg) != handshakeHeaderLen+verifyDataLen:
		return hs.refuse(&p.finishedLength)
	case subtle.ConstantTimeCompare(msg[handshakeHeaderLen:], want[:]) != 1:
		return hs.refuse(&p.finishedValue)
	}
	hs.transcript.Write(msg)
	return nil
}

func (hs *handshake) sendChangeCipherSpec() error {
	return hs.write(RecordChangeCipherSpec, []byte{1})
}

func (hs *handshake) sendFinished() error {
	var label string
	hs.c.protect, label = hs.own()
	verify := hs.keys.VerifyData(label, hs.transcript.Sum(hs.digest[:0]))
	hs.start(typeFinished)
	hs.msg = append(hs.msg, verify[:]...)
	return hs.send()
}
