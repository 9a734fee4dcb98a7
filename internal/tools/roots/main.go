// Command roots writes the data of package certs/truststores: since when, and until when, a root has been in
// the lists of Mozilla and of Android. It reads both from the history of git repositories: python-certifi,
// which follows Mozilla's list, and Android's platform/system/ca-certificates. Run it at the project's root.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/truststores"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/certname"
)

func main() {
	mozilla := flag.String("mozilla", "", "`DIR` of a clone of github.com/certifi/python-certifi")
	android := flag.String("android", "", "`DIR` of a clone of Android's platform/system/ca-certificates")
	out := flag.String("out", "certs/truststores/roots.json", "`FILE` to write")
	flag.Parse()
	if err := run(*mozilla, *android, *out); err != nil {
		fmt.Fprintln(os.Stderr, "roots: "+err.Error())
		os.Exit(1)
	}
}

func run(mozilla, android, out string) error {
	list := map[string]*truststores.Root{}
	end := truststores.Data{Roots: []truststores.Root{}}
	var err error
	if end.MozillaUntil, err = read(mozilla, "certifi/", ".pem", list, ofMozilla); err != nil {
		return err
	}
	if end.AndroidUntil, err = read(android, "files/", ".0", list, ofAndroid); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(list)) {
		end.Roots = append(end.Roots, *list[key])
	}
	data, err := json.MarshalIndent(end, "", " ")
	if err != nil {
		return err
	}
	fmt.Printf("%d roots\n", len(end.Roots))
	return atomicfile.Replace(out, append(data, '\n'), atomicfile.Public)
}

// which is the span of a root in one of the lists.
type which func(*truststores.Root) *truststores.Span

func ofMozilla(r *truststores.Root) *truststores.Span { return &r.Mozilla }
func ofAndroid(r *truststores.Root) *truststores.Span { return &r.Android }

// read walks through the history of a list, and notes when each root was in it. It returns the day of the
// last version.
func read(dir, folder, extension string, list map[string]*truststores.Root, span which) (last string, err error) {
	if dir == "" {
		return "", errors.New("name both folders")
	}
	history, err := git(dir, "log", "--date-order", "--reverse", "--format=%H %as", "HEAD", "--", folder)
	if err != nil {
		return "", err
	}
	blobs := map[string][]*x509.Certificate{}
	before := map[string]bool{}
	for line := range strings.Lines(history) {
		commit, day, _ := strings.Cut(strings.TrimSpace(line), " ")
		tree, err := git(dir, "ls-tree", "-r", commit, "--", folder)
		if err != nil {
			return "", err
		}
		now := map[string]bool{}
		for entry := range strings.Lines(tree) {
			about, name, _ := strings.Cut(strings.TrimSpace(entry), "\t")
			fields := strings.Fields(about)
			if path.Ext(name) != extension || len(fields) != 3 {
				continue
			}
			if _, known := blobs[fields[2]]; !known {
				content, err := git(dir, "cat-file", "blob", fields[2])
				if err != nil {
					return "", err
				}
				blobs[fields[2]] = parse([]byte(content))
			}
			for _, c := range blobs[fields[2]] {
				id := truststores.ID(c)
				now[id] = true
				if list[id] == nil {
					list[id] = &truststores.Root{ID: id, Name: certname.Title(c)}
				}
				if s := span(list[id]); s.From == "" {
					s.From = day
				}
				span(list[id]).Until = ""
			}
		}
		for id := range before {
			if !now[id] && len(now) > 0 {
				span(list[id]).Until = day
			}
		}
		before, last = now, day
	}
	return last, nil
}

func git(dir string, arguments ...string) (string, error) {
	output, err := exec.Command("git", append([]string{"-C", dir}, arguments...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", arguments[0], err)
	}
	return string(output), nil
}

// parse returns the certificates of a file that Go can parse.
func parse(content []byte) (list []*x509.Certificate) {
	for len(bytes.TrimSpace(content)) > 0 {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		content = rest
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && time.Now().Before(c.NotAfter.AddDate(10, 0, 0)) {
			list = append(list, c)
		}
	}
	return list
}
