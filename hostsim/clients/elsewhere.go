package clients

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"slices"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// The own clients of other systems. They run there, and are shown as belonging there elsewhere.

// curlWindows is the curl.exe of Windows, which asks SChannel.
var curlWindows = systemCurl(hostsim.Client{
	Name: "curl.exe", Title: "curl.exe", Stack: "SChannel", Library: "SChannel, CryptoAPI",
	Needs: hostsim.Needs{System: "windows"}, Known: hostsim.Known{Words: schannelWords.Or(curlWords)},
}, `C:\Windows\System32\curl.exe`, "--ssl-no-revoke")

// curlMac is Apple's curl.
var curlMac = systemCurl(hostsim.Client{
	Name: "macos-curl", Title: "curl of macOS", Stack: "SecTrust", Library: "LibreSSL, SecTrust",
	Needs: hostsim.Needs{System: "darwin"}, Known: hostsim.Known{Words: openSSLWords.Or(curlWords)},
}, "/usr/bin/curl")

// systemCurl completes a client that is the curl at a path.
func systemCurl(c hostsim.Client, path string, options ...string) *hostsim.Client {
	c.Needs.Programs, c.Needs.Version = []string{"curl"}, []string{"--version"}
	c.Needs.Paths = map[string]string{"curl": path}
	c.Isolation.ToldAddress = true
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		return curlCommand(v, append(options, "--cacert", v.CAFile)...)
	}
	return &c
}

//go:embed programs/SChannelGet.cs
var schannelProgram string

// powershell compiles a small program that asks the chain engine of Windows.
var powershell = &hostsim.Client{
	Name: "powershell", Title: "PowerShell, .NET Framework", Stack: "SChannel", Library: "SChannel, CryptoAPI",
	Needs: hostsim.Needs{
		System: "windows", Programs: []string{"powershell"},
		Version: []string{"-NoProfile", "-Command", "'PowerShell ' + $PSVersionTable.PSVersion"},
	},
	Known: hostsim.Known{Words: schannelWords},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		if err := os.WriteFile(v.File("get.cs"), []byte(schannelProgram), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(v.File("anchors.pem"), certs.EncodePEM(slices.Concat(v.Roots, v.Pinned)...), atomicfile.Public); err != nil {
			return err
		}
		return os.WriteFile(v.File("store.pem"), certs.EncodePEM(v.Store...), atomicfile.Public)
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
	Name: "safari", Title: "Safari", Stack: "SecTrust", Library: "SecTrust",
	Needs: hostsim.Needs{System: "darwin", Programs: []string{"safaridriver"}, Version: []string{"--version"}, Port: true},
	Known: hostsim.Known{Words: browserWords, OwnTrust: true, Browser: true},
	Dial: func(ctx context.Context, v *hostsim.Visit) ([]byte, error) {
		stop, err := startBeside(ctx, v.Program("safaridriver"), "-p", fmt.Sprint(v.Listen))
		if err != nil {
			return nil, err
		}
		defer stop()
		return browse(ctx, fmt.Sprintf("http://127.0.0.1:%d", v.Listen), map[string]any{"browserName": "Safari"}, v)
	},
}
