//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// sudoCaller returns who called sudo; ok is false where nobody did (sudo(8), SUDO_UID and SUDO_GID).
func sudoCaller() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, uidOK := userNumber(os.Getenv("SUDO_UID"))
	gid, gidOK := userNumber(os.Getenv("SUDO_GID"))
	return uid, gid, uidOK && gidOK && uid > 0
}

// userNumber reads the number of a user or a group, which has 32 bits. The last one stands for no change (chown(2)).
func userNumber(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return int(n), err == nil && n != math.MaxUint32
}

// missingFolders returns those that making a folder makes, the outermost first.
func missingFolders(dir string) (list []string) {
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return list
		}
		list = append([]string{dir}, list...)
		dir = filepath.Dir(dir)
	}
}

// giveToCaller gives files and folders that were made to the user who called sudo: root's files in a user's folder are
// in the user's way. Those in a folder that was there and is not the user's stay root's. It returns why some could not
// be given away; "" when all were.
func giveToCaller(folder string, paths []string) (note string) {
	uid, gid, ok := sudoCaller()
	if !ok || !belongsTo(folder, uid) {
		return ""
	}
	for _, path := range paths {
		if err := os.Lchown(path, uid, gid); err != nil {
			return fmt.Sprintf("what was written stays root's: %v", err) // as on FAT, which knows no owners
		}
	}
	return ""
}

func belongsTo(path string, uid int) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == uint32(uid)
}
