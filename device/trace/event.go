package trace

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// An Event tells what happened on one connection. It is complete when the
// connection has ended, or the script is done with it. Its JSON form is documented in device/EVENTS.md.
type Event struct {
	ID        int       `json:"id"` // counts the accepted connections from 1
	Remote    string    `json:"remote"`
	Start     time.Time `json:"start"`
	Duration  Millis    `json:"duration_ms"`
	Handshake Millis    `json:"handshake_ms"` // until wrap_socket returned or raised

	ClientHello *ClientHello `json:"client_hello"` // nil when none came whole
	// Opening is how a connection without a ClientHello began: what the camera read of it, at
	// most maxOpening octets.
	Opening  string  `json:"opening,omitempty"`
	Chosen   *Chosen `json:"chosen"` // nil when no suite was agreed on
	Alerts   []Alert `json:"alerts"` // in the order they went over the wire
	Complete bool    `json:"handshake_complete"`

	Requests []Request `json:"requests"`
	BytesIn  int64     `json:"bytes_in"`  // on the wire
	BytesOut int64     `json:"bytes_out"` // on the wire

	// Exception is what the script raised: *OSError, *ValueError or *TypeError; nil
	// when it ended in peace. Phase is the call that raised it: wrap, read, write or
	// close.
	Exception error  `json:"-"`
	Phase     string `json:"phase"`
	// LeftOpen says that the script has let go of the connection without closing TCP: the client waits
	// until its own limit (CAMERA.md section 5.4).
	LeftOpen bool `json:"left_open,omitempty"`
}

// MarshalJSON adds the exception's text, or null.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event // without this method
	var text *string
	if e.Exception != nil {
		line := e.Exception.Error()
		text = &line
	}
	return json.Marshal(struct {
		Event string `json:"event"`
		plain
		Exception *string `json:"exception"`
	}{"connection", plain(e), text})
}

// Asked reports whether a whole request came.
func (e *Event) Asked() bool {
	return slices.ContainsFunc(e.Requests, func(r Request) bool { return !r.Cut })
}

// AlertReceived returns the last alert that the client sent, or nil.
func (e *Event) AlertReceived() *Alert { return e.lastAlert(false) }

// AlertSent returns the last alert that the camera sent, or nil.
func (e *Event) AlertSent() *Alert { return e.lastAlert(true) }

func (e *Event) lastAlert(sent bool) *Alert {
	for i := len(e.Alerts) - 1; i >= 0; i-- {
		if e.Alerts[i].Sent == sent {
			return &e.Alerts[i]
		}
	}
	return nil
}

// Millis is a duration that is written in milliseconds.
type Millis time.Duration

// MarshalJSON writes the milliseconds with three decimals.
func (m Millis) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(m)/float64(time.Millisecond)), nil
}

// An Alert is a TLS alert that went over a connection.
type Alert struct {
	Sent        bool   `json:"sent"` // by the camera; otherwise by the client
	Level       uint8  `json:"level"`
	Description uint8  `json:"description"`
	Name        string `json:"name"`      // of the description, as RFC 5246 and its successors name it
	Encrypted   bool   `json:"encrypted"` // under the connection's keys
}

// String returns "fatal unknown_ca (48)" and the like.
func (a Alert) String() string {
	level := fmt.Sprintf("level %d", a.Level)
	switch a.Level {
	case mbedtls.AlertWarning:
		level = "warning"
	case mbedtls.AlertFatal:
		level = "fatal"
	}
	return fmt.Sprintf("%s %s (%d)", level, a.Name, a.Description)
}

// AlertName returns the name of an alert's description, as RFC 5246 and its successors name
// it, or "alert N" for a number that has none.
func AlertName(description uint8) string { return mbedtls.AlertName(description) }

// Chosen is what the handshake agreed on.
type Chosen struct {
	Version            Codepoint `json:"version,omitempty"` // of TLS before 1.2; 0 for TLS 1.2
	Suite              Codepoint `json:"suite"`
	SuiteName          string    `json:"suite_name"` // as cipher() on the camera prints it
	Group              Codepoint `json:"group"`      // 0 with static RSA
	GroupName          string    `json:"group_name"`
	SignatureAlgorithm Codepoint `json:"signature_algorithm"` // 0 with static RSA
}

// VersionName returns the name of the version as cipher() on the camera prints it.
func (c *Chosen) VersionName() string { return mbedtls.VersionName(uint16(c.Version)) }

// A Request is an HTTP request as the camera's script read it.
type Request struct {
	Line      string `json:"line"` // without the line end
	UserAgent string `json:"user_agent"`
	// Cut says that the connection ended before the request did: Line may be a part of one.
	Cut bool `json:"cut,omitempty"`
}

// A Codepoint is a number of an IANA registry of TLS. It is written as four
// hexadecimal digits.
type Codepoint uint16

// UnmarshalText reads four hexadecimal digits.
func (c *Codepoint) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 16)
	*c = Codepoint(n)
	return err
}

// MarshalText returns the four digits.
func (c Codepoint) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%04x", uint16(c)), nil }
