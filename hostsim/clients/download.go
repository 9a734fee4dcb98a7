package clients

import (
	"fmt"
	"strconv"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Programs that download a page. What they cannot print they write to a file, which a shell
// prints afterwards.

var curl = &hostsim.Client{
	Name: "curl", Title: "curl", Stack: openSSL, Library: "OpenSSL (libcurl)",
	Needs:     hostsim.Needs{Packages: []string{"curl"}, Programs: []string{"curl"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{ToldAddress: true},
	Known:     hostsim.Known{Family: "openssl-partial", Words: openSSLWords.Or(curlWords)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return curlCommand(v, "--cacert", v.CAFile)
	},
}

// curlCommand makes curl connect to the camera, whatever the host.
func curlCommand(v *hostsim.Visit, options ...string) hostsim.Command {
	args := append([]string{v.Program("curl"), "--disable", "-sS", "--max-time", "30"}, options...)
	args = append(args, forHost(v,
		[]string{"--resolve", fmt.Sprintf("%s:%d:127.0.0.1", v.Host, v.Port)},
		[]string{"--connect-to", fmt.Sprintf("%s:%d:%s", authority(v), v.Port, address(v))})...)
	return hostsim.Command{Args: append(args, v.URL())}
}

// curlDirectory has the system's CA bundle beside the directory: curl refuses to be
// without a file.
var curlDirectory = &hostsim.Client{
	Name: "curl-capath", Title: "curl --capath", Stack: openSSL, Library: "OpenSSL (libcurl), hashed directory",
	Needs: hostsim.Needs{
		Packages: []string{"curl", "openssl", "ca-certificates"}, Programs: []string{"curl", "openssl"},
		Files: []string{systemBundle}, Version: []string{"--version"},
	},
	Isolation: hostsim.Isolation{ToldAddress: true},
	Known:     hostsim.Known{Family: "openssl-partial", Words: openSSLWords.Or(curlWords)},
	Prepare:   hashedDirectory,
	Command: func(v *hostsim.Visit) hostsim.Command {
		return curlCommand(v, "--capath", v.File("hashed"))
	},
}

var wget = &hostsim.Client{
	Name: "wget", Title: "wget", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"wget"}, Programs: []string{"wget"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Says(verdict.CauseName, `owner does not match hostname`).
		Says(verdict.CauseExpired, `certificate has expired`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("wget"), "--no-config", "--no-hsts", "-nv", "-t", "1", "-T", "30",
			"--ca-certificate=" + v.CAFile, "--ca-directory=/nonexistent", "-O", "-", v.URL(),
		}}
	},
}

var wget2 = &hostsim.Client{
	Name: "wget2", Title: "wget2", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"wget2"}, Programs: []string{"wget2"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("wget2"), "--no-config", "--no-hsts", "--no-ocsp", "--tries=1", "--timeout=30",
			"--ca-certificate=" + v.CAFile, "--ca-directory=none", "-O", "-", v.URL(),
		}}
	},
}

var httpie = &hostsim.Client{
	Name: "httpie", Title: "HTTPie", Stack: openSSL, Library: "OpenSSL (Python requests)",
	Needs:     hostsim.Needs{Packages: []string{"httpie"}, Programs: []string{"http"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "requests", Words: pythonWords.Says(verdict.CauseName, `hostname '.*' doesn't match '`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("http"), "--ignore-stdin", "--check-status", "--timeout", "30", "--verify", v.CAFile, "--body", "GET", v.URL(),
		}}
	},
}

var aria2 = &hostsim.Client{
	Name: "aria2", Title: "aria2", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"aria2"}, Programs: []string{"aria2c"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Says(verdict.CauseName, `hostname does not match`).
		Says(verdict.CauseExpired, "`expired'")},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return shell(`"$@"; cat out 2>/dev/null`, v.Program("aria2c"), "--no-conf=true", "--async-dns=false", "--ca-certificate="+v.CAFile,
			"--check-certificate=true", "-m", "1", "--retry-wait=0", "--connect-timeout=10", "-t", "15", "-d", v.Home, "-o", "out", v.URL())
	},
}

var axel = &hostsim.Client{
	Name: "axel", Title: "axel", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"axel"}, Programs: []string{"axel"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `hostname verification failed`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		c := shell(`"$@"; cat out 2>/dev/null`, v.Program("axel"), "-q", "-n", "1", "-T", "10", "-o", v.File("out"), v.URL())
		c.Env = trustByEnvironment(v)
		return c
	},
}

var lftp = &hostsim.Client{
	Name: "lftp", Title: "lftp", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"lftp"}, Programs: []string{"lftp"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Says(verdict.CauseName, `common name doesn't match requested host name`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		script := fmt.Sprintf(`set ssl:ca-file "%s"; set ssl:verify-certificate yes; set net:max-retries 1; `+
			`set net:timeout 10; set cmd:fail-exit yes; open https://%s:%d; cat %s`,
			v.CAFile, authority(v), v.Port, v.Path)
		return hostsim.Command{Args: []string{v.Program("lftp"), "--norc", "-c", script}}
	},
}

var rclone = &hostsim.Client{
	Name: "rclone", Title: "rclone", Stack: goTLS, Library: "crypto/tls",
	Needs:     hostsim.Needs{Packages: []string{"rclone"}, Programs: []string{"rclone"}, Version: []string{"version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "go", Words: goWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("rclone"), "--config", v.File("none.conf"), "--ca-cert", v.CAFile, "--retries", "1", "--low-level-retries", "1",
			"--contimeout", "10s", "copyurl", "--stdout", v.URL(),
		}, Env: []string{"SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent"}}
	},
}

// port is the camera's port as text.
func port(v *hostsim.Visit) string { return strconv.Itoa(v.Port) }
