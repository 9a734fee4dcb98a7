package main

import (
	"os"
	"strconv"
	"strings"
)

// mountedDrives returns where FAT file systems are mounted (proc_pid_mountinfo(5)).
func mountedDrives() []string {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return fatMounts(string(mounts))
}

// fatMounts reads the mount points of FAT file systems from mountinfo.
func fatMounts(mountinfo string) (list []string) {
	for line := range strings.Lines(mountinfo) {
		mount, kind, found := strings.Cut(line, " - ")
		fields := strings.Fields(mount)
		if !found || len(fields) < 5 {
			continue
		}
		if kind := strings.Fields(kind); len(kind) > 0 && (kind[0] == "vfat" || kind[0] == "msdos" || kind[0] == "exfat") {
			list = append(list, unescapeMount(fields[4]))
		}
	}
	return list
}

// unescapeMount resolves the octal escapes of blanks and backslashes.
func unescapeMount(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(path[i])
	}
	return out.String()
}
