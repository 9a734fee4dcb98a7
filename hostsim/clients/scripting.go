package clients

import "github.com/leafcam/leafcam/hostsim"

// python: the two variables replace the system's trust store.
var python = &hostsim.Client{
	Name: "python", Title: "Python urllib", Library: "OpenSSL", Package: "python3",
	Programs: []string{"python3"}, Version: []string{"-c", "import platform, ssl; print('Python', platform.python_version(), ssl.OPENSSL_VERSION)"},
	HostsFile: true,
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=30).read())`
		return hostsim.Command{
			Args: []string{v.Program("python3"), "-I", "-c", program, v.URL()},
			Env:  []string{"SSL_CERT_FILE=" + v.CAFile, "SSL_CERT_DIR=/nonexistent"},
		}
	},
}

// node: the extra certificates are added to the roots that node brings along. It calls
// the lookup function with and without the wish for all addresses.
var node = &hostsim.Client{
	Name: "node", Title: "Node.js https", Library: "OpenSSL (bundled)", Package: "nodejs",
	Programs: []string{"node"}, Version: []string{"-p", "'Node.js ' + process.version + ' OpenSSL ' + process.versions.openssl"},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `const lookup = (name, options, done) =>
  options.all ? done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4);
require('https').get(process.argv[1], {lookup}, response => response.pipe(process.stdout))
  .on('error', e => { console.error(e.code, e.message); process.exit(1); });`
		return hostsim.Command{
			Args: []string{v.Program("node"), "-e", program, v.URL()},
			Env:  []string{"NODE_EXTRA_CA_CERTS=" + v.CAFile},
		}
	},
}

// perl: the callback decides nothing. It prints why OpenSSL does not like a certificate,
// which LWP itself keeps to itself.
var perl = &hostsim.Client{
	Name: "perl", Title: "Perl LWP", Library: "OpenSSL (IO::Socket::SSL)", Package: "libwww-perl liblwp-protocol-https-perl",
	Programs: []string{"lwp-request", "perl"}, Version: []string{"-v"},
	HostsFile: true,
	Command: func(v *hostsim.Visit) hostsim.Command {
		const program = `my $r = LWP::UserAgent->new(timeout => 30, ssl_opts => {SSL_verify_callback => sub {
  my ($ok, $store) = @_;
  print STDERR Net::SSLeay::X509_verify_cert_error_string(Net::SSLeay::X509_STORE_CTX_get_error($store)), "\n" unless $ok;
  return $ok;
}})->get($ARGV[0]);
print $r->is_success ? $r->content : $r->status_line . "\n" . $r->content; exit($r->is_success ? 0 : 1);`
		return hostsim.Command{
			Args: []string{v.Program("perl"), "-MLWP::UserAgent", "-e", program, v.URL()},
			Env:  []string{"PERL_LWP_SSL_CA_FILE=" + v.CAFile},
		}
	},
}
