package hostsim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/certs"
)

// keep writes everything of a cell to DIR/client/scenario: the client's home as it was at the
// end, its command line, what it printed, what the camera saw, and the camera's files.
func keep(dir string, f *Found, v *Visit, e Evidence, shown *presented) error {
	cell := filepath.Join(dir, f.Name, e.Scenario.Name)
	if err := os.MkdirAll(cell, 0o755); err != nil {
		return err
	}
	if err := copyTree(v.Home, filepath.Join(cell, "home")); err != nil {
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
		"stdout": e.Result.Stdout, "stderr": e.Result.Stderr, "events.json": events, "aia.json": fetches,
		"server.der": shown.cert, "chain.pem": certs.EncodePEM(shown.chain...), "root.pem": certs.EncodePEM(shown.root),
		"command.sh": []byte(repeat(cell, v, e)),
	}
	for name, data := range files {
		if err := certs.Replace(filepath.Join(cell, name), data, certs.ModeCert); err != nil {
			return err
		}
	}
	return certs.Replace(filepath.Join(cell, "server.key.der"), shown.key, certs.ModeKey)
}

// repeat is a shell script that shows how to do it again by hand: the camera in one terminal,
// the client in another. Directories are those of this run, which are gone, so it names the
// copy of the home.
func repeat(cell string, v *Visit, e Evidence) string {
	script := "#!/bin/sh\n" +
		"# " + e.Scenario.Title + "\n" +
		"# 1. the camera, in another terminal" + secondLoads(e.Scenario) + ":\n" +
		fmt.Sprintf("#    leafcam serve --cert server.der --key server.key.der --listen 127.0.0.1:%d\n", v.Port) +
		"# 2. this command, as it was run; the file 'stdout' beside it should hold the camera's page then\n"
	home, err := filepath.Abs(filepath.Join(cell, "home"))
	if err != nil {
		home = filepath.Join(cell, "home")
	}
	return script + strings.ReplaceAll(CommandLine(e.Result.Env, e.Result.Args), v.Home, home) + "\n"
}

func secondLoads(s Scenario) string {
	if s.Server.SendsChain() {
		return "; add --cert and --key for each certificate of chain.pem, with the same key"
	}
	return ""
}

// CommandLine returns a command line that can be pasted into a shell.
func CommandLine(env, args []string) string {
	words := []string{"env", "-i"}
	for _, word := range append(append([]string{}, env...), args...) {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// quote makes one shell word (POSIX 2.2.2).
func quote(word string) string {
	plain := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%", r)
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
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
			return os.WriteFile(target, data, 0o600)
		}
		return nil
	})
}
