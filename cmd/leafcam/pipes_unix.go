//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// survivePipes makes a write to a reader that is gone an error, which it is not otherwise for
// standard output: the process would be killed. SIGPIPE is taken and not ignored: clients that are
// run would inherit that.
func survivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
