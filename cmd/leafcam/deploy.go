package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs/delivery"
)

// deploy copies the camera's files onto its drive.
func deploy(ctx context.Context, dir string, files []delivery.File) error {
	err := delivery.Deploy(ctx, dir, delivery.CameraOnly(files))
	switch {
	case err == nil, ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrNotExist):
		return usage(fmt.Errorf("--deploy: %w; mount the camera's drive first", err))
	}
	return environment(fmt.Errorf("--deploy: %w; what was on the drive is there still", err))
}

// isCameraDrive tells whether a drive is one that a camera with MicroPython shows: OpenMV's firmware marks it, and the
// scripts that are run at the start lie on every one.
func isCameraDrive(dir string) bool {
	for _, name := range []string{".openmv_disk", "main.py", "boot.py"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// cameraDrive returns the drive of a camera that is mounted here; "" without one, or with several.
func cameraDrive() string {
	found := ""
	for _, dir := range mountedDrives() {
		if !isCameraDrive(dir) {
			continue
		}
		if found != "" {
			return ""
		}
		found = dir
	}
	return found
}
