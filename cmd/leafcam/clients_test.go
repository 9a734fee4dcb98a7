package main

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/npm"
)

func TestInstallScript(t *testing.T) {
	const apt = `asroot=; [ "$(id -u)" = 0 ] || asroot=sudo
$asroot apt-get -q update
$asroot env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends curl wget >/dev/null
`
	debian, modules := []string{"curl", "wget"}, []string{"got@1.2.3"}
	for _, tc := range []struct {
		name   string
		lacks  hostsim.Shortage
		script string
	}{
		{"nothing", hostsim.Shortage{}, "echo all clients are installed\n"},
		{"Debian packages", hostsim.Shortage{Packages: debian}, "set -e\n" + apt},
		{"npm packages", hostsim.Shortage{Modules: modules}, "set -e\n" + npm.Install("got@1.2.3") + "\n"},
		{"both", hostsim.Shortage{Packages: debian, Modules: modules}, "set -e\n" + apt + npm.Install("got@1.2.3") + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var script bytes.Buffer
			installScript(&script, tc.lacks)
			require.Equal(t, tc.script, script.String())
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = &script
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}
