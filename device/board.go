package device

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A Board is what matters of one board to those who connect to it (CAMERA.md section 9).
type Board struct {
	Name      string // as given to --board
	Processor string
	MHz       int
	Heap      []int // the areas of MicroPython's heap, octets
	Network   *Network
	Epoch     time.Time // start of mbedtls_time on the board's port

	port *portMemory // port32 when nil
}

// A Network is what sits between the script and the wire: lwIP, or the WINC1500 module
// with a stack of its own (CAMERA.md section 9).
type Network struct {
	Name        string
	Connections int // that can exist at a time, waiting ones included

	SegmentSize int // TCP_MSS, octets; 0 where it is not known
	Window      int // TCP_WND, octets
	SendBuffer  int // TCP_SND_BUF, octets
	Transfer    int // largest single transfer to the stack, octets; 0 is no limit

	// LwIP says that errors come from lwIP, which has no EPIPE and repeats the error of a
	// connection for ever.
	LwIP bool
}

// Connection limits. lwIP's is the default of MEMP_NUM_TCP_PCB, which no port
// changes; the WINC1500 has seven TCP sockets, of which the listener takes one.
const (
	lwipConnections = 5
	wincConnections = 7 - 1
)

var (
	winc1500 = &Network{Name: "WINC1500", Connections: wincConnections, Transfer: 1400}
	lwip     = &Network{Name: "lwIP", Connections: lwipConnections, SegmentSize: 800, Window: 6400, SendBuffer: 6400, LwIP: true}
	lwipN6   = &Network{Name: "lwIP", Connections: lwipConnections, SegmentSize: 1460, Window: 23360, SendBuffer: 23360, LwIP: true}
	lwipAlif = &Network{Name: "lwIP", Connections: lwipConnections, SegmentSize: 1460, Window: 11680, SendBuffer: 11680, LwIP: true}
)

// tuneConn gives an accepted connection the board's send buffer, and Nagle's algorithm,
// which lwIP has on and Go off.
func (n *Network) tuneConn(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok || !n.LwIP {
		return
	}
	_ = tcp.SetNoDelay(false)
	_ = tcp.SetWriteBuffer(n.SendBuffer)
}

var (
	epoch2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	epoch1970 = time.Unix(0, 0).UTC()
)

const kib = 1 << 10

var boards = []*Board{
	{"OPENMV2", "STM32F427", 192, []int{44 * kib}, winc1500, epoch2000, port32},
	{"OPENMV3", "STM32F765", 216, []int{50 * kib}, winc1500, epoch2000, port32},
	{"OPENMV4", "STM32H743", 480, []int{64 * kib, 264 * kib}, winc1500, epoch2000, port32},
	{"OPENMV4P", "STM32H743", 480, []int{232 * kib, 4096 * kib}, winc1500, epoch2000, port32},
	{"OPENMVPT", "STM32H743", 480, []int{240 * kib, 8192 * kib}, winc1500, epoch2000, port32},
	{"OPENMV_RT1060", "MIMXRT1062", 600, []int{64 * kib, 204 * kib, 8192 * kib}, lwip, epoch1970, port32},
	{"OPENMV_N6", "STM32N657", 800, []int{1024 * kib, 24576 * kib}, lwipN6, epoch2000, port32},
	{"OPENMV_AE3", "Alif E7", 400, []int{4096 * kib}, lwipAlif, epoch1970, port32},
	{"ARDUINO_NICLA_VISION", "STM32H747", 400, []int{30 * kib, 63 * kib, 276 * kib}, lwip, epoch2000, port32},
	{"ARDUINO_GIGA", "STM32H747", 480, []int{256 * kib, 2560 * kib}, lwip, epoch2000, port32},
	{"ARDUINO_PORTENTA_H7", "STM32H747", 400, []int{176 * kib, 2560 * kib}, lwip, epoch2000, port32},
}

// memory returns what the board's port takes of the heap.
func (b *Board) memory() *portMemory {
	if b.port == nil {
		return port32
	}
	return b.port
}

// Boards returns the boards of OpenMV's firmware.
func Boards() []*Board { return slices.Clone(boards) }

// BoardByName returns the board with that name, or an error that lists the names.
func BoardByName(name string) (*Board, error) {
	var names []string
	for _, b := range boards {
		if strings.EqualFold(b.Name, name) {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return nil, fmt.Errorf("unknown board %q; known: %s", name, strings.Join(names, ", "))
}

// typicalCertificate is the length of a public CA's leaf, octets, with an EC key and
// beside the modulus of an RSA key.
const typicalCertificate = 900

// Fit returns how many TLS connections with a key of that size and a certificate of a
// public CA the heap can hold at a time; 0 when not even one handshake has the memory
// that it needs.
func (b *Board) Fit(fw *Firmware, key KeySize) int {
	m, err := boot(b)
	if err != nil || m.loadKey(key) != nil {
		return 0
	}
	length := typicalCertificate
	if key.RSA {
		length += key.Bits / 8
	}
	if m.heap.scattered(m.port.certificate(key, length)) == nil {
		return 0
	}
	return m.fit(fw, key)
}
