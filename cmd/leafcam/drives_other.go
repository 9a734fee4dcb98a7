//go:build !linux && !darwin && !windows

package main

// mountedDrives returns nothing: where drives are mounted is not known of this system.
func mountedDrives() []string { return nil }
