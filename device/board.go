package device

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/internal/nearest"
)

// A Board is what matters of one board to those who connect to it (CAMERA.md section 9).
type Board struct {
	Name    string // as the build calls it, as given to --board
	Title   string // as people call it
	Aliases []string
	Project Project // whose build the figures are of

	Firmware string // name of the profile that fits the project's build for the board

	Processor string
	MHz       int
	// Heap has the areas of MicroPython's heap, from which Mbed TLS allocates, octets. Nil says that it allocates from
	// elsewhere, or that the areas are not known: then the board's memory is not modelled.
	Heap    []int
	Network *Network
	Epoch   time.Time // start of mbedtls_time on the board's port
	Unset   time.Time // what the clock says when nobody has set it

	port *portMemory // port32 when nil
}

// A Project builds firmware for boards.
type Project string

// The projects, as their own users write them.
const (
	OpenMV      Project = "OpenMV"
	MicroPython Project = "MicroPython"
)

// A Network is what sits between the script and the wire: lwIP, or the WINC1500 module
// with a stack of its own (CAMERA.md section 9).
type Network struct {
	Name        string
	Link        string // what lwIP is on, such as Ethernet
	Connections int    // that can exist at a time, waiting ones included

	SegmentSize int // TCP_MSS, octets; 0 where it is not known
	Window      int // TCP_WND, octets
	SendBuffer  int // TCP_SND_BUF, octets
	Transfer    int // largest single transfer to the stack, octets; 0 is no limit

	// LwIP says that errors come from lwIP, which has no EPIPE and repeats the error of a
	// connection for ever.
	LwIP bool
}

// String returns the stack and what it is on.
func (n *Network) String() string {
	if n.Link == "" {
		return n.Name
	}
	return n.Name + " on " + n.Link
}

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

// memory returns what the board's port takes of the heap.
func (b *Board) memory() *portMemory {
	if b.port == nil {
		return port32
	}
	return b.port
}

// Boards returns the boards, those of OpenMV's firmware first.
func Boards() []*Board { return slices.Clone(boards) }

// BoardByName returns the board with that name, title or alias. Upper and lower case, blanks, hyphens and underscores
// make no difference. The error of a name that is not known has those that are nearest, or lists the names.
func BoardByName(name string) (*Board, error) {
	var names, called []string
	for _, b := range boards {
		known := slices.Concat([]string{b.Name, b.Title}, b.Aliases)
		if slices.ContainsFunc(known, func(k string) bool { return nearest.Plain(k) == nearest.Plain(name) }) {
			return b, nil
		}
		names, called = append(names, b.Name), append(called, known...)
	}
	return nil, unknown("board", name, called, names)
}

// unknown is the error for a name that nobody has: with the nearest of those that were called, or with all names.
func unknown(kind, name string, called, names []string) error {
	if near := nearest.Names(name, called); len(near) > 0 {
		return fmt.Errorf("unknown %s %q; did you mean %s?", kind, name, strings.Join(near, ", "))
	}
	return fmt.Errorf("unknown %s %q; known: %s", kind, name, strings.Join(names, ", "))
}

// typicalCertificate is the length of a public CA's leaf, octets, with an EC key and
// beside the modulus of an RSA key.
const typicalCertificate = 900

// Fit returns how many TLS connections with a key of that size and a certificate of a
// public CA the heap can hold at a time; 0 when not even one handshake has the memory
// that it needs, and -1 where the memory is not modelled.
func (b *Board) Fit(fw *Firmware, key KeySize) int {
	if b.Heap == nil {
		return -1
	}
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
