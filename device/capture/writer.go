// Package capture writes what goes over a camera's connections to a pcapng file that
// Wireshark opens decrypted. The packets are rebuilt from what the camera's sockets read
// and wrote: contents, order, directions and times are true, segments and
// acknowledgements are not the kernel's.
//
// Start with [NewWriter]; [Writer.Conn] goes around each accepted connection.
package capture

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A Writer writes one pcapng file. It may be used by several connections at a time.
type Writer struct {
	mu  sync.Mutex
	out *pcapgo.NgWriter
	err error // the first one; nothing is written after it
}

// NewWriter writes the head of a pcapng file to w. Every packet is on its way to w before
// the next one is taken, so that an interrupted capture can be read.
func NewWriter(w io.Writer) (*Writer, error) {
	out, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "leafcam", Description: "rebuilt from the camera's sockets",
		LinkType: layers.LinkTypeRaw, SnapLength: 0, TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "leafcam"}})
	if err != nil {
		return nil, err
	}
	return &Writer{out: out}, out.Flush()
}

// Secret adds the secret of a connection, so that what follows can be decrypted: the
// client random of its ClientHello and the master secret (RFC 5246 section 8.1).
func (w *Writer) Secret(clientRandom, masterSecret []byte) {
	w.write(func() error {
		return w.out.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, []byte(KeyLogLine(clientRandom, masterSecret)))
	})
}

// KeyLogLine returns a line of the format that SSLKEYLOGFILE has (RFC 9850).
func KeyLogLine(clientRandom, masterSecret []byte) string {
	return fmt.Sprintf("CLIENT_RANDOM %x %x\n", clientRandom, masterSecret)
}

// Err returns the error that ended the capture, or nil.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *Writer) write(f func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = f()
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
}

// packet writes one packet.
func (w *Writer) packet(from, to *net.TCPAddr, tcp *layers.TCP, payload []byte) {
	w.write(func() error {
		data, err := serialize(from, to, tcp, payload)
		if err != nil {
			return err
		}
		return w.out.WritePacket(gopacket.CaptureInfo{Timestamp: time.Now(), CaptureLength: len(data), Length: len(data)}, data)
	})
}

// serialize returns an IP packet.
func serialize(from, to *net.TCPAddr, tcp *layers.TCP, payload []byte) ([]byte, error) {
	const ttl = 64
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(from.Port), layers.TCPPort(to.Port)
	var ip interface {
		gopacket.SerializableLayer
		gopacket.NetworkLayer
	}
	if from.IP.To4() != nil && to.IP.To4() != nil {
		ip = &layers.IPv4{Version: 4, TTL: ttl, Protocol: layers.IPProtocolTCP, SrcIP: from.IP.To4(), DstIP: to.IP.To4()}
	} else {
		ip = &layers.IPv6{Version: 6, HopLimit: ttl, NextHeader: layers.IPProtocolTCP, SrcIP: from.IP.To16(), DstIP: to.IP.To16()}
	}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		return nil, err
	}
	buffer := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buffer,
		gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, tcp, gopacket.Payload(payload))
	return buffer.Bytes(), err
}
