package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Reasons says why nothing usable was found, a line for each file: what it holds, or why it was not understood.
// Where it is not clear which certificate is meant, the lines are the certificates that can be chosen, with their
// serial numbers. There are no more than most lines.
func (d *Delivery) Reasons(most int) (lines []string) {
	if errors.Is(d.Problem, ErrAmbiguous) || errors.Is(d.Problem, ErrNoSuchLeaf) {
		lines = d.serials()
	} else {
		lines = d.contents()
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], fmt.Sprintf("and %d more", more))
	}
	return lines
}

// serials names the certificates that are no CAs', each with what it can be chosen by.
func (d *Delivery) serials() (lines []string) {
	for _, item := range withoutCAs(d.distinct(KindCertificate, certificateIdentity)) {
		line := item.describe()
		if c := item.certificate.Parsed; c != nil {
			line = fmt.Sprintf("%s, serial number %x", line, c.SerialNumber)
		}
		lines = append(lines, line)
	}
	return lines
}

// contents says of each file what it holds.
func (d *Delivery) contents() (lines []string) {
	var files []string
	for _, item := range d.Items {
		if !slices.Contains(files, item.File) {
			files = append(files, item.File)
		}
	}
	for _, file := range files {
		said, notes := d.Holds(file), d.notes(file)
		switch {
		case said == "":
			said = notes
		case notes != "":
			said += "; " + notes
		}
		if said != "" {
			lines = append(lines, file+": "+said)
		}
	}
	return lines
}

// notes joins what is said of the items of a file that is no use.
func (d *Delivery) notes(file string) string {
	var notes []string
	for _, item := range d.Items {
		useful := item.Kind != KindUnknown && item.Kind != KindOther && item.Kind != KindContainer
		if useful || item.File != file || item.Note == "" || item.Note == d.Holds(file) {
			continue
		}
		note := item.Note
		if item.Where != "" {
			note = item.Where + ": " + note
		}
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	const few = 4
	if more := len(notes) - few; more > 0 {
		notes = append(notes[:few], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(notes, "; ")
}
