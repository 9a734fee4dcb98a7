package gateway

import (
	"fmt"
	"io/fs"
	"syscall"
)

// ownership is whose a file is, and when that, its mode or its contents were changed.
func ownership(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(stat.Uid, stat.Gid, stat.Ctimespec.Sec, stat.Ctimespec.Nsec)
}
