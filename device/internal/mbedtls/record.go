package mbedtls

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Record content types (RFC 5246 section 6.2.1).
const (
	RecordChangeCipherSpec = 20
	RecordAlert            = 21
	RecordHandshake        = 22
	RecordApplicationData  = 23
)

const (
	recordHeaderLen    = 5
	handshakeHeaderLen = 4
	versionTLS12       = 0x0303
	// maxRecordInExtra is what the input buffer takes beyond the content: Mbed TLS's
	// allowance for protection (CAMERA.md section 3), octets.
	maxRecordInExtra = 320
)

// fetch reads until n octets of the current record are buffered. What a deadline
// interrupted goes on where it stopped.
func (c *Conn) fetch(n int) error {
	room := recordHeaderLen + c.config.Profile.InContentLen + maxRecordInExtra
	if c.partial != nil {
		room -= recordHeaderLen + len(c.partial) // which lies in the same buffer
	}
	if n > room {
		return ErrBadInputData
	}
	if cap(c.in) < n {
		c.in = slices.Grow(c.in, n-len(c.in))
	}
	for len(c.in) < n {
		got, err := c.transport.Read(c.in[len(c.in):n])
		c.in = c.in[:len(c.in)+got]
		if len(c.in) >= n {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return ErrConnEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nextRecord reads one record and makes its content the current one
// (CAMERA.md section 3).
func (c *Conn) nextRecord() error {
	if err := c.fetch(recordHeaderLen); err != nil {
		return err
	}
	typ, version := c.in[0], binary.BigEndian.Uint16(c.in[1:])
	length := int(binary.BigEndian.Uint16(c.in[3:]))
	if err := c.checkHeader(typ, version, length); err != nil {
		return err
	}
	if err := c.fetch(recordHeaderLen + length); err != nil {
		return err
	}
	content := c.in[recordHeaderLen:]
	c.in = c.in[:0]
	if c.unprotect != nil {
		var err error
		if content, err = c.open(typ, version, content); err != nil {
			return err
		}
	}
	if len(content) > c.config.Profile.InContentLen {
		return c.config.Profile.recordContent
	}
	c.msgType, c.msg, c.hsLen = typ, content, 0
	return nil
}

// open takes the protection off a record.
func (c *Conn) open(typ uint8, version uint16, content []byte) ([]byte, error) {
	content, err := c.unprotect.Open(typ, version, content)
	if err == nil {
		err = c.countEmpty(typ, content)
	}
	if errors.Is(err, ErrInvalidMAC) && c.config.Profile.MACAlert {
		c.sendAlert(AlertFatal, alertBadRecordMAC)
	}
	return content, err
}

// checkHeader judges a record by its header.
func (c *Conn) checkHeader(typ uint8, version uint16, length int) error {
	p := c.config.Profile
	switch {
	case typ < RecordChangeCipherSpec, typ > RecordApplicationData:
		if p.recordType.alert != 0 {
			c.sendAlert(AlertFatal, p.recordType.alert)
		}
		return p.recordType.err
	case version > versionTLS12, p.checksMajor && version>>8 != versionTLS12>>8, length == 0:
		return ErrInvalidRecord
	case p.boundsRecords && !c.unprotect.bounds(length, p.InContentLen):
		return ErrInvalidRecord
	}
	return nil
}

// maxEmptyRecords is how many empty records in a row are borne.
const maxEmptyRecords = 3

func (c *Conn) countEmpty(typ uint8, content []byte) error {
	if len(content) > 0 {
		c.emptyRecords = 0
		return nil
	}
	if typ != RecordApplicationData {
		return ErrInvalidRecord
	}
	if c.emptyRecords++; c.emptyRecords > maxEmptyRecords {
		return ErrInvalidMAC
	}
	return nil
}

// readMessage makes the next message current: a handshake message (several may
// share a record), or a record of another type. Warnings that mean nothing to
// the server are passed over.
func (c *Conn) readMessage() error {
	for {
		if err := c.advance(); err != nil {
			return err
		}
		again, err := c.examine()
		if err != nil || !again {
			return err
		}
	}
}

// advance leaves the current message behind and reads a record when nothing is left
// of the last one, or when the rest of a message is to come.
func (c *Conn) advance() error {
	if c.partial != nil {
		if err := c.nextRecord(); err != nil {
			return err
		}
		if c.msgType != RecordHandshake {
			return ErrUnexpectedMessage
		}
		c.partial = append(c.partial, c.msg...)
		c.msg = c.partial
		return nil
	}
	if c.hsLen > 0 {
		c.msg = c.msg[c.hsLen:]
		c.hsLen = 0
	} else {
		c.msg = nil
	}
	if len(c.msg) > 0 {
		return nil
	}
	return c.nextRecord()
}

// examine checks the form of the current message and reports whether to read again:
// because it is to be passed over, or because it is not whole.
func (c *Conn) examine() (again bool, err error) {
	switch c.msgType {
	case RecordHandshake:
		if len(c.msg) < handshakeHeaderLen {
			return false, ErrInvalidRecord
		}
		c.hsLen = handshakeHeaderLen + int(c.msg[1])<<16 + int(c.msg[2])<<8 + int(c.msg[3])
		if c.hsLen > len(c.msg) {
			c.hsLen = 0
			return c.keepPartial()
		}
		c.partial = nil
	case RecordChangeCipherSpec:
		if len(c.msg) != 1 || c.msg[0] != 1 {
			return false, ErrInvalidRecord
		}
	case RecordAlert:
		return c.examineAlert()
	}
	return false, nil
}

// keepPartial keeps the beginning of a message, where the build reassembles any.
func (c *Conn) keepPartial() (again bool, err error) {
	if !c.config.Profile.Reassembles {
		return false, ErrFeatureUnavailable
	}
	if c.partial == nil {
		c.partial = slices.Clone(c.msg)
	}
	return true, nil
}

func (c *Conn) examineAlert() (again bool, err error) {
	if len(c.msg) != 2 {
		return false, ErrInvalidRecord
	}
	level, description := c.msg[0], c.msg[1]
	c.trace(Alert{Level: level, Description: description, Encrypted: c.unprotect != nil})
	switch {
	case level == AlertFatal:
		return false, ErrFatalAlertMessage
	case level == AlertWarning && description == alertCloseNotify:
		return false, ErrPeerCloseNotify
	case level == AlertWarning && description == alertNoRenegotiation:
		return false, nil // the caller decides
	}
	return true, nil
}

// handshakeMessage returns the current handshake message with its header, or nil
// when the current message is of another kind.
func (c *Conn) handshakeMessage() []byte {
	if c.msgType != RecordHandshake {
		return nil
	}
	return c.msg[:c.hsLen]
}

// writeRecord sends one record, in a write of its own. The caller holds the write lock.
func (c *Conn) writeRecord(typ uint8, content []byte) error {
	if err := c.flush(); err != nil {
		return err
	}
	c.out = c.appendRecord(c.out[:0], typ, content)
	c.unsent = c.out
	return c.flush()
}

// appendRecord appends a record to dst.
func (c *Conn) appendRecord(dst []byte, typ uint8, content []byte) []byte {
	start := len(dst)
	dst = append(dst, typ, byte(c.version>>8), byte(c.version), 0, 0)
	if c.protect != nil {
		dst = c.protect.Seal(dst, typ, c.version, content)
	} else {
		dst = append(dst, content...)
	}
	binary.BigEndian.PutUint16(dst[start+3:], uint16(len(dst)-start-recordHeaderLen))
	return dst
}

// flush sends what a deadline left of the last record.
func (c *Conn) flush() error {
	for len(c.unsent) > 0 {
		n, err := c.transport.Write(c.unsent)
		c.unsent = c.unsent[n:]
		if err != nil {
			return err
		}
	}
	return nil
}

// sendAlert sends an alert. Mbed TLS ignores whether that succeeds where it then
// returns another error, and so do the callers.
func (c *Conn) sendAlert(level, description uint8) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.trace(Alert{Level: level, Description: description, Sent: true, Encrypted: c.protect != nil})
	_ = c.writeRecord(RecordAlert, []byte{level, description})
}
