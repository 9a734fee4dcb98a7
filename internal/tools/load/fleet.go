package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/trace"
)

// A fleet is many cameras.
type fleet struct {
	cameras        []*device.Camera
	served, raised atomic.Int64
}

// startFleet starts cameras with a certificate each.
func startFleet(count int) (*fleet, error) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		return nil, err
	}
	f := &fleet{}
	for i := range count {
		leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{fmt.Sprintf("cam%d.example.com", i)}})
		if err != nil {
			return nil, err
		}
		context := device.NewSSLContext(device.OpenMV50)
		if err := context.LoadCertChain(leaf.DER(), leaf.KeyDER()); err != nil {
			return nil, err
		}
		camera, err := device.Start(device.CameraConfig{Context: context, OnEvent: f.note})
		if err != nil {
			return nil, fmt.Errorf("camera %d: %w", i+1, err)
		}
		f.cameras = append(f.cameras, camera)
	}
	return f, nil
}

func (f *fleet) note(e trace.Event) {
	f.served.Add(1)
	if e.Exception != nil {
		f.raised.Add(1)
	}
}

func (f *fleet) addresses() (list []string) {
	for _, c := range f.cameras {
		list = append(list, c.Addr().String())
	}
	return list
}

func (f *fleet) close() {
	for _, c := range f.cameras {
		c.Close()
	}
}

// A measurement is what this process uses, octets.
type measurement struct {
	live       int // heap that is reachable, and stacks
	resident   int // as the system counts it; 0 where it does not say
	goroutines int
}

func measure() measurement {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return measurement{int(stats.HeapAlloc + stats.StackInuse), resident(), runtime.NumGoroutine()}
}

func resident() int {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(status)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(string(fields[1]))
	return pages * os.Getpagesize()
}

// size writes octets for people.
func size(n int) string {
	const kib, mib = 1 << 10, 1 << 20
	if n >= 10*mib {
		return fmt.Sprintf("%.1f MiB", float64(n)/mib)
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/kib)
}
