// Package port holds ports of 127.0.0.1 for programs that listen on a port they are told, and cannot
// be handed a listener. Start with [Hold].
package port

import (
	"fmt"
	"strconv"
)

// A Held port belongs to a program that is yet to be started, or was ended and is started again:
// nobody else is given it, while the program, which has to set SO_REUSEADDR as servers do, can listen.
//
// Only Linux can do that. Elsewhere the port was free a moment ago.
type Held struct {
	Number  int
	release func() error
}

// Release lets the port go.
func (h *Held) Release() error { return h.release() }

// String is the number, for command lines.
func (h *Held) String() string { return strconv.Itoa(h.Number) }

// Address is where the program is to listen.
func (h *Held) Address() string { return fmt.Sprintf("127.0.0.1:%d", h.Number) }
