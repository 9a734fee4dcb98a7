package preflight

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/certs/truststores"
)

// keysHere names the files that hold a private key, where it should be elsewhere.
func (c *checker) keysHere() {
	d := c.subject.Delivery
	if !c.options.KeyElsewhere || d == nil {
		return
	}
	seen := map[string]bool{}
	for _, item := range d.Items {
		if !item.HasKey || seen[item.File] {
			continue
		}
		seen[item.File] = true
		what := cmp.Or(item.About, item.Note)
		if item.Locked && item.Form == delivery.FormDER && item.About == string(delivery.FormPKCS12) {
			what += ", encrypted"
		}
		f := c.add(CodePrivateKeyHere, item.File, fmt.Sprintf("a private key is in %s (%s)", item, what))
		f.Line = item.Line
	}
}

// KeysHere is what a check finds of a delivery that has no certificate to be checked, when its key should be elsewhere.
func KeysHere(d *delivery.Delivery) *Report {
	c := newKeySearch(d.Paths)
	c.look(d)
	return c.report
}

// FindKeys looks for private keys in files of any kind and in folders, hidden ones included, and for nothing else. The
// error is one of the file system, or the context's. What could not be read because that takes too much work is a finding.
func FindKeys(ctx context.Context, paths []string) (*Report, error) {
	c := newKeySearch(paths)
	for _, path := range paths {
		if err := c.walk(ctx, path); err != nil {
			return nil, err
		}
	}
	c.sort()
	return c.report, nil
}

// newKeySearch returns a checker that looks for keys alone.
func newKeySearch(paths []string) *checker {
	c := &checker{options: Options{KeyElsewhere: true}, subject: &Subject{Name: strings.Join(paths, ", ")}}
	c.report = &Report{
		Format: Format, Subject: c.subject.Name, At: time.Now().UTC(), Missing: -1, Findings: []Finding{},
		Forecast: []FamilyForecast{}, Path: []string{}, Stores: []truststores.Store{}, Steps: []Step{}, archives: map[string]string{},
	}
	return c
}

// walk looks into a file, or into those of a folder. Each is read by itself: there can be more of them than a delivery
// has. Links are left out, what they lead to is not here.
func (c *checker) walk(ctx context.Context, path string) error {
	return filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && entry.Name() == ".git" && file != path:
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		return c.lookInto(ctx, file)
	})
}

func (c *checker) lookInto(ctx context.Context, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > delivery.MaxFile { // only what is packed is taken apart
		if found, err := c.scan(file); found || err != nil {
			return err
		}
	}
	if info.Size() > delivery.MaxArchive {
		c.onlyPEM(file, delivery.MaxArchive)
		return nil
	}
	d, err := delivery.Read(ctx, []string{file}, delivery.Options{Hidden: true})
	if err != nil {
		return err
	}
	if len(d.Items) == 1 && d.Items[0].TooMuch && d.Items[0].Form == "" && info.Size() > delivery.MaxFile {
		c.onlyPEM(file, delivery.MaxFile)
		return nil
	}
	c.look(d)
	return nil
}

// onlyPEM says that a file is too large to be taken apart.
func (c *checker) onlyPEM(file string, most int) {
	c.add(CodeTooMuch, file, fmt.Sprintf("%s: more than %d octets: only keys in PEM would have been found", file, most))
}

// look adds what is found in a delivery.
func (c *checker) look(d *delivery.Delivery) {
	c.subject.Delivery = d
	for _, item := range d.Items {
		c.report.archives[item.File] = item.Archive
	}
	c.keysHere()
	for _, item := range d.Items {
		if item.Locked && !item.HasKey {
			c.add(CodeNotUnderstood, item.File, fmt.Sprintf("%s: encrypted, and what is in it is not known", item))
			return
		}
		if item.TooMuch && !item.HasKey {
			c.add(CodeTooMuch, item.File, fmt.Sprintf("%s: %s", item, item.Note))
			return
		}
	}
	if errors.Is(d.Problem, delivery.ErrTooMuch) {
		c.add(CodeTooMuch, d.Paths[0], d.Problem.Error())
	}
}

// keyLines are the first lines of a private key in PEM: its body comes after headers, if there are some. Ends of lines
// can be written as in a program's text.
var keyLines = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:\s|\\[nr]){1,8}` +
	`(?:[A-Za-z0-9-]{1,40}: [^\r\n\\]{0,100}(?:\s|\\[nr]){1,8}){0,4}[A-Za-z0-9+/]{40}`)

// scan looks for keys in PEM in a file that is too large to be taken apart, and reports whether there is one.
func (c *checker) scan(file string) (found bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const chunk, overlap = 1 << 20, 1024 // what keyLines match is shorter
	in, kept := bufio.NewReaderSize(f, chunk), []byte(nil)
	buffer := make([]byte, chunk)
	for {
		n, err := io.ReadFull(in, buffer)
		window := append(kept, buffer[:n]...)
		if keyLines.Match(window) {
			c.add(CodePrivateKeyHere, file, fmt.Sprintf("a private key is in %s (PEM)", file))
			return true, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = bytes.Clone(window[max(0, len(window)-overlap):])
	}
}
