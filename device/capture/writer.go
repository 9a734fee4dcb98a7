// Package capture writes what goes over a camera's connections to a pcapng file that
// Wireshark opens decrypted. The packets are rebuilt from what the camera's sockets read
// and wrote: contents, order, directions and times are true, segments and
// acknowledgements are not the kernel's.
//
// Start with [NewWriter]; [Writer.Conn] goes around each accepted connection.
package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/leafcam/leafcam/internal/lossy"
)

// room is what is kept for a slow disk, in octets.
const room = 16 << 20

// ErrIncomplete is returned by Close when a slow disk did not get everything.
var ErrIncomplete = errors.New("the disk did not keep up")

// A Writer writes one pcapng file. It may be used by several connections at a time, and never waits for
// the disk: what there is no room for is left out, and counted in the interface's statistics, which stand
// in its place.
type Writer struct {
	disk *lossy.Writer

	mu    sync.Mutex
	out   *pcapgo.NgWriter
	block bytes.Buffer // what out has made, until it goes to the disk as a whole
	err   error        // the first one; nothing is written after it

	counts sync.Mutex
	left   int // packets and secrets that were left out
}

// NewWriter writes the head of a pcapng file to w. Every packet is on its way to w before
// the next one is taken, so that an interrupted capture can be read. Close has to be called.
func NewWriter(w io.Writer) (*Writer, error) {
	c := &Writer{}
	var err error
	if c.out, err = newBlocks(&c.block); err != nil {
		return nil, err
	}
	if _, err := w.Write(c.block.Bytes()); err != nil {
		return nil, err
	}
	c.block.Reset()
	c.disk = lossy.New(w, room, c.gap)
	return c, nil
}

// newBlocks returns what makes blocks, and the head of a file.
func newBlocks(w io.Writer) (*pcapgo.NgWriter, error) {
	out, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "leafcam", Description: "rebuilt from the camera's sockets",
		LinkType: layers.LinkTypeRaw, SnapLength: 0, TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "leafcam"}})
	if err != nil {
		return nil, err
	}
	return out, out.Flush()
}

// gap returns a block that stands for what was left out: the statistics of the interface, which count from
// the beginning on.
func (w *Writer) gap(left int) []byte {
	w.counts.Lock()
	defer w.counts.Unlock()
	w.left += left
	var block bytes.Buffer
	out, err := newBlocks(&block)
	block.Reset()
	if err == nil {
		err = out.WriteInterfaceStats(0, pcapgo.NgInterfaceStatistics{
			LastUpdate: time.Now(), PacketsDropped: uint64(w.left), PacketsReceived: pcapgo.NgNoValue64,
		})
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return nil // a buffer takes everything
	}
	return block.Bytes()
}

// Close waits for the disk for as long as it may, and returns Err, or ErrIncomplete.
func (w *Writer) Close(limit time.Duration) error {
	if err := w.disk.Close(limit); err != nil {
		return err
	}
	if err := w.Err(); err != nil {
		return err
	}
	w.counts.Lock()
	defer w.counts.Unlock()
	switch {
	case w.left > 0:
		return fmt.Errorf("%w: %d packets are left out", ErrIncomplete, w.left)
	case !w.disk.Drained():
		return fmt.Errorf("%w: the end is missing", ErrIncomplete)
	}
	return nil
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
	if w.err == nil {
		return w.disk.Err()
	}
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
	if w.err == nil {
		_, w.err = w.disk.Write(w.block.Bytes())
	}
	w.block.Reset()
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
