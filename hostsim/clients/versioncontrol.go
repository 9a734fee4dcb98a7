package clients

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// Version control systems ask for a repository that is not there, and print no page.

var git = &hostsim.Client{
	Name: "git", Title: "git over https", Stack: gnuTLS, Library: "GnuTLS (libcurl)",
	Needs:     hostsim.Needs{Packages: []string{"git"}, Programs: []string{"git"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Or(curlWords), Silent: true},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("git"), "ls-remote", v.URL() + ".git"},
			Env:  []string{"GIT_SSL_CAINFO=" + v.CAFile, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"},
		}
	},
}

var subversion = &hostsim.Client{
	Name: "svn", Title: "Subversion", Stack: openSSL, Library: "OpenSSL (libserf)",
	Needs:     hostsim.Needs{Packages: []string{"subversion"}, Programs: []string{"svn"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `issued for a different hostname`).
		Says(verdict.CauseUnknown, `issuer is not trusted`), Silent: true},
	// It takes the first certificate of each file.
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		for i, cert := range v.Trusted() {
			if err := os.WriteFile(v.File(fmt.Sprintf("svn-%d.pem", i)), certs.EncodePEM(cert), atomicfile.Public); err != nil {
				return err
			}
		}
		return nil
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		var files []string
		for i := range v.Trusted() {
			files = append(files, v.File(fmt.Sprintf("svn-%d.pem", i)))
		}
		return hostsim.Command{Args: []string{
			v.Program("svn"), "--non-interactive", "--no-auth-cache", "--config-dir", v.File("svn"),
			"--config-option", "servers:global:ssl-authority-files=" + strings.Join(files, ";"),
			"--config-option", "servers:global:ssl-trust-default-ca=no", "info", v.URL(),
		}}
	},
}

var mercurial = &hostsim.Client{
	Name: "hg", Title: "Mercurial", Stack: openSSL, Library: "OpenSSL (Python ssl)",
	Needs:     hostsim.Needs{Packages: []string{"mercurial"}, Programs: []string{"hg"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "python", Words: pythonWords.Says(verdict.CauseName, `certificate is for `), Silent: true},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("hg"), "--noninteractive", "--config", "web.cacerts=" + v.CAFile, "identify", v.URL()},
			Env:  []string{"HGRCPATH="},
		}
	},
}
