package clients

import (
	"context"
	_ "embed"
	"os"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Browser engines, as programs embed them.

//go:embed programs/webkit.py
var webkitProgram string

//go:embed programs/qtwebengine.py
var qtWebEngineProgram string

// webkit trusts the system's CA bundle, and needs an X server, which xvfb-run starts.
var webkit = &hostsim.Client{
	Name: "webkitgtk", Title: "WebKitGTK", Stack: gnuTLS, Library: "GnuTLS (glib-networking)",
	Needs: hostsim.Needs{
		Packages: []string{"gir1.2-webkit2-4.1", "python3-gi", "glib-networking", "xvfb", "xauth", "ca-certificates"},
		Programs: []string{"python3", "xvfb-run"}, Paths: map[string]string{"python3": "/usr/bin/python3"},
		Files: []string{systemBundle},
		Version: []string{
			"-I", "-c",
			"import gi; gi.require_version('WebKit2', '4.1'); from gi.repository import WebKit2 as w; " +
				"print('WebKitGTK %d.%d.%d' % (w.get_major_version(), w.get_minor_version(), w.get_micro_version()))",
		},
		VersionLoads: true,
	},
	Isolation: hostsim.Isolation{HostsFile: true, SystemBundle: true},
	Known:     hostsim.Known{Family: "gnutls", Words: glibWords, Browser: true},
	Prepare:   pythonFile(webkitProgram),
	Command: func(v *hostsim.Visit) hostsim.Command {
		// The X server tells its parent that it is ready, unless that is process 1.
		c := shell(`"$@"; exit $?`, v.Program("xvfb-run"), "-a", v.Program("python3"), v.File("get.py"), v.URL())
		c.Env = []string{
			"GDK_BACKEND=x11", "GSETTINGS_BACKEND=memory", "NO_AT_BRIDGE=1", "LIBGL_ALWAYS_SOFTWARE=1",
			"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", "WEBKIT_DISABLE_COMPOSITING_MODE=1",
		}
		return c
	},
}

// qtWebEngine is an old Chromium, with the NSS database of its user.
var qtWebEngine = &hostsim.Client{
	Name: "qtwebengine", Title: "Qt WebEngine", Stack: boringSSL, Library: "BoringSSL, Chromium 87's verifier",
	Needs: hostsim.Needs{
		Packages: []string{"python3-pyqt5.qtwebengine", "libnss3-tools"}, Programs: []string{"python3", "certutil"},
		Paths:        map[string]string{"python3": "/usr/bin/python3"},
		Version:      []string{"-I", "-c", "from PyQt5.QtWebEngine import PYQT_WEBENGINE_VERSION_STR as v; print('PyQtWebEngine', v)"},
		VersionLoads: true,
	},
	Isolation: hostsim.Isolation{HostsFile: true, AIAHostsFile: true},
	Known: hostsim.Known{Family: "qtwebengine", Words: chromiumWords.Says(verdict.CauseName, `certificate does not match the URL`).
		Says(verdict.CauseExpired, `certificate has expired`).
		Says(verdict.CauseUnknown, `certificate is not trusted`), Browser: true},
	Prepare: func(ctx context.Context, v *hostsim.Visit) error {
		if err := pythonFile(qtWebEngineProgram)(ctx, v); err != nil {
			return err
		}
		return nssDatabaseAt(ctx, v, v.File(".pki/nssdb"), nssIssuer, v.Store)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("python3"), v.File("get.py"), v.URL()},
			Env:  []string{"QT_QPA_PLATFORM=offscreen", "QTWEBENGINE_DISABLE_SANDBOX=1", "QTWEBENGINE_CHROMIUM_FLAGS=--no-sandbox --disable-gpu"},
		}
	},
}

func pythonFile(program string) func(context.Context, *hostsim.Visit) error {
	return func(_ context.Context, v *hostsim.Visit) error {
		return os.WriteFile(v.File("get.py"), []byte(program), 0o644)
	}
}
