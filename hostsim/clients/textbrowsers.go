package clients

import (
	"context"
	"fmt"
	"os"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Browsers for terminals, and one that needs no display.

var lynx = &hostsim.Client{
	Name: "lynx", Title: "Lynx", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"lynx"}, Programs: []string{"lynx"}, Version: []string{"-version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "lynx", Words: gnuTLSWords.Says(verdict.CauseName, `\)!=cert\(`).
		Says(verdict.CauseRejected, `lynx: Can't access startfile https`)},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		return os.WriteFile(v.File("lynx.cfg"),
			fmt.Appendf(nil, "SSL_CERT_FILE:%s\nFORCE_SSL_PROMPT:NO\nFORCE_COOKIE_PROMPT:NO\n", v.CAFile), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("lynx"), "-cfg=" + v.File("lynx.cfg"), "-dump", "-noredir", "-connect_timeout=10", v.URL()},
			Env:  []string{"SSL_CERT_FILE=" + v.CAFile},
		}
	},
}

var w3m = &hostsim.Client{
	Name: "w3m", Title: "w3m", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"w3m"}, Programs: []string{"w3m"}, Version: []string{"-version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `Bad cert ident`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("w3m"), "-o", "ssl_ca_default=0", "-o", "ssl_ca_file=" + v.CAFile, "-o", "ssl_ca_path=",
			"-o", "ssl_verify_server=1", "-dump", v.URL(),
		}}
	},
}

var links2 = &hostsim.Client{
	Name: "links2", Title: "Links", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"links2"}, Programs: []string{"links2"}, Version: []string{"-version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseRejected, `Invalid certificate`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("links2"), "-ssl.certificates", "2", "-ssl.builtin-certificates", "0", "-retries", "1", "-source", v.URL()},
			Env:  trustByEnvironment(v),
		}
	},
}

var elinks = &hostsim.Client{
	Name: "elinks", Title: "ELinks", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"elinks"}, Programs: []string{"elinks"}, Version: []string{"-version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Says(verdict.CauseRejected, `ELinks: SSL error`)},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		if err := os.MkdirAll(v.File(".elinks"), 0o755); err != nil {
			return err
		}
		return os.WriteFile(v.File(".elinks/elinks.conf"),
			fmt.Appendf(nil, "set connection.ssl.trusted_ca_file = %q\nset connection.ssl.cert_verify = 1\n", v.CAFile), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("elinks"), "-config-dir", v.File(".elinks"), "-no-connect", "1", "-source", "1", v.URL()}}
	},
}

// emacs asks its user about what it does not like, and answers no itself where there is nobody: the advice decides
// nothing, it prints the question. It calls each self-signed certificate insecure, a trusted one, too.
var emacs = &hostsim.Client{
	Name: "emacs", Title: "Emacs url-retrieve", Stack: gnuTLS, Library: "GnuTLS (Emacs)",
	Needs:     hostsim.Needs{Packages: []string{"emacs-nox"}, Programs: []string{"emacs"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "emacs", Words: verdict.Words{}.
		Says(verdict.CauseName, `certificate host does not match hostname`).
		Says(verdict.CauseExpired, `certificate has expired`).
		Says(verdict.CauseUnknown, `certificate signer was not found`, `signed by an unknown`).
		Says(verdict.CauseRejected, `certificate (signer is not a CA|was signed with an insecure algorithm|is not yet activated)`,
			`certificate (signature )?could not be verified`).
		After(`\* `)},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		return os.WriteFile(v.File("get.el"), []byte(fill(`(require 'url)
(require 'nsm)
(setq gnutls-trustfiles '("%CA%"))
(advice-add 'nsm-query :before (lambda (&rest arguments) (message "%s" (nth 5 arguments))))
(with-current-buffer (url-retrieve-synchronously "%URL%" t t 30) (princ (buffer-string)))
`, v)), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("emacs"), "--batch", "-Q", "-l", v.File("get.el")}}
	},
}

// netSurf draws into memory, and is ended when it has opened a page: the camera's, or the one on which it asks its user
// about a certificate. What is wrong with that it keeps to itself.
var netSurf = &hostsim.Client{
	Name: "netsurf", Title: "NetSurf", Stack: openSSL, Library: "OpenSSL (libcurl)",
	Needs:     hostsim.Needs{Packages: []string{"netsurf-fb"}, Programs: []string{"netsurf-fb", "sh"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{
		Family: "openssl-partial", Silent: true,
		Words: verdict.Words{}.Says(verdict.CauseRejected, `Loading 'about:query/ssl'`).After(`.* navigate_internal_real: `),
	},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		if err := os.MkdirAll(v.File(".netsurf"), 0o755); err != nil {
			return err
		}
		return os.WriteFile(v.File(".netsurf/Choices"), []byte(fill("ca_bundle:%CA%\nca_path:\n", v)), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return shell(`"$1" -v -f ram "$2" >log 2>&1 & netsurf=$!
while kill -0 $netsurf 2>/dev/null && ! grep -q ' content_open: ' log; do sleep 0.1; done
kill -KILL $netsurf; wait $netsurf; cat log >&2`, v.Program("netsurf-fb"), v.URL())
	},
}
