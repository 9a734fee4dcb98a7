package clients

import (
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// mosquitto is an MQTT client. What the cell's client alone knows is its client identifier.
var mosquitto = &hostsim.Client{
	Name: "mosquitto_sub", Title: "mosquitto_sub", Stack: openSSL, Library: "OpenSSL (libmosquitto)",
	Needs:     hostsim.Needs{Packages: []string{"mosquitto-clients"}, Programs: []string{"mosquitto_sub"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `host name verification failed`), Silent: true},
	Script:    broker,
	Protocol:  "MQTT",
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("mosquitto_sub"), "-d", "-h", v.Host, "-p", port(v), "--cafile", v.CAFile, "-i", v.Path, "-t", "camera", "-E", "-W", "10",
		}}
	},
}

// Packet types of MQTT 3.1.1 (section 2.2.1) that a broker and a subscriber exchange.
const (
	mqttConnect    = 1
	mqttConnAck    = 2
	mqttSubscribe  = 8
	mqttSubAck     = 9
	mqttDisconnect = 14
)

// broker answers CONNECT and SUBSCRIBE as an MQTT broker does.
func broker(string) device.Script {
	return device.Script{Name: "mqtt", Connections: 1, Serve: func(s *device.Session) error {
		if err := s.Wrap(); err != nil {
			return err
		}
		for {
			kind, body, err := readPacket(s)
			if err != nil {
				return err
			}
			switch kind {
			case mqttConnect:
				s.Note(trace.Request{Line: fmt.Sprintf("MQTT CONNECT %q", body)})
				_, err = s.Write([]byte{mqttConnAck << 4, 2, 0, 0})
			case mqttSubscribe:
				if len(body) < 2 {
					return errors.New("mqtt: SUBSCRIBE without an identifier")
				}
				_, err = s.Write([]byte{mqttSubAck << 4, 3, body[0], body[1], 0})
			case mqttDisconnect:
				return s.Close()
			}
			if err != nil {
				return err
			}
		}
	}}
}

// octets is where packets are read from.
type octets interface {
	ReadN(n int) ([]byte, error)
}

// maxPacket is the most that a packet may hold, octets.
const maxPacket = 64 << 10

// readPacket reads one MQTT packet (section 2): type, remaining length, the rest.
func readPacket(s octets) (kind byte, body []byte, err error) {
	head, err := s.ReadN(1)
	if err != nil {
		return 0, nil, err
	}
	size := 0
	for shift := 0; shift < 28; shift += 7 {
		b, err := s.ReadN(1)
		if err != nil {
			return 0, nil, err
		}
		size |= int(b[0]&0x7f) << shift
		if b[0]&0x80 == 0 {
			break
		}
	}
	if size > maxPacket {
		return 0, nil, errors.New("mqtt: packet too large")
	}
	body, err = s.ReadN(size)
	return head[0] >> 4, body, err
}
