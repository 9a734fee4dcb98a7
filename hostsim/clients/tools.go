package clients

import (
	"context"
	"os"
	"slices"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Tools that open a TLS connection and speak HTTP as far as they are told to.

// request is what clients without HTTP of their own send.
func request(v *hostsim.Visit) string {
	return "GET " + v.Path + " HTTP/1.0\r\nHost: " + authority(v) + "\r\n\r\n"
}

var (
	openssl = opensslClient("openssl", "openssl s_client", "openssl")
	// opensslPartial takes any certificate that it is given for an anchor.
	opensslPartial = opensslClient("openssl-partial", "openssl s_client -partial_chain", "openssl-partial", "-partial_chain")
)

// opensslClient: -verify_return_error makes s_client leave when verification fails, which
// it does not do by itself.
func opensslClient(name, title, family string, options ...string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: openSSL, Library: "OpenSSL",
		Needs:     hostsim.Needs{Packages: []string{"openssl"}, Programs: []string{"openssl"}, Version: []string{"version"}},
		Isolation: hostsim.Isolation{ToldAddress: true},
		Known: hostsim.Known{Family: family, Words: openSSLWords.Says(verdict.CauseName, `verify error:num=6[24]`).
			Says(verdict.CauseRejected, `verify error:num=`)},
		Command: func(v *hostsim.Visit) hostsim.Command {
			args := []string{v.Program("openssl"), "s_client", "-connect", address(v)}
			args = append(args, forHost(v,
				[]string{"-servername", v.Host, "-verify_hostname", v.Host}, []string{"-noservername", "-verify_ip", v.Host})...)
			args = append(args, "-verify_return_error", "-CAfile", v.CAFile, "-no-CApath", "-no-CAstore", "-quiet", "-ign_eof")
			return hostsim.Command{Args: append(args, options...), Stdin: request(v)}
		},
	}
}

var gnutls = &hostsim.Client{
	Name: "gnutls-cli", Title: "gnutls-cli", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"gnutls-bin"}, Programs: []string{"gnutls-cli"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{ToldAddress: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords},
	Command:   func(v *hostsim.Visit) hostsim.Command { return gnutlsCommand(v) },
}

var gnutlsAIA = &hostsim.Client{
	Name: "gnutls-cli-aia", Title: "gnutls-cli --ca-auto-retrieve", Stack: gnuTLS, Library: "GnuTLS",
	Needs:     hostsim.Needs{Packages: []string{"gnutls-bin"}, Programs: []string{"gnutls-cli"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{AIAHostsFile: true},
	// The camera is there: what it cannot connect to is an AIA server, and then it says nothing else.
	Known: hostsim.Known{
		Family: "gnutls-aia", Words: gnuTLSWords.Says(verdict.CauseUnknown, `Could not connect to 127\.0\.0\.1:\d+: Connection refused`),
	},
	Command: func(v *hostsim.Visit) hostsim.Command { return gnutlsCommand(v, "--ca-auto-retrieve") },
}

func gnutlsCommand(v *hostsim.Visit, options ...string) hostsim.Command {
	args := append([]string{v.Program("gnutls-cli")}, options...)
	args = append(args, forHost(v, []string{"--sni-hostname=" + v.Host}, []string{"--disable-sni"})...)
	return hostsim.Command{
		Args:  append(args, "--x509cafile="+v.CAFile, "--verify-hostname="+v.Host, "-p", port(v), "127.0.0.1"),
		Stdin: request(v),
	}
}

var ncat = &hostsim.Client{
	Name: "ncat", Title: "Ncat", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"ncat"}, Programs: []string{"ncat"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{
		Family: "openssl", Words: openSSLWords.Says(verdict.CauseNoTrust, `could not load trusted certificates`),
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: slices.Concat([]string{v.Program("ncat"), "-v", "--ssl-verify", "--ssl-trustfile", v.CAFile},
				forHost(v, []string{"--ssl-servername", v.Host}, nil), []string{"-w", "8", v.Host, port(v)}),
			Stdin: request(v),
		}
	},
}

var socat = &hostsim.Client{
	Name: "socat", Title: "socat", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"socat"}, Programs: []string{"socat"}, Version: []string{"-V"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "socat", Words: openSSLWords.Says(verdict.CauseName, `commonName does not match hostname`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("socat"), "-t5", "-", "OPENSSL:" + authority(v) + ":" + port(v) + ",cafile=" + v.CAFile +
				",verify=1,commonname=" + forHost(v, []string{v.Host + ",snihost=" + v.Host}, []string{v.Host + ",no-sni=1"})[0]},
			Stdin: request(v),
		}
	},
}

// telnet compares the host with the common name only: it refuses certificates without one, such
// as newer public ones. Its input stays open until it ends, or it leaves before the page has come.
var telnet = &hostsim.Client{
	Name: "telnet-ssl", Title: "telnet-ssl", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"telnet-ssl"}, Programs: []string{"telnet-ssl"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `certificate CN .* does not match hostname`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		c := shell(`mkfifo input; "$@" <input & exec 3>input; trap '' PIPE; printf 'GET %s HTTP/1.0\n\n' "$0" >&3; wait $!`,
			v.Program("telnet-ssl"), "-z", "ssl", "-z", "verify=2", "-z", "cacert="+v.CAFile, v.Host, port(v))
		c.Args[3] = v.Path
		c.Env = []string{"SSL_CERT_FILE=" + v.CAFile}
		return c
	},
}

// tstclnt is NSS's own test client.
var tstclnt = &hostsim.Client{
	Name: "tstclnt", Title: "NSS tstclnt", Stack: nss, Library: "NSS",
	Needs:     hostsim.Needs{Packages: []string{"libnss3-tools"}, Programs: []string{"tstclnt", "certutil"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "nss", Words: nssWords.Says(verdict.CauseRejected, `authentication of server cert failed`)},
	Prepare: func(ctx context.Context, v *hostsim.Visit) error {
		if err := os.WriteFile(v.File("request"), []byte(request(v)), 0o644); err != nil {
			return err
		}
		return nssDatabase(ctx, v)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("tstclnt"), "-h", v.Host, "-p", port(v), "-d", "sql:" + v.File(".pki/nssdb"),
			"-V", "tls1.2:tls1.3", "-4", "-A", v.File("request"),
		}}
	},
}
