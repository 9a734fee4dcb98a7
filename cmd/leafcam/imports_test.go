package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed says which of our packages each one may import, tests included; a package
// may always import itself. The command and the examples import whatever they need.
var allowed = map[string][]string{
	"device/internal/mbedtls":        {},
	"device/internal/bench":          {"certs", "device", "device/internal/mbedtls", "device/wire"},
	"device":                         {"device/internal/mbedtls", "device/wire", "certs"}, // the last two in tests
	"device/capture":                 {},
	"device/compare":                 {"certs", "device", "device/internal/mbedtls", "device/wire"}, // certs in tests
	"device/wire":                    {"device/internal/mbedtls", "device"},                         // device in tests
	"certs":                          {},
	"certs/policy":                   {},
	"certs/preflight":                {"certs", "certs/policy", "device", "device/internal/mbedtls", "device/wire"}, // the last one in tests
	"hostsim":                        {"certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim/aia", "hostsim/gateway", "hostsim/internal/sandbox"},
	"hostsim/aia":                    {},
	"hostsim/gateway":                {"certs", "device", "device/internal/mbedtls"}, // device in tests
	"hostsim/gateway/internal/load":  {"certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim", "hostsim/aia", "hostsim/gateway", "hostsim/internal/sandbox"},
	"hostsim/clients":                {"certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim", "hostsim/aia", "hostsim/gateway", "hostsim/internal/browser", "hostsim/internal/sandbox"},
	"hostsim/internal/sandbox":       {},
	"hostsim/clienttest":             {"certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim", "hostsim/aia", "hostsim/clients", "hostsim/gateway", "hostsim/internal/browser", "hostsim/internal/sandbox"},                                 // clients in tests
	"hostsim/livepage":               {"certs", "certs/policy", "device", "device/compare", "device/internal/mbedtls", "device/wire", "hostsim", "hostsim/aia", "hostsim/gateway", "hostsim/internal/browser", "hostsim/internal/sandbox", "hostsim/report"}, // compare, aia's server and browser in tests
	"hostsim/internal/browser":       {},
	"hostsim/livepage/internal/load": {"hostsim", "hostsim/internal/browser", "certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim/aia", "hostsim/gateway", "hostsim/internal/sandbox"},
	"hostsim/report":                 {"certs", "certs/policy", "device", "device/internal/mbedtls", "hostsim", "hostsim/aia", "hostsim/gateway", "hostsim/internal/sandbox"},
}

// TestWhoImportsWhom keeps the house in order: nothing runs backwards.
func TestWhoImportsWhom(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-test", "-f", `{{.ImportPath}}|{{join .Deps ","}}`, "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		path, deps, _ := strings.Cut(lines.Text(), "|")
		path = packageOf(path)
		may, ours := allowed[path]
		if !ours {
			continue
		}
		seen[path] = true
		for dep := range strings.SplitSeq(deps, ",") {
			if strings.HasPrefix(dep, module) && packageOf(dep) != path {
				require.Contains(t, may, packageOf(dep), "%s must not import %s", path, packageOf(dep))
			}
		}
	}
	require.NoError(t, lines.Err())
	require.Len(t, seen, len(allowed), "a package of the list is gone")
}

const module = "github.com/leafcam/leafcam/"

// packageOf returns the folder of a package, or of the tests of one, which go list
// shows as "path_test [path.test]" and "path.test".
func packageOf(path string) string {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, module), " [")
	return strings.TrimSuffix(strings.TrimSuffix(path, ".test"), "_test")
}
