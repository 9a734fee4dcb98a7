package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

const (
	settling   = 150 * time.Second
	memoryBack = 16 << 20 // octets that the runtime may keep of what it had
)

// state is what a process holds.
type state struct {
	goroutines, descriptors int
	memory                  uint64 // octets of what lives, and of stacks
}

// String shows it.
func (s state) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %.1f MiB live", s.goroutines, s.descriptors, float64(s.memory)/(1<<20))
}

func look() state {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	entries, _ := os.ReadDir("/proc/self/fd")
	return state{runtime.NumGoroutine(), len(entries), m.HeapAlloc + m.StackInuse}
}

// settle waits until what is ending has ended. Timers hold what they are for until they are over: the
// longest is that of an idle connection, two minutes.
func settle(before state) (now state) {
	for deadline := time.Now().Add(settling); ; time.Sleep(100 * time.Millisecond) {
		if now = look(); now.backTo(before) || time.Now().After(deadline) {
			return now
		}
	}
}

// backTo reports whether nothing is held that was not held before.
func (s state) backTo(before state) bool {
	return s.goroutines <= before.goroutines && s.descriptors <= before.descriptors && s.memory <= before.memory+memoryBack
}
