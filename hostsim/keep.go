package hostsim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/printable"
	"github.com/leafcam/leafcam/internal/shell"
)

// keep writes everything of a cell to DIR/client/scenario: the client's home as it was at the
// end, its command line, what it printed, what the camera saw, and the camera's files.
func keep(dir string, f *Found, v *Visit, e Evidence, shown *presented) error {
	cell := filepath.Join(dir, f.Name, e.Scenario.Name)
	if err := os.MkdirAll(cell, 0o755); err != nil {
		return err
	}
	home, err := filepath.Abs(filepath.Join(cell, "home"))
	if err != nil {
		return err
	}
	if err := copyTree(v.Home, home); err != nil {
		return err
	}
	if err := sandbox.Moved(v.Home, home); err != nil {
		return err
	}
	events, err := json.MarshalIndent(e.Events, "", "  ")
	if err != nil {
		return err
	}
	fetches, err := json.MarshalIndent(e.Fetches, "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"stdout": e.Result.Stdout, "stderr": e.Result.Stderr, "events.json": printable.JSON(events), "aia.json": printable.JSON(fetches),
		"server.der": shown.cert, "chain.pem": certs.EncodePEM(shown.chain...), "root.pem": certs.EncodePEM(shown.root),
		"command.sh": []byte(repeat(dir, f, v, e, len(shown.chain))),
	}
	for i, c := range shown.chain {
		files[fmt.Sprintf("intermediate-%d.der", i+1)] = c.Raw
	}
	for name, data := range files {
		if err := atomicfile.Replace(filepath.Join(cell, name), data, atomicfile.Public); err != nil {
			return err
		}
	}
	return atomicfile.Replace(filepath.Join(cell, "server.key.der"), shown.key, atomicfile.Private)
}

// keepBuilds copies what clients needed once a run.
func (r *run) keepBuilds(found []*Found) error {
	for _, f := range found {
		if f.Build != nil && f.Installed() {
			if err := copyTree(r.buildDir(f.Client), filepath.Join(r.Keep, f.Name, "build")); err != nil {
				return err
			}
		}
	}
	return nil
}

// repeat is a shell script that shows how to do it again by hand: the camera in one terminal,
// the client in another. The directories of the run are gone, so it names their copies.
func repeat(dir string, f *Found, v *Visit, e Evidence, intermediates int) string {
	serve := "leafcam serve --cert server.der --key server.key.der"
	if e.Scenario.Server.SendsChain() {
		for i := range intermediates {
			serve += fmt.Sprintf(" --cert intermediate-%d.der --key server.key.der", i+1)
		}
	}
	script := "#!/bin/sh\n# " + e.Scenario.Title + "\n# 1. the camera, in this directory and another terminal:\n" +
		fmt.Sprintf("#    %s --listen 127.0.0.1:%d\n", serve, v.Port) + "# 2. this command, as it was run:\n"
	if len(e.Result.Args) == 0 {
		return script + "# (no program: the client is a part of leafcam)\n"
	}
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	home := filepath.Join(dir, f.Name, e.Scenario.Name, "home")
	copies := strings.NewReplacer(v.Home, home, v.BuildDir, filepath.Join(dir, f.Name, "build"))
	// Some programs name files where they run.
	return script + "cd " + shell.Word(home) + " &&\n" + copies.Replace(shell.Line(e.Result.Env, e.Result.Args)) + "\n"
}

// copyTree copies directories and regular files; sockets and links of a client's home are of
// no use later.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return nil // a client's own cleaning up
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			mode := os.FileMode(0o600)
			if info, err := entry.Info(); err == nil {
				mode |= info.Mode().Perm()
			}
			return os.WriteFile(target, data, mode)
		}
		return nil
	})
}
