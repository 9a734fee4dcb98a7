package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/leafcam/leafcam/"

// forbidden are the direct imports that would run backwards, one a line, with the reason. A folder
// with /... stands for everything below it, too. The folders of may can be imported all the same;
// tests can look further.
var forbidden = []struct{ from, to, may, why string }{
	{"certs", "certs/...", "", "making certificates needs nothing of how a CA hands them over"},
	{"certs", "internal/...", "", "the ground stands on nothing"},
	{"certs/...", "device/...", "", "certificates exist without a camera"},
	{"certs/...", "hostsim/...", "", "certificates know nothing of clients"},
	{"device/...", "certs/...", "", "the camera reads octets as they were flashed, and makes no certificates"},
	{"device/...", "hostsim/...", "", "the camera does not know who connects"},
	{"device/internal/mbedtls", "device/...", "device/internal/aria", "the engine knows nothing of MicroPython"},
	{"device/micropython", "device/...", "device/internal/mbedtls", "exceptions are raised by the camera, and know nothing of it"},
	{"device/trace", "device/...", "device/internal/mbedtls", "what happened on a connection can be told of any server"},
	{"device/wire", "device/...", "device/internal/mbedtls", "recordings are what the camera is checked against"},
	{"device/capture", "device/...", "", "any connection can be captured"},
	{"internal/atomicfile", "internal/...", "", "files are below everything"},
	{"internal/inputfile", "internal/...", "", "files are below everything"},
	{"internal/workdir", "internal/...", "", "folders are below everything"},
	{"internal/marked", "internal/...", "", "documents are text"},
	{"internal/nearest", "internal/...", "", "names are text"},
	{"internal/rounds", "internal/...", "", "figures are judged whatever was measured"},
	{"hostsim/gateway/status", "hostsim/...", "hostsim/gateway", "a status is that of a gateway, whatever stands around it"},
	{"hostsim/gateway/status", "device/...", "", "a status is that of a gateway, whatever stands around it"},
	{"hostsim/aia", "device/...", "", "an AIA server serves what it is given"},
	{"hostsim/aia", "hostsim/...", "", "an AIA server serves what it is given"},
	{"hostsim/gateway", "hostsim/...", "", "the gateway is a server for real cameras, and no part of the harness"},
	{"hostsim/gateway", "device/...", "", "the gateway talks to cameras over the network alone"},
	{"hostsim/policy", "device/...", "", "how clients verify does not depend on the camera"},
	{"hostsim/policy", "hostsim/...", "", "a policy is what the harness is measured against"},
	{"hostsim/verdict", "hostsim/...", "hostsim/policy", "a verdict is the ground of the harness"},
	{"hostsim/fullchain", "device", "", "crypto/tls stands in the place of the camera"},
	{"hostsim/verdict", "device", "", "a verdict rests on what was seen, and not on the camera"},
	{"hostsim/fullchain", "hostsim/...", "", "a server is below the harness"},
	{"hostsim/internal/sandbox", "hostsim/...", "", "a process is run the same way whatever it is"},
	{"hostsim", "hostsim/clients", "", "the model runs any clients, also those of other people"},
	{"hostsim", "hostsim/report", "", "a matrix exists without a form"},
	{"hostsim", "hostsim/stage", "", "each cell has a camera of its own"},
	{"hostsim", "hostsim/livepage", "", "the page is above everything that it shows"},
	{"hostsim", "hostsim/preflight", "", "a forecast is compared with the harness, and not asked by it"},
	{"hostsim/report", "hostsim/clients", "", "a report is of any clients"},
	{"hostsim/clients", "hostsim/preflight", "", "clients do what they do, whatever was forecast"},
	{"hostsim/preflight", "hostsim", "", "a forecast is made without running anybody"},
	{"hostsim/preflight", "hostsim/verdict", "", "a forecast is made before anybody connects"},
	{"hostsim/asclient", "hostsim", "", "the camera visits servers that are there, and runs nobody"},
	{"hostsim/asclient", "hostsim/verdict", "", "verdicts are on clients of the camera"},
	{"hostsim/preflight", "hostsim/asclient", "", "a check of the camera's own files asks nothing of servers"},
	{"hostsim/stage", "hostsim/livepage", "", "a camera is served with or without a page"},
	{"certs/...", "cmd/...", "", "the command is on top"},
	{"device/...", "cmd/...", "", "the command is on top"},
	{"hostsim/...", "cmd/...", "", "the command is on top"},
}

// TestWhoImportsWhom keeps the house in order: nothing runs backwards.
func TestWhoImportsWhom(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{join .Imports ","}}`, "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	packages := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		path, imports, _ := strings.Cut(lines.Text(), "|")
		path = strings.TrimPrefix(path, module)
		packages[path] = nil
		for imported := range strings.SplitSeq(imports, ",") {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				packages[path] = append(packages[path], ours)
			}
		}
	}
	require.NoError(t, lines.Err())
	for _, rule := range forbidden {
		matched := false
		for path, imports := range packages {
			if !matches(path, rule.from) {
				continue
			}
			matched = true
			for _, imported := range imports {
				if matches(imported, rule.to) && imported != rule.may {
					t.Errorf("%s must not import %s: %s", path, imported, rule.why)
				}
			}
		}
		require.True(t, matched, "the rule for %s matches no package", rule.from)
	}
}

// matches reports whether a package is a folder or, with /..., in one below it.
func matches(path, pattern string) bool {
	folder, deep := strings.CutSuffix(pattern, "/...")
	return path == folder || deep && strings.HasPrefix(path, folder+"/")
}
