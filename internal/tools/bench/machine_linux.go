package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks are those of /proc/stat in a second (USER_HZ).
const ticks = 100

// usage reads what all processors have done (proc_stat(5)), and how much of it this process and its children did
// that have ended.
func usage() (u used, ok bool) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, false
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return u, false
	}
	for i, field := range fields[1:9] { // guests are counted as user, too
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return u, false
		}
		u.all += n / ticks
		if i != 3 && i != 4 { // idle, iowait
			u.busy += n / ticks
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) != nil {
			return u, false
		}
		u.own += (time.Duration(r.Utime.Nano()) + time.Duration(r.Stime.Nano())).Seconds()
	}
	return u, true
}

// loadAverage is that of one, five and fifteen minutes (proc_loadavg(5)).
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data))
	return strings.Join(fields[:min(3, len(fields))], " ")
}
