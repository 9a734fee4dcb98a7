package wire

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/device/internal/mbedtls"
)

// messageNames are the names of RFC 5246 for the recordings' names of messages.
var messageNames = map[string]string{"certificate_request": "CertificateRequest", "server_hello_done": "ServerHelloDone"}

// endings are the words for how an exchange ends.
var endings = map[string]string{EndOpen: "waits", EndClosed: "closes", EndCut: "does not stop sending"}

// maxParts is how many things are told of a flight: a stranger may send thousands.
const maxParts = 16

// Describe returns what a server did in one line, such as "alert fatal
// protocol_version (70), closes".
func (ex Exchange) Describe() string {
	parts := append(ex.Received.describe(), endings[ex.End])
	if ex.AfterFIN != nil {
		if more := ex.AfterFIN.Received.describe(); len(more) > 0 {
			parts = append(parts, "after FIN "+strings.Join(more, ", "))
		}
		switch ex.AfterFIN.End {
		case EndOpen:
			parts = append(parts, "stays open after FIN")
		case EndCut:
			parts = append(parts, endings[EndCut])
		}
	}
	return strings.Join(parts, ", ")
}

// describe returns nothing for a nil or empty flight.
func (f *Flight) describe() (parts []string) {
	if f == nil {
		return nil
	}
	for _, m := range f.Messages {
		parts = append(parts, m.describe())
	}
	if f.Alert != nil {
		level := map[uint8]string{1: "warning", 2: "fatal"}[f.Alert.Level]
		parts = append(parts, fmt.Sprintf("alert %s %s (%d)", level, f.Alert.Name, f.Alert.Description))
	}
	parts = append(parts, f.describeRecords()...)
	if len(f.PartialHandshake) > 0 {
		parts = append(parts, "part of a message")
	}
	if len(f.Trailing) > 0 {
		parts = append(parts, fmt.Sprintf("%d octets that are no TLS", len(f.Trailing)))
	}
	if more := len(parts) - maxParts; more > 0 {
		parts = append(parts[:maxParts], fmt.Sprintf("and %d more", more))
	}
	return parts
}

// describeRecords counts the records that hold neither messages nor alerts.
func (f *Flight) describeRecords() (parts []string) {
	names := map[uint8]string{ChangeCipherSpec: "ChangeCipherSpec", ApplicationData: "encrypted record"}
	for i := 0; i < len(f.Records); {
		typ, n := f.Records[i].Type, 0
		for ; i < len(f.Records) && f.Records[i].Type == typ; i++ {
			n++
		}
		name, known := names[typ]
		switch {
		case typ == Handshake || typ == Alert:
			continue
		case !known:
			name = fmt.Sprintf("record of type %d", typ)
		}
		if n > 1 {
			name = fmt.Sprintf("%d × %s", n, name)
		}
		parts = append(parts, name)
	}
	return parts
}

// describe leaves out what every camera sends.
func (m Message) describe() string {
	switch m.Type {
	case "server_hello":
		const usualSessionID = 32
		line := "ServerHello " + m.CipherSuite
		if m.Version != "0303" {
			line += " version " + m.Version
		}
		if *m.SessionIDLength != usualSessionID {
			line += fmt.Sprintf(" session id of %d", *m.SessionIDLength)
		}
		var extensions []string
		for _, e := range m.Extensions {
			extensions = append(extensions, fmt.Sprintf("%04x", e.Type))
		}
		return line + " (" + strings.Join(extensions, " ") + ")"
	case "certificate":
		if len(m.Certs) != 1 {
			return fmt.Sprintf("%d certificates", len(m.Certs))
		}
		return "Certificate"
	case "server_key_exchange":
		group := mbedtls.GroupName(uint16(m.NamedCurve))
		if group == "" {
			group = fmt.Sprintf("group %04x", m.NamedCurve)
		}
		return fmt.Sprintf("key exchange %s %s", group, m.SignatureAlgorithm)
	}
	if name, ok := messageNames[m.Type]; ok {
		return name
	}
	return m.Type
}
