package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs/delivery"
)

// deploy copies the camera's files onto its drive. It is not ended in the middle.
func deploy(ctx context.Context, dir string, files []delivery.File) error {
	over := critical(ctx)
	defer over()
	err := delivery.Deploy(ctx, dir, delivery.CameraOnly(files))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, delivery.ErrInPlace):
		return environment(fmt.Errorf("--deploy: %w", err))
	case errors.Is(err, delivery.ErrNotPutBack):
		return environment(notOnly(err, "the next run with --deploy puts it back before it begins"))
	case errors.Is(err, context.Canceled) && !errors.Is(err, delivery.ErrLeftBehind):
		return ctx.Err()
	case errors.Is(err, os.ErrNotExist):
		return usage(fmt.Errorf("--deploy: %w; mount the camera's drive first", err))
	}
	return environment(notOnly(err, "what was on the drive is there still"))
}

// notOnly returns an error that is said even after an interruption, which is not all that there is to say.
func notOnly(err error, hint string) error {
	return errors.New("--deploy: " + err.Error() + "; " + hint)
}

// onDrive returns the camera's files as they will be on its drive.
func onDrive(drive string, files []delivery.File) (list []writtenFile) {
	for _, f := range delivery.CameraOnly(files) {
		path := filepath.Join(drive, f.Name)
		list = append(list, writtenFile{File: path, Octets: len(f.Data), Written: true, Replaced: isThere(path)})
	}
	return list
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isCameraDrive reports whether a drive is one that a camera with MicroPython shows: OpenMV's firmware marks it, and the
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
