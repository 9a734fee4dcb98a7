package delivery

import (
	"os"

	"golang.org/x/sys/unix"
)

// forgetCached lets the next reading of a file come from its drive. It is advice: what cannot take it reads as usual.
func forgetCached(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
