package atomicfile

import (
	"errors"
	"math"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// A file cannot be renamed or removed while it is open: it has no lock for the moment between.
const (
	closeFirst  = true
	unlockedFor = time.Minute
)

// tryLock locks a file, unless somebody else has. The lock goes with the open file. It is on an octet
// far behind the content, which it would keep from being written.
func tryLock(f *os.File) (locked bool, err error) {
	at := windows.Overlapped{OffsetHigh: math.MaxInt32}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return false, nil
	default:
		return false, errors.Join(errNoLocks, err)
	}
}
