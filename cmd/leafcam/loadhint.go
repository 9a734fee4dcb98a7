package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// loadHints say what is wrong with two files that the camera does not load, and what mends it, a line each. further
// says that they are loaded in addition to a pair: then the certificate is an issuer's, with the key of the leaf.
func loadHints(ctx context.Context, firmware *device.Firmware, certFile, keyFile string, further bool) []string {
	for _, file := range []string{certFile, keyFile} {
		switch info, err := os.Stat(file); {
		case errors.Is(err, fs.ErrNotExist):
			return []string{"no such file: " + file}
		case err != nil:
			return []string{err.Error()}
		case info.IsDir():
			return []string{fmt.Sprintf("%s is a folder: without --cert and --key a folder is read as a delivery", file)}
		}
	}
	subject, err := preflight.FromFiles(ctx, certFile, keyFile, nil, delivery.Options{LeaveEncrypted: true})
	if err != nil {
		return []string{err.Error(), checkFiles(firmware, certFile, keyFile) + " says more"}
	}
	r := preflight.Check(ctx, subject, preflight.Options{Firmware: firmware, NoPublicRoots: true})
	var hints []string
	mend := checkFiles(firmware, certFile, keyFile) + " says what to do"
	for _, f := range r.Findings {
		if !f.KeepsFromLoading() {
			continue
		}
		switch f.Code {
		case preflight.CodeFilesSwapped:
			mend = fmt.Sprintf("to fix it: --cert %s --key %s", preflight.Quote(keyFile), preflight.Quote(certFile))
		case preflight.CodePEMKey, preflight.CodePEMCertificate, preflight.CodeEncryptedKey:
			mend = fmt.Sprintf("to fix it: leafcam convert %s %s --out camera", preflight.Quote(certFile), preflight.Quote(keyFile))
		}
		if f.File == "" || strings.Contains(f.Title, f.File) {
			hints = append(hints, f.Title)
		} else {
			hints = append(hints, f.File+": "+f.Title)
		}
	}
	if len(hints) == 0 {
		hints = append(hints, fmt.Sprintf("%s does not load %s with %s", firmware.Name, certFile, keyFile))
	}
	if further && r.Finding(preflight.CodePEMCertificate) != nil {
		mend = fmt.Sprintf("to fix it: openssl x509 -in %s -outform DER -out intermediate.der", preflight.Quote(certFile))
	}
	if !further && errors.Is(subject.Delivery.Problem, delivery.ErrKeyMismatch) {
		hints = append(hints, foreignKey(certFile, keyFile))
		mend = checkFiles(firmware, certFile, keyFile) + " says what to do"
	}
	return append(hints, mend)
}

// checkFiles is the check of two files as they would be flashed, ready to be pasted.
func checkFiles(firmware *device.Firmware, certFile, keyFile string) string {
	line := fmt.Sprintf("leafcam check --cert %s --key %s", preflight.Quote(certFile), preflight.Quote(keyFile))
	if firmware != device.Firmwares()[0] {
		line += " --firmware " + firmware.Name
	}
	return line
}

// mismatch says that a key does not belong to the certificate that it was loaded with; "" where it does, or where
// nobody can tell.
func mismatch(c *device.SSLContext, certFile, keyFile string) string {
	if fits, known := c.PairFits(); !known || fits {
		return ""
	}
	return foreignKey(certFile, keyFile) + ": every handshake will fail"
}

func foreignKey(certFile, keyFile string) string {
	return fmt.Sprintf("the private key in %s is not that of the certificate in %s", keyFile, certFile)
}
