//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// sudoCaller returns who called sudo; ok is false where nobody did (sudo(8), SUDO_UID and SUDO_GID).
func sudoCaller() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, uidErr := strconv.Atoi(os.Getenv("SUDO_UID"))
	gid, gidErr := strconv.Atoi(os.Getenv("SUDO_GID"))
	return uid, gid, uidErr == nil && gidErr == nil && uid > 0
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
// in the user's way.
func giveToCaller(paths []string) error {
	uid, gid, ok := sudoCaller()
	if !ok {
		return nil
	}
	for _, path := range paths {
		if err := os.Lchown(path, uid, gid); err != nil {
			return err
		}
	}
	return nil
}
