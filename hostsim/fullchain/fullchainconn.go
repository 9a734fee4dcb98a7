package fullchain

import (
	"encoding/binary"
	"net"

	"github.com/leafcam/leafcam/device/trace"
)

// A recordReader reads no further than to the end of a record or of its header, as the camera
// does. A capture has the secrets of a connection then before what they decrypt.
type recordReader struct {
	net.Conn
	header [headerLen]byte
	have   int // octets of the header
	left   int // octets of the record's content
}

func (r *recordReader) Read(p []byte) (int, error) {
	if r.left > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.left)])
		r.left -= n
		return n, err
	}
	n, err := r.Conn.Read(p[:min(len(p), headerLen-r.have)])
	r.have += copy(r.header[r.have:], p[:n])
	if r.have == headerLen {
		r.have, r.left = 0, int(binary.BigEndian.Uint16(r.header[3:]))
	}
	return n, err
}

// An alertWatch notes the alert with which crypto/tls refuses a client, which its error does not
// tell. Alerts in the handshake of TLS 1.2 are not encrypted.
type alertWatch struct {
	net.Conn
	sent *trace.Alert
}

func (w *alertWatch) Write(p []byte) (int, error) {
	if len(p) == headerLen+2 && p[0] == alertType {
		w.sent = &trace.Alert{Sent: true, Level: p[5], Description: p[6], Name: trace.AlertName(p[6])}
	}
	return w.Conn.Write(p)
}

// headerLen is the length of a record's header in octets, alertType the type of one with an alert
// (RFC 5246 section 6.2.1).
const (
	headerLen = 5
	alertType = 21
)
