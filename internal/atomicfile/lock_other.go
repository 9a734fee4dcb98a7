//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package atomicfile

import "os"

const (
	closeFirst  = false
	unlockedFor = 0
)

// tryLock locks nothing, so that nothing is cleared.
func tryLock(*os.File) (locked bool, err error) { return false, errNoLocks }
