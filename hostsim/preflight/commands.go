package preflight

import (
	"slices"
	"strings"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
)

// What fixes are done with: convert writes other files of what is here, csr begins anew.
var (
	convertFixes = []Code{
		CodePEMCertificate, CodePEMKey, CodeEncryptedKey, CodeFileNotLoaded, CodeSeveralCerts, CodePEMDelivery,
	}
	csrFixes = []Code{
		CodeKeyUnsupported, CodeCertUnsupported, CodePairUnusable, CodeWeakKey, CodeLargeKey, CodeOddCurve, CodeFewClientsCurve, CodeNoSAN,
		CodeSharedKey,
	}
	lookFixes = []Code{CodeNotUnderstood}
)

// commandsOf returns the commands of a finding's fix, as they run for this delivery.
func (c *checker) commandsOf(code Code) []string {
	switch {
	case slices.Contains(convertFixes, code) && c.subject.Server == "":
		return []string{c.convertCommand()}
	case slices.Contains(csrFixes, code):
		return []string{c.csrCommand()}
	case slices.Contains(lookFixes, code):
		return []string{c.checkCommand() + " --explain"}
	}
	return []string{}
}

func (c *checker) convertCommand() string {
	return "leafcam convert " + c.paths() + c.choice() + " --out " + CameraFolder
}

func (c *checker) checkCommand() string { return "leafcam check " + c.paths() + c.choice() }

func (c *checker) csrCommand() string { return "leafcam csr " + Quote(c.hostName()) + " --out new" }

// hostName is the name that a new certificate is for: the host's, or the first one of the certificate that is here.
func (c *checker) hostName() string {
	if c.options.Host != "" {
		return c.options.Host
	}
	if d := c.subject.Delivery; d != nil && d.Leaf != nil {
		for _, name := range d.Leaf.Names() {
			if !strings.HasPrefix(name, "*") {
				return name
			}
		}
	}
	return "NAME"
}

// lineOf returns the line of a file that a finding about it is shown at: that of what is used of it, or of the first
// thing in it; 0 when that is not known.
func (c *checker) lineOf(file string) int {
	if c.subject.Delivery == nil || file == "" {
		return 0
	}
	line := 0
	for _, item := range c.subject.Delivery.Items {
		if item.File != file {
			continue
		}
		if item.Use == delivery.UseLeaf || item.Use == delivery.UseKey {
			return item.Line
		}
		if line == 0 {
			line = item.Line
		}
	}
	return line
}

// filledIn puts the paths of this delivery, and the host, into a fix.
func (c *checker) filledIn(fix, file string) string {
	if file == "" {
		file = "FILE"
	}
	return strings.NewReplacer(
		"leafcam convert DELIVERY --out DIR", c.convertCommand(), "leafcam check DELIVERY", c.checkCommand(),
		"leafcam csr NAME --out DIR", c.csrCommand(),
		"-in FILE", "-in "+Quote(file), "chmod 600 FILE", "chmod 600 "+Quote(file),
	).Replace(fix)
}

// paths are those of what is checked, for a shell.
func (c *checker) paths() string {
	if c.subject.Delivery == nil {
		return Quote(c.subject.Name)
	}
	var quoted []string
	for _, path := range c.subject.Delivery.Paths {
		quoted = append(quoted, Quote(path))
	}
	return strings.Join(quoted, " ")
}

// choice are the flags by which the delivery's certificate was chosen.
func (c *checker) choice() string {
	if c.subject.Leaf != "" {
		return " --leaf " + Quote(c.subject.Leaf)
	}
	if c.subject.Delivery != nil && len(c.subject.Delivery.Generations) == 0 {
		return "" // nothing had to be chosen
	}
	return c.host()
}

func (c *checker) host() string {
	if c.options.Host == "" {
		return ""
	}
	return " --host " + Quote(c.options.Host)
}

// firmware is the option for a firmware that is not the default.
func (c *checker) firmware() string {
	if c.options.Firmware == device.OpenMV50 {
		return ""
	}
	return " --firmware " + c.options.Firmware.Name
}

// Quote returns a word as a POSIX shell takes it.
func Quote(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !safe(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
