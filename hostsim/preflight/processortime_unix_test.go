//go:build unix

package preflight_test

import (
	"syscall"
	"time"
)

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // of this process it never fails
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
