//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreBrokenPipes makes a write to a reader that is gone an error, which it is not otherwise for
// standard output: the process would be killed.
func ignoreBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }
