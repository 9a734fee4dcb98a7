package clients

import (
	"fmt"
	"strconv"

	"github.com/leafcam/leafcam/hostsim"
)

var curl = &hostsim.Client{
	Name: "curl", Title: "curl", Library: "OpenSSL", Package: "curl",
	Programs: []string{"curl"}, Version: []string{"--version"},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("curl"), "--disable", "-sS", "--max-time", "30", "--cacert", v.CAFile,
			"--resolve", fmt.Sprintf("%s:%d:127.0.0.1", v.Host, v.Port), v.URL(),
		}}
	},
}

var wget = &hostsim.Client{
	Name: "wget", Title: "wget", Library: "GnuTLS", Package: "wget",
	Programs: []string{"wget"}, Version: []string{"--version"},
	HostsFile: true,
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("wget"), "--no-config", "--no-hsts", "-nv", "-t", "1", "-T", "30",
			"--ca-certificate=" + v.CAFile, "--ca-directory=/nonexistent", "-O", "-", v.URL(),
		}}
	},
}

// request is what clients without HTTP of their own send.
func request(v *hostsim.Visit) string {
	return "GET " + v.Path + " HTTP/1.0\r\nHost: " + v.Host + "\r\n\r\n"
}

// openssl: -verify_return_error makes s_client leave when verification fails, which
// it does not do by itself.
var openssl = &hostsim.Client{
	Name: "openssl", Title: "openssl s_client", Library: "OpenSSL", Package: "openssl",
	Programs: []string{"openssl"}, Version: []string{"version"},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{
				v.Program("openssl"), "s_client", "-connect", v.Address(), "-servername", v.Host, "-verify_hostname", v.Host,
				"-verify_return_error", "-CAfile", v.CAFile, "-no-CApath", "-no-CAstore", "-quiet", "-ign_eof",
			},
			Stdin: request(v),
		}
	},
}

var gnutls = &hostsim.Client{
	Name: "gnutls-cli", Title: "gnutls-cli", Library: "GnuTLS", Package: "gnutls-bin",
	Programs: []string{"gnutls-cli"}, Version: []string{"--version"},
	Command: func(v *hostsim.Visit) hostsim.Command { return gnutlsCommand(v) },
}

var gnutlsAIA = &hostsim.Client{
	Name: "gnutls-cli-aia", Title: "gnutls-cli --ca-auto-retrieve", Library: "GnuTLS", Package: "gnutls-bin",
	Programs: []string{"gnutls-cli"}, Version: []string{"--version"},
	AIAHostsFile: true,
	Command:      func(v *hostsim.Visit) hostsim.Command { return gnutlsCommand(v, "--ca-auto-retrieve") },
}

func gnutlsCommand(v *hostsim.Visit, options ...string) hostsim.Command {
	args := append([]string{v.Program("gnutls-cli")}, options...)
	return hostsim.Command{
		Args: append(args, "--x509cafile="+v.CAFile, "--sni-hostname="+v.Host, "--verify-hostname="+v.Host,
			"-p", strconv.Itoa(v.Port), "127.0.0.1"),
		Stdin: request(v),
	}
}
