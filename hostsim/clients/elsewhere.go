package clients

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"slices"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
)

// The own clients of other systems. They run there, and are shown as belonging there elsewhere.

// curlWindows is the curl.exe of Windows, which asks SChannel.
var curlWindows = systemCurl("curl.exe", "curl.exe", "windows", "SChannel", "SChannel, CryptoAPI", `C:\Windows\System32\curl.exe`, "--ssl-no-revoke")

// curlMac is Apple's curl.
var curlMac = systemCurl("macos-curl", "curl of macOS", "darwin", "SecTrust", "LibreSSL, SecTrust", "/usr/bin/curl")

func systemCurl(name, title, system, stack, library, path string, options ...string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, System: system, Stack: stack, Library: library,
		Programs: []string{"curl"}, Paths: map[string]string{"curl": path}, Version: []string{"--version"},
		Command: func(v *hostsim.Visit) hostsim.Command {
			args := append([]string{v.Program("curl"), "--disable", "-sS", "--max-time", "30"}, options...)
			return hostsim.Command{Args: append(args, "--cacert", v.CAFile, "--resolve", fmt.Sprintf("%s:%d:127.0.0.1", v.Host, v.Port), v.URL())}
		},
	}
}

//go:embed programs/SChannelGet.cs
var schannelProgram string

// powershell compiles a small program that asks the chain engine of Windows.
var powershell = &hostsim.Client{
	Name: "powershell", Title: "PowerShell, .NET Framework", System: "windows", Stack: "SChannel", Library: "SChannel, CryptoAPI",
	Programs: []string{"powershell"}, Version: []string{"-NoProfile", "-Command", "'PowerShell ' + $PSVersionTable.PSVersion"},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		if err := os.WriteFile(v.File("get.cs"), []byte(schannelProgram), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(v.File("anchors.pem"), certs.EncodePEM(slices.Concat(v.Roots, v.Pinned)...), certs.ModeCert); err != nil {
			return err
		}
		return os.WriteFile(v.File("store.pem"), certs.EncodePEM(v.Store...), certs.ModeCert)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		script := fmt.Sprintf("Add-Type -Path '%s'; exit [SChannelGet]::Run('%s', %d, '%s', '%s', '%s')",
			v.File("get.cs"), v.Host, v.Port, v.Path, v.File("anchors.pem"), v.File("store.pem"))
		return hostsim.Command{
			Args: []string{v.Program("powershell"), "-NoProfile", "-NonInteractive", "-Command", script},
			Env:  windowsEnvironment(),
		}
	},
}

// windowsEnvironment is what programs of Windows do not start without.
func windowsEnvironment() (env []string) {
	for _, name := range []string{"SystemRoot", "SystemDrive", "windir", "TEMP", "PATHEXT"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// safari is driven by safaridriver, which serves the protocol that grids speak. Its trust and
// its names are the machine's own.
var safari = &hostsim.Client{
	Name: "safari", Title: "Safari", System: "darwin", Stack: "SecTrust", Library: "SecTrust", Browser: true, OwnTrust: true,
	Programs: []string{"safaridriver"}, Version: []string{"--version"},
	Dial: func(ctx context.Context, v *hostsim.Visit) ([]byte, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		stop, err := v.Start(ctx, v.Program("safaridriver"), "-p", fmt.Sprint(port))
		if err != nil {
			return nil, err
		}
		defer stop()
		return browse(ctx, fmt.Sprintf("http://127.0.0.1:%d", port), map[string]any{"browserName": "Safari"}, v)
	},
}
