package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// output is a part of a file that leafcam prints. make gets the program and an empty folder to work in.
func output(name, file string, make func(ctx context.Context, leafcam, dir string) (string, error)) part {
	fill := func(ctx context.Context, root, text string) (string, error) {
		dir, err := os.MkdirTemp("", "leafcam-readme-")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		leafcam := filepath.Join(dir, "leafcam")
		if _, err := capture(ctx, root, "go", "build", "-o", leafcam, "./cmd/leafcam"); err != nil {
			return "", err
		}
		// The markers first: a run of all clients takes minutes.
		if _, err := fillPart(text, name, ""); err != nil {
			return "", err
		}
		content, err := make(ctx, leafcam, dir)
		if err != nil {
			return "", err
		}
		return fillPart(text, name, content)
	}
	return part{name: name, file: file, fill: fill}
}

// columns is how wide outputs of this page are, so that its readers need not scroll.
const columns = "80"

func demoOutput(ctx context.Context, leafcam, dir string) (string, error) {
	out, err := capture(ctx, dir, leafcam, "demo")
	return block("", out), err
}

func checkOutput(ctx context.Context, leafcam, dir string) (string, error) {
	const host = "cam.example.com"
	if _, err := capture(ctx, dir, leafcam, "pki", host, "--aia", "http://aia.example.com", "--out", "pki"); err != nil {
		return "", err
	}
	// In the folder, so that the files have no path.
	out, err := capture(ctx, filepath.Join(dir, "pki"), leafcam, "check", "fullchain.pem", "root.pem", "privkey.pem", "--host", host)
	return block("", out), err
}

func asClientOutput(ctx context.Context, leafcam, dir string) (string, error) {
	if _, err := capture(ctx, dir, leafcam, "pki", "broker.example.com", "--out", "pki"); err != nil {
		return "", err
	}
	out, err := capture(ctx, dir, leafcam, "check", "--as-client", "pki/fullchain.pem", "--root", "pki/root.pem")
	return block("", out), err
}

func matrixOutput(ctx context.Context, leafcam, dir string) (string, error) {
	_, err := capture(ctx, dir, leafcam, "matrix", "--report", "markdown=matrix.md")
	var status *exec.ExitError
	const findings = 1 // clients that refuse the leaf alone, which is what the matrix shows
	if err != nil && !(errors.As(err, &status) && status.ExitCode() == findings) {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(dir, "matrix.md"))
	return time.Now().Format("Run on 2 January 2006.\n\n") + string(data), err
}

// capture runs a program in a folder and returns what it prints. The error has its messages.
func capture(ctx context.Context, dir, program string, args ...string) (string, error) {
	var out, messages bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &messages
	cmd.Env = append(os.Environ(), "COLUMNS="+columns)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", cmd, err, bytes.TrimSpace(messages.Bytes()))
	}
	return out.String(), nil
}
