//go:build !unix

package preflight_test

import (
	"time"
)

var began = time.Now()

// processorTime is the time that has passed: what the process had of it is not known here.
func processorTime() time.Duration { return time.Since(began) }
