package clients

import (
	"context"
	"fmt"
	"os"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// perlClient: the callback in trust decides nothing. It prints why OpenSSL does not like a
// certificate, which the modules keep to themselves.
func perlClient(name, title string, packages []string, module, program string) *hostsim.Client {
	const explain = `my $explain = sub {
  my ($ok, $store) = @_;
  print STDERR Net::SSLeay::X509_verify_cert_error_string(Net::SSLeay::X509_STORE_CTX_get_error($store)), "\n" unless $ok;
  return $ok;
};
`
	return &hostsim.Client{
		Name: name, Title: title, Stack: openSSL, Library: "OpenSSL (IO::Socket::SSL)",
		Needs: hostsim.Needs{
			Packages: packages, Programs: []string{"perl"},
			Version:      []string{"-M" + module, "-MIO::Socket::SSL", "-e", `print "` + module + ` $` + module + `::VERSION\n"`},
			VersionLoads: true,
		},
		Isolation: hostsim.Isolation{HostsFile: true},
		Known:     hostsim.Known{Family: "openssl-partial", Words: openSSLWords.Says(verdict.CauseName, `hostname verification failed`)},
		Command: func(v *hostsim.Visit) hostsim.Command {
			return hostsim.Command{Args: []string{v.Program("perl"), "-M" + module, "-MIO::Socket::SSL", "-e", explain + program, v.URL(), v.CAFile}}
		},
	}
}

var perl = perlClient("perl", "Perl LWP", []string{"libwww-perl", "liblwp-protocol-https-perl"}, "LWP::UserAgent",
	`my $r = LWP::UserAgent->new(timeout => 30, ssl_opts => {SSL_ca_file => $ARGV[1], SSL_verify_callback => $explain})->get($ARGV[0]);
print $r->is_success ? $r->content : $r->status_line . "\n" . $r->content; exit($r->is_success ? 0 : 1);`)

var perlTiny = perlClient("http-tiny", "Perl HTTP::Tiny", []string{"perl", "libio-socket-ssl-perl"}, "HTTP::Tiny",
	`my $r = HTTP::Tiny->new(verify_SSL => 1, timeout => 30,
  SSL_options => {SSL_ca_file => $ARGV[1], SSL_verify_callback => $explain})->get($ARGV[0]);
print $r->{content}; exit($r->{success} ? 0 : 1);`)

var perlMojo = perlClient("mojo", "Perl Mojolicious", []string{"libmojolicious-perl", "libio-socket-ssl-perl"}, "Mojolicious",
	`use Mojo::UserAgent; my $t = Mojo::UserAgent->new(ca => $ARGV[1], connect_timeout => 30)->get($ARGV[0]);
if (my $e = $t->error) { print STDERR $e->{message}, "\n"; exit 1 } print $t->res->body;`)

// phpStreams prints a warning and exits with 0 when it refuses.
var phpStreams = &hostsim.Client{
	Name: "php-streams", Title: "PHP streams", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{
		Packages: []string{"php-cli"}, Programs: []string{"php"},
		Version: []string{"-n", "-r", "echo 'PHP ', PHP_VERSION, ' ', OPENSSL_VERSION_TEXT;"},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `did not match expected name`)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("php"), "-n", "-d", "openssl.cafile=" + v.CAFile, "-d", "openssl.capath=",
			"-d", "display_errors=1", "-r", "echo file_get_contents($argv[1]);", v.URL()}}
	},
}

var phpCurl = &hostsim.Client{
	Name: "php-curl", Title: "PHP curl", Stack: openSSL, Library: "OpenSSL (libcurl)",
	Needs: hostsim.Needs{
		Packages: []string{"php-cli", "php-curl"}, Programs: []string{"php"},
		Version:      []string{"-r", "$v = curl_version(); echo 'PHP curl ', $v['version'], ' ', $v['ssl_version'];"},
		VersionLoads: true,
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl-partial", Words: openSSLWords.Or(curlWords)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, 1); $r = curl_exec($c);
if ($r === false) { fwrite(STDERR, "curl error " . curl_errno($c) . ": " . curl_error($c) . "\n"); exit(1); } echo $r;`
		return hostsim.Command{Args: []string{v.Program("php"), "-d", "curl.cainfo=" + v.CAFile, "-r", program, v.URL()}}
	},
}

var ruby = &hostsim.Client{
	Name: "ruby", Title: "Ruby Net::HTTP", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{
		Packages: []string{"ruby"}, Programs: []string{"ruby"},
		Version: []string{"-ropenssl", "-e", "puts \"ruby #{RUBY_VERSION} #{OpenSSL::OPENSSL_LIBRARY_VERSION}\""},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "ruby", Words: openSSLWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("ruby"), "-rnet/http", "-e", "print Net::HTTP.get(URI(ARGV[0]))", v.URL()},
			Env:  trustByEnvironment(v),
		}
	},
}

// lua: LuaSec verifies the chain and leaves the host name to its caller.
var lua = &hostsim.Client{
	Name: "luasec", Title: "Lua LuaSec", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{
		Packages: []string{"lua5.4", "lua-sec", "lua-socket"}, Programs: []string{"lua5.4"},
		Version: []string{"-e", "print(_VERSION, 'LuaSec', require('ssl')._VERSION)"}, VersionLoads: true,
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl-no-names", Words: openSSLWords, IgnoresNames: true},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `local socket, ssl = require("socket"), require("ssl")
local host, port, ca, path = arg[1], arg[2], arg[3], arg[4]
local s = assert(socket.connect(host, tonumber(port)))
s = assert(ssl.wrap(s, {mode = "client", protocol = "any", verify = {"peer", "fail_if_no_peer_cert"}, cafile = ca, options = "all"}))
s:sni(host)
local ok, err = s:dohandshake()
if not ok then io.stderr:write("handshake error: ", err, "\n") os.exit(1) end
s:send("GET " .. path .. " HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n")
local page, _, part = s:receive("*a")
io.write(page or part or "")
`
		if err := os.WriteFile(v.File("get.lua"), []byte(program), 0o644); err != nil {
			panic(err) // the home was just made
		}
		return hostsim.Command{Args: []string{v.Program("lua5.4"), v.File("get.lua"), v.Host, port(v), v.CAFile, v.Path}}
	},
}

// tcl does not look at the host name. Its callback decides nothing: it prints the reason,
// which would be "failed to use socket" otherwise.
var tcl = &hostsim.Client{
	Name: "tcl-tls", Title: "Tcl tls", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{
		Packages: []string{"tcl", "tcl-tls"}, Programs: []string{"tclsh"},
		Files: []string{"/usr/lib/tcltk/*/tcltls*/tcltls.so"},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl-no-names", Words: openSSLWords, IgnoresNames: true},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		const program = `package require http
package require tls
lassign $argv url ca
proc explain {what channel args} {
  if {$what ne "verify"} { return 1 }
  lassign $args depth certificate ok reason
  if {!$ok} { puts stderr "verify error: $reason" }
  return $ok
}
http::register https 443 [list ::tls::socket -autoservername true -require 1 -cafile $ca -command explain]
if {[catch {set t [http::geturl $url -timeout 30000]} e]} { puts stderr "error: $e"; exit 1 }
if {[http::status $t] ne "ok"} { puts stderr "error: [http::error $t]"; exit 1 }
puts -nonewline [http::data $t]
`
		return os.WriteFile(v.File("get.tcl"), []byte(program), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("tclsh"), v.File("get.tcl"), v.URL(), v.CAFile}}
	},
}

var rCurl = rClient("r-curl", "R curl", []string{"r-base-core", "r-cran-curl"}, "curl",
	`h <- curl::new_handle(cainfo = "%CA%"); cat(rawToChar(curl::curl_fetch_memory("%URL%", handle = h)$content))`)

var rBase = rClient("r-base", "R url()", []string{"r-base-core"}, "base",
	`options(download.file.method = "libcurl", url.method = "libcurl"); cat(readLines(url("%URL%")), sep = "\n")`)

// rClient is a program in R that needs one of its libraries.
func rClient(name, title string, packages []string, library, program string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: openSSL, Library: "OpenSSL (libcurl)",
		Needs: hostsim.Needs{
			Packages: packages, Programs: []string{"Rscript"}, VersionLoads: true,
			Version: []string{"--vanilla", "-e", fmt.Sprintf(`cat(R.version.string, "%[1]s", format(packageVersion("%[1]s")))`, library)},
		},
		Isolation: hostsim.Isolation{HostsFile: true},
		Known:     hostsim.Known{Family: "openssl-partial", Words: openSSLWords.Or(curlWords)},
		Command: func(v *hostsim.Visit) hostsim.Command {
			return hostsim.Command{
				Args: []string{v.Program("Rscript"), "--vanilla", "-e", fill(program, v)},
				Env:  []string{"CURL_CA_BUNDLE=" + v.CAFile},
			}
		},
	}
}

var prolog = &hostsim.Client{
	Name: "swi-prolog", Title: "SWI-Prolog", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"swi-prolog-nox"}, Programs: []string{"swipl"}, Version: []string{"--version"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "openssl", Words: openSSLWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `use_module(library(http/http_open)), use_module(library(http/http_ssl_plugin)),
catch((http_open("%URL%", S, [cacerts([file("%CA%")])]), copy_stream_data(S, current_output), close(S), halt(0)),
E, (print_message(error, E), halt(1)))`
		return hostsim.Command{Args: []string{v.Program("swipl"), "-g", fill(program, v), "-t", "halt"}}
	},
}

// guile reads a directory of certificates only.
var guile = &hostsim.Client{
	Name: "guile", Title: "Guile web client", Stack: gnuTLS, Library: "GnuTLS",
	Needs: hostsim.Needs{
		Packages: []string{"guile-3.0", "guile-gnutls", "openssl"}, Programs: []string{"guile", "openssl"},
		VersionLoads: true, Version: []string{"-c", `(use-modules (gnutls)) (display "Guile ") (display (version)) (newline)`},
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known: hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Says(verdict.CauseName, `does not match: CN`).
		Says(verdict.CauseExpired, `expired invalid`).
		Says(verdict.CauseUnknown, `signer-not-found`).
		Says(verdict.CauseRejected, `could not be verified`)},
	Prepare: hashedDirectory,
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `(use-modules (web client) (ice-9 receive) (rnrs bytevectors))
(receive (r b) (http-get (cadr (command-line))) (display (if (string? b) b (utf8->string b))))`
		return hostsim.Command{
			Args: []string{v.Program("guile"), "-c", program, v.URL()},
			Env:  []string{"SSL_CERT_DIR=" + v.File("hashed"), "GUILE_AUTO_COMPILE=0"},
		}
	},
}
