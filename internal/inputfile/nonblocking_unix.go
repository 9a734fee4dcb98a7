//go:build unix

package inputfile

import "syscall"

// nonBlocking lets a FIFO be opened that nobody writes to, and a terminal without becoming its owner.
const nonBlocking = syscall.O_NONBLOCK | syscall.O_NOCTTY
