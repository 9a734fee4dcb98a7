package preflight

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
)

// delivery looks at what came with the pair.
func (c *checker) delivery() {
	d := c.subject.Delivery
	if d == nil {
		return
	}
	readable := map[string]bool{}
	var others, tooLong []*delivery.Item
	for _, item := range d.Items {
		switch {
		case item.TooMuch && (item.Form != "" || looksImportant(item.File)):
			c.add(CodeTooMuch, item.File, fmt.Sprintf("%s: %s", item, item.Note))
		case item.Kind == delivery.KindUnknown && looksImportant(item.File):
			c.add(CodeNotUnderstood, item.File, fmt.Sprintf("%s: %s", item, item.Note))
		case item.Kind == delivery.KindCertificate && item.Use != delivery.UseDuplicate && item.Certificate().KeyTooLong():
			tooLong = append(tooLong, item)
		case slices.Contains(d.Generations, item): // said together
		case item.Locked && item.Use == delivery.UseNone && c.subject.Converted:
			c.add(CodeLeftLocked, item.File, fmt.Sprintf("%s (%s): %s", item, item.About, item.Note))
		case item.Kind == delivery.KindCertificate && item.Use == delivery.UseNone:
			others = append(others, item)
		case item.Kind == delivery.KindKey && item.Readable && item.Use != delivery.UseNone && !readable[item.File]:
			readable[item.File] = true
			c.add(CodeKeyReadable, item.File, "")
		}
	}
	c.others(others)
	if choice := d.Choice(); choice != "" {
		c.add(CodeGenerations, c.fileOf(delivery.UseLeaf), choice)
	}
	c.tooLong(tooLong)
	if d.Request != nil && d.Leaf != nil {
		c.request()
	}
	if c.subject.Converted {
		c.notYetConverted()
	}
}

// few is how many certificates are named one by one.
const few = 3

// tooLong names certificates whose keys are too long to check signatures with, or how many they are.
func (c *checker) tooLong(list []*delivery.Item) {
	if len(list) > few {
		c.add(CodeKeyTooLong, "", fmt.Sprintf("%d certificates have RSA keys of more than %d bits", len(list), certs.MaxRSABits))
		return
	}
	for _, item := range list {
		c.add(CodeKeyTooLong, item.File, fmt.Sprintf("%s (%s): %s", item, item.About, item.Note))
	}
}

// others names certificates that are left out, or how many they are.
func (c *checker) others(list []*delivery.Item) {
	if len(list) > few {
		c.add(CodeOtherCertificate, "", fmt.Sprintf("%d certificates of the delivery belong to no chain of the leaf", len(list)))
		return
	}
	for _, item := range list {
		c.add(CodeOtherCertificate, item.File, fmt.Sprintf("%s (%s): %s", item, item.About, item.Note))
	}
}

// looksImportant tells by its name whether a file that was not understood belongs to a delivery.
func looksImportant(file string) bool {
	extensions := []string{
		".pem", ".crt", ".cer", ".der", ".key", ".p7b", ".p7c", ".p7s", ".pfx", ".p12", ".ca-bundle", ".csr", ".zip", ".jks",
	}
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(file)))
}

// request compares the certificate request with the certificate.
func (c *checker) request() {
	d := c.subject.Delivery
	var differences []string
	if d.Leaf.Parsed != nil && string(d.Request.RawSubjectPublicKeyInfo) != string(d.Leaf.SPKI) {
		differences = append(differences, "the request is for another key")
	}
	names := d.Leaf.Names()
	for _, asked := range delivery.RequestNames(d.Request) {
		if !slices.Contains(names, asked) {
			differences = append(differences, fmt.Sprintf("%s was asked for and is not in the certificate", asked))
		}
	}
	if len(differences) > 0 {
		c.add(CodeRequestDiffers, c.fileOf(delivery.UseRequest), strings.Join(differences, "; "))
	}
}

func (c *checker) fileOf(use delivery.Use) string {
	for _, item := range c.subject.Delivery.Items {
		if item.Use == use {
			return item.File
		}
	}
	return ""
}

// notYetConverted tells what the camera would say to the files as they came.
func (c *checker) notYetConverted() {
	for _, item := range c.subject.Delivery.Items {
		if item.Use != delivery.UseKey && item.Use != delivery.UseLeaf {
			continue
		}
		if !c.unreadForm(item) {
			continue
		}
		words := "ValueError: invalid cert"
		if item.Use == delivery.UseKey {
			words = "ValueError: invalid key"
		}
		c.add(CodePEMDelivery, item.File,
			fmt.Sprintf("the %s is %s, which %s does not read", item.Kind, item.Form, c.options.Firmware.Name), Symptom{camera, words})
	}
}
