//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// What a file allows that is open: all.
const (
	closeFirst  = false
	unlockedFor = 0
)

// tryLock locks a file, unless somebody else has. The lock goes with the open file.
func tryLock(f *os.File) (locked bool, err error) {
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, nil
	default:
		return false, errors.Join(errNoLocks, err)
	}
}
