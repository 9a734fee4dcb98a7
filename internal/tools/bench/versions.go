package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// goVersion is of what this program was built with, as are the benchmarks.
func goVersion(context.Context) (string, error) { return runtime.Version(), nil }

// opensslVersion is as openssl says it: "OpenSSL 3.5.1".
func opensslVersion(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "openssl", "version").Output()
	if err != nil {
		return "", fmt.Errorf("openssl: %w", err)
	}
	fields := strings.Fields(string(out))
	return strings.Join(fields[:min(2, len(fields))], " "), nil
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// versionOf asks a server, which may lie where users do not look.
func versionOf(program string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		path, err := exec.LookPath(program)
		if err != nil {
			if path, err = exec.LookPath("/usr/sbin/" + program); err != nil {
				return "", fmt.Errorf("%s is not installed", program)
			}
		}
		out, err := exec.CommandContext(ctx, path, "-v").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%s -v: %w", path, err)
		}
		number := versionNumber.Find(out)
		if number == nil {
			return "", errors.New(path + " -v says no version")
		}
		return string(number), nil
	}
}
