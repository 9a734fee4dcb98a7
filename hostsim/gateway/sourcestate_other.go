//go:build !linux && !darwin

package gateway

import "io/fs"

// ownership would be whose a file is; nobody tells it here.
func ownership(fs.FileInfo) string { return "" }
