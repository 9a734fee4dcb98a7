//go:build !linux

package delivery

import "os"

// forgetCached does nothing: this system has no such advice.
func forgetCached(*os.File) {}
