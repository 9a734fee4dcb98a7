package main

import (
	"fmt"
	"io"
	"time"

	"github.com/leafcam/leafcam/internal/lossy"
)

// What a server prints while its reader is slow, and how long that may keep it from ending.
const (
	outputRoom = 1 << 20 // octets
	flushTime  = 300 * time.Millisecond
)

// unhurried returns a writer for a server's output: whoever reads it, slowly or not at all, holds up
// nobody who connects.
func unhurried(out io.Writer, gap func(left int) []byte) *lossy.Writer {
	return lossy.New(out, outputRoom, gap)
}

// logGap stands for log lines that a slow reader did not get.
func logGap(asJSON bool) func(left int) []byte {
	return func(left int) []byte {
		const words = "log lines are left out: the output is not read fast enough"
		now := time.Now().Format(time.RFC3339Nano)
		if asJSON {
			return fmt.Appendf(nil, `{"time":%q,"level":"WARN","msg":%q,"format":%d,"lines":%d}`+"\n", now, words, outputFormat, left)
		}
		return fmt.Appendf(nil, "time=%s level=WARN msg=%q lines=%d\n", now, words, left)
	}
}
