package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/grid"
	"github.com/leafcam/leafcam/internal/printable"
)

// writtenFile is a file of a command's result.
type writtenFile struct {
	File     string `json:"file"` // absolute path
	Octets   int    `json:"octets"`
	Mode     string `json:"mode"`     // "" on a camera's drive, which has none
	Written  bool   `json:"written"`  // false when it was there already
	Replaced bool   `json:"replaced"` // another file of the same name
}

// instructions say how a camera loads the files.
type instructions struct {
	args       []string            // that named the delivery
	lines      []string            // of MicroPython
	module     []string            // the same with the module that was written; nil without one
	delivery   *delivery.Delivery  // that was converted; nil where nothing was
	deploy     func() error        // copies the files onto the camera's drive; nil without one
	deployed   string              // that drive; "" without one
	refused    []preflight.Refusal // issuers that the camera does not load: there is no second load
	shorter    bool                // but one without them, to a root that today's clients know
	pemRefused bool                // firmware that reads PEM refuses them, too
}

// refusedIssuer is an issuer that the camera does not load, in JSON.
type refusedIssuer struct {
	Issuer    string `json:"issuer"`
	Exception string `json:"exception"`
	Cause     string `json:"cause"` // "" when it is not known
}

// purposeOf says what a file of a delivery is for; "" when that is not known.
func purposeOf(name string) string {
	purposes := map[string]string{
		delivery.CameraCert: "certificate, for the camera",
		delivery.CameraKey:  "private key, for the camera",
		delivery.ChainFile:  "the intermediates, for a gateway",
		delivery.FullChain:  "certificate and intermediates, for a gateway",
		delivery.RootFile:   "your own root, for the clients",
		"server.csr":        "the request, for the CA", "server.key.pem": "the same key in PEM", "server.pem": "the certificate, for the clients",
		"client.der": "the certificate, for the camera", "client.pem": "the same in PEM, for the client",
		"client.key.pem":    "its private key, for the client",
		delivery.HeaderFile: "all of it for firmware in C", delivery.ModuleFile: "all of it for MicroPython, without files",
		delivery.PKCS12File: "key, certificate and chain, with the password",
	}
	if strings.HasPrefix(name, "intermediate-") && strings.HasSuffix(name, ".der") {
		return "for the camera's second load"
	}
	return purposes[name]
}

// writeFiles writes files, lists them, and shows how they are loaded. Without a folder nothing is written but what goes
// onto the camera's drive.
func writeFiles(dir string, files []delivery.File, force, asJSON bool, loading instructions, out io.Writer) error {
	var list, drive []writtenFile
	if dir != "" {
		var err error
		if list, err = writeInto(dir, files, force); err != nil {
			return err
		}
	}
	if loading.deploy != nil {
		drive = onDrive(loading.deployed, files)
		if err := loading.deploy(); err != nil {
			return err
		}
	}
	if asJSON {
		return loading.json(out, list, drive)
	}
	if d := loading.delivery; d != nil && d.Choice() != "" {
		wrap(out, printable.Visible(d.Choice())+" (--leaf chooses another).")
		fmt.Fprintln(out)
	}
	listFiles(out, list)
	if len(list) > 0 && len(drive) > 0 {
		fmt.Fprintln(out)
	}
	listFiles(out, drive)
	loading.sizes(out, files)
	loading.copying(out, list)
	loading.script(out)
	loading.withoutSecondLoad(out)
	loading.next(out, list)
	return nil
}

// writeInto writes files into a folder.
func writeInto(dir string, files []delivery.File, force bool) ([]writtenFile, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, environment(err)
	}
	made, there := missingFolders(whole), whole
	if len(made) > 0 {
		there = filepath.Dir(made[0])
	}
	replaced := map[string]bool{}
	for _, f := range files {
		replaced[f.Name] = isThere(filepath.Join(whole, f.Name))
	}
	written, err := delivery.WriteFiles(dir, files, force)
	switch {
	case errors.Is(err, atomicfile.ErrExists):
		return nil, usage(fmt.Errorf("%w; nothing was written: choose another --out, or --force", err))
	case err != nil:
		return nil, environment(err)
	}
	for _, name := range written {
		made = append(made, filepath.Join(whole, name))
	}
	if note := giveToCaller(there, made); note != "" {
		fmt.Fprintln(os.Stderr, "leafcam: "+printable.Visible(note))
	}
	var list []writtenFile
	for _, f := range files {
		isNew := slices.Contains(written, f.Name)
		list = append(list, writtenFile{
			filepath.Join(whole, f.Name), len(f.Data), fmt.Sprintf("%04o", f.Mode), isNew, isNew && replaced[f.Name],
		})
	}
	return list, nil
}

// listFiles lists what was written, and what was there already.
func listFiles(out io.Writer, list []writtenFile) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "%s:\n\n", printable.Visible(filepath.Dir(list[0].File)))
	widest := 0
	for _, f := range list {
		widest = max(widest, len(filepath.Base(f.File)))
	}
	for _, f := range list {
		name := filepath.Base(f.File)
		notes := []string{}
		if purpose := purposeOf(name); purpose != "" {
			notes = append(notes, purpose)
		}
		if f.Mode != "" && f.Mode != fmt.Sprintf("%04o", atomicfile.Public) {
			notes = append(notes, f.Mode)
		}
		if !f.Written {
			notes = append(notes, "unchanged")
		}
		if f.Replaced {
			notes = append(notes, "replaced")
		}
		fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("  %-*s  %5d bytes  %s", widest, name, f.Octets, strings.Join(notes, ", ")), " "))
	}
	for _, path := range stale(list) {
		wrap(out, printable.Visible(filepath.Base(path))+" is of an earlier certificate: remove it, and its line in main.py.")
	}
}

// stale returns the files for a second load that lie beside those that were written, and are of an earlier certificate.
func stale(list []writtenFile) (paths []string) {
	var files []delivery.File
	certificate := false
	for _, f := range list {
		name := filepath.Base(f.File)
		files = append(files, delivery.File{Name: name})
		certificate = certificate || name == delivery.CameraCert
	}
	if !certificate {
		return nil
	}
	dir := filepath.Dir(list[0].File)
	names, _ := delivery.StaleIntermediates(dir, files) // a folder that cannot be listed has been written to all the same
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// wrap prints text in lines as wide as the terminal, or 80 columns.
func wrap(out io.Writer, said string) {
	width := tableOptions(out).Width
	if width < 20 {
		width = 80
	}
	fmt.Fprintln(out, grid.Hanging("", "", said, width))
}

// sizes compare what the camera sends with what it can: a message holds so many octets (CAMERA.md section 1.4).
func (i instructions) sizes(out io.Writer, files []delivery.File) {
	if i.delivery == nil {
		return
	}
	var sent [][]byte
	for _, f := range delivery.CameraOnly(files) {
		if f.Name != delivery.CameraKey {
			sent = append(sent, f.Data)
		}
	}
	said := fmt.Sprintf("The camera sends the certificate in a message of %d bytes, of at most %d",
		preflight.MessageSize(sent[0]), device.OpenMV50.OutContentLen)
	if len(sent) > 1 {
		said += fmt.Sprintf("; with the second load %d", preflight.MessageSize(sent...))
	}
	fmt.Fprintln(out)
	wrap(out, said+".")
}

// copying says how the files come onto the camera.
func (i instructions) copying(out io.Writer, list []writtenFile) {
	if i.delivery == nil {
		return
	}
	if i.deployed != "" {
		fmt.Fprintln(out)
		wrap(out, fmt.Sprintf("The camera's files are on %s, and were read back. Eject the drive, then reset the camera.",
			printable.Visible(i.deployed)))
		return
	}
	var quoted []string
	for _, f := range list {
		if len(delivery.CameraOnly([]delivery.File{{Name: filepath.Base(f.File)}})) > 0 {
			quoted = append(quoted, preflight.Quote(f.File))
		}
	}
	fmt.Fprintf(out, "\nCopy to the camera:\n    mpremote cp %s :\n", printable.Visible(strings.Join(quoted, " ")))
	if drive := cameraDrive(); drive != "" {
		fmt.Fprintf(out, "or, onto the drive that is mounted here:\n    leafcam convert %s --deploy %s\n",
			printable.Visible(quoteAll(i.args)), printable.Visible(preflight.Quote(drive)))
	}
}

func quoteAll(words []string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, preflight.Quote(w))
	}
	return strings.Join(quoted, " ")
}

// script shows the lines of MicroPython that load the files.
func (i instructions) script(out io.Writer) {
	if len(i.lines) == 0 {
		return
	}
	fmt.Fprintln(out, "\nIn the camera's main.py:")
	for n, line := range i.lines {
		if n == 3 {
			fmt.Fprintln(out, "and, for clients that do not find the intermediate themselves:")
		}
		fmt.Fprintln(out, "    "+line)
	}
	if len(i.module) > 0 {
		fmt.Fprintf(out, "or, with %s in the place of the files:\n", delivery.ModuleFile)
		for _, line := range i.module {
			fmt.Fprintln(out, "    "+line)
		}
	}
}

// next is the command that proves it.
func (i instructions) next(out io.Writer, list []writtenFile) {
	if i.delivery == nil {
		return
	}
	subject := quoteAll(i.args)
	if len(list) > 0 {
		subject = preflight.Quote(filepath.Dir(list[0].File))
	}
	if d := i.delivery; d.Leaf.Parsed != nil && !certs.SelfSigned(d.Leaf.Parsed) && d.Root == nil && certs.FindRoot(d.Top()) == nil {
		subject += " --root FILE"
	}
	fmt.Fprintf(out, "\nNext, the proof with the programs of this machine:\n    leafcam try %s\n", printable.Visible(subject))
	if strings.HasSuffix(subject, " --root FILE") {
		fmt.Fprintln(out, "FILE has the root that your clients trust. leafcam does not know it.")
	}
}

// json writes the same for machines.
func (i instructions) json(out io.Writer, list, drive []writtenFile) error {
	refused := []refusedIssuer{}
	for _, r := range i.refused {
		refused = append(refused, refusedIssuer{r.Issuer, r.Err.Error(), r.Cause})
	}
	return writeJSON(out, struct {
		Format      int             `json:"format"`
		Files       []writtenFile   `json:"files"`
		Deployed    string          `json:"deployed"` // the camera's drive that has the files; "" without one
		OnDrive     []writtenFile   `json:"deployed_files"`
		Stale       []string        `json:"stale"` // files for a second load, of an earlier certificate
		MicroPython []string        `json:"micropython"`
		Module      []string        `json:"micropython_module"` // empty without --format micropython
		NotLoaded   []refusedIssuer `json:"issuers_not_loaded"`
		Leaf        *chosenLeaf     `json:"leaf"` // null where nothing was converted
		PassedOver  []chosenLeaf    `json:"passed_over"`
	}{
		outputFormat, append([]writtenFile{}, list...), i.deployed, append([]writtenFile{}, drive...),
		append(append([]string{}, stale(list)...), stale(drive)...), append([]string{}, i.lines...), append([]string{}, i.module...), refused,
		leafOf(i.delivery), passedOver(i.delivery),
	})
}

// withoutSecondLoad says why there is no second load, and what there is instead.
func (i instructions) withoutSecondLoad(out io.Writer) {
	if len(i.refused) == 0 {
		return
	}
	head := "There is no second load, and no file for it:"
	if i.shorter {
		head = "The second load leaves out what only clients with older roots need:"
	}
	fmt.Fprintf(out, "\n%s\n", head)
	for _, r := range i.refused {
		line := fmt.Sprintf("    the camera does not load the issuer %q: %s", r.Issuer, r.Err)
		if r.Cause != "" {
			line += " (" + r.Cause + ")"
		}
		fmt.Fprintln(out, printable.Visible(line))
	}
	whom := "that do not find the missing issuer themselves"
	if i.shorter {
		whom = "with older roots"
	}
	fmt.Fprintf(out, "For clients %s, put a gateway with %s in front of the camera: leafcam gateway.\n",
		whom, delivery.FullChain)
	if i.pemRefused {
		fmt.Fprintf(out, "Firmware that reads PEM also refuses %s.\n", delivery.FullChain)
	}
}
