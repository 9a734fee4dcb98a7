package main

import "path/filepath"

// mountedDrives returns what is mounted below /Volumes.
func mountedDrives() []string {
	list, _ := filepath.Glob("/Volumes/*") // the pattern is right
	return list
}
