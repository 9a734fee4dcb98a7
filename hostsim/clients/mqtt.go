package clients

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// mosquitto is an MQTT client. What the cell's client alone knows is its client identifier.
var mosquitto = mqttClient(&hostsim.Client{
	Name: "mosquitto_sub", Title: "mosquitto_sub", Stack: openSSL, Library: "OpenSSL (libmosquitto)",
	Needs: hostsim.Needs{Packages: []string{"mosquitto-clients"}, Programs: []string{"mosquitto_sub"}},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `host name verification failed`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("mosquitto_sub"), "-d", "-h", v.Host, "-p", port(v), "--cafile", v.CAFile, "-i", v.Path, "-t", "camera", "-E", "-W", "10",
		}}
	},
})

// mqttClient completes a client that speaks MQTT to a broker in the camera's place. Such clients print no page.
func mqttClient(c *hostsim.Client) *hostsim.Client {
	c.Isolation.HostsFile, c.Known.Silent = true, true
	c.Script, c.Protocol = broker, "MQTT"
	return c
}

// pahoPython makes a context without create_default_context, so that the flags of Python 3.13 are not its own.
var pahoPython = mqttClient(pythonClient(hostsim.Client{
	Name: "paho-python", Title: "Python paho-mqtt", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-paho-mqtt"}},
	Known: hostsim.Known{Family: "python", Words: pythonWords},
}, "import paho.mqtt; print('paho-mqtt', paho.mqtt.__version__)", `import sys, urllib.parse
import paho.mqtt.client as mqtt
broker = urllib.parse.urlsplit(sys.argv[1])
client = mqtt.Client(client_id=broker.path)
client.tls_set(ca_certs=sys.argv[2])
client.on_connect = lambda client, *_: client.subscribe("camera")
client.on_subscribe = lambda client, *_: client.disconnect()
client.connect(broker.hostname, broker.port)
client.loop_forever()`, noEnvironment))

// pahoC publishes, because its subscriber does not end. Why it refuses stands in its trace alone: the alert that
// OpenSSL sends, or that the name does not match, which it looks at after the handshake.
var pahoC = mqttClient(&hostsim.Client{
	Name: "paho_cs_pub", Title: "Paho for C (paho_cs_pub)", Stack: openSSL, Library: "OpenSSL (Paho for C)",
	Needs: hostsim.Needs{Packages: []string{"paho.mqtt.c-examples"}, Programs: []string{"paho_cs_pub"}},
	Known: hostsim.Known{Family: "openssl", Words: verdict.Words{}.
		Says(verdict.CauseName, `X509_check_host for hostname .* failed`).
		Says(verdict.CauseExpired, `SSL alert write:fatal:certificate expired`).
		Says(verdict.CauseUnknown, `SSL alert write:fatal:unknown CA`).
		Says(verdict.CauseRejected, `SSL alert write:fatal:(bad|unsupported) certificate`).
		After(`Trace : 4, \d+ \d+\.\d+ `)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("paho_cs_pub"), "-c", "ssl://" + authority(v) + ":" + port(v), "-V", "311", "--cafile", v.CAFile,
			"-i", v.Path, "-t", "camera", "-m", "hello", "--trace", "protocol",
		}}
	},
})

const pahoGoProgram = `package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func main() {
	trusted, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trusted)
	options := mqtt.NewClientOptions().AddBroker(os.Args[1]).SetClientID(os.Args[3]).SetTLSConfig(&tls.Config{RootCAs: pool})
	client := mqtt.NewClient(options)
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		fmt.Fprintln(os.Stderr, token.Error())
		os.Exit(1)
	}
	client.Disconnect(100)
}
`

// pahoGo is built from the packages that Debian has of it.
var pahoGo = mqttClient(&hostsim.Client{
	Name: "paho-go", Title: "Go paho.mqtt.golang", Stack: goTLS, Library: "crypto/tls",
	Needs: hostsim.Needs{
		Packages: []string{"golang-github-eclipse-paho.mqtt.golang-dev", "golang-go"}, Programs: []string{"go"},
		Files: []string{debianGo + "/src/github.com/eclipse/paho.mqtt.golang/client.go"}, Paths: goPaths,
	},
	Known: hostsim.Known{Family: "go", Words: goWords},
	Build: goBuild(pahoGoProgram, debianGo),
	Command: func(v *hostsim.Visit) hostsim.Command {
		program := filepath.Join(v.BuildDir, "get")
		return hostsim.Command{Args: []string{program, "ssl://" + authority(v) + ":" + port(v), v.CAFile, v.Path}}
	},
})

// debianGo is where Debian's packages with Go's sources lie, as a GOPATH.
const debianGo = "/usr/share/gocode"

// mqttJS is told its certificates as the documentation of the package does it.
var mqttJS = mqttClient(moduleClient(hostsim.Client{
	Name: "mqtt-js", Title: "MQTT.js", Stack: openSSL, Library: "OpenSSL (bundled with Node.js)",
	Needs: hostsim.Needs{Modules: []string{"mqtt@5.16.0"}},
	Known: hostsim.Known{Family: "node", Words: nodeWords},
}, "mqtt/build/index.js", `import mqtt from '%MODULE%';
import {readFileSync} from 'node:fs';
const u = new URL(process.argv[1]);
const options = {
  protocol: 'mqtts', host: u.hostname.replace(/^\[|\]$/g, ''), port: Number(u.port), clientId: u.pathname,
  ca: readFileSync(process.argv[2]), reconnectPeriod: 0,
};
const client = mqtt.connect(options).on('error', fail);
client.on('connect', () => client.subscribe('camera', () => client.end()));`, nodeNothing))

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
