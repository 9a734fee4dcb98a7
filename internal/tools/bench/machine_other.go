//go:build !linux

package main

// usage is not known here.
func usage() (u used, ok bool) { return u, false }

func loadAverage() string { return "" }
