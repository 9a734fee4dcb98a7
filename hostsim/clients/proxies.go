package clients

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// Proxies that verify the camera as their upstream. Each is started for one request, which
// curl makes; what the proxy logged is printed afterwards.

// proxyClient completes a client that is a proxy, whose program and package are the first ones that it
// needs. config may use %LISTEN%, its own port, beside the words of fill. serve are its arguments, with
// "config" for the file's path.
func proxyClient(c hostsim.Client, config string, serve ...string) *hostsim.Client {
	program := c.Needs.Programs[0]
	c.Needs.Packages, c.Needs.Programs = append(c.Needs.Packages, "curl"), append(c.Needs.Programs, "curl", "bash")
	c.Needs.Port = true
	c.Prepare = func(_ context.Context, v *hostsim.Visit) error {
		subject := forHost(v, []string{"sni = " + v.Host + "\ncheckHost = " + v.Host}, []string{"checkIP = " + v.Host})[0]
		text := strings.NewReplacer("%LISTEN%", strconv.Itoa(v.Listen), "%SUBJECT%", subject).Replace(fill(config, v))
		return os.WriteFile(v.File("config"), []byte(text), 0o644)
	}
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		args := []string{strconv.Itoa(v.Listen), v.Path, v.Program("curl"), v.URL(), v.Program(program)}
		for _, word := range serve {
			if word == "config" {
				word = v.File("config")
			}
			args = append(args, word)
		}
		return hostsim.Command{Args: append([]string{v.Program("bash"), "-c", proxyScript(program), "bash"}, args...)}
	}
	return &c
}

// waitForPort waits until the last program that was started listens on $port.
const waitForPort = `for i in $(seq 200); do (exec 3<>"/dev/tcp/127.0.0.1/$port") ` +
	`2>/dev/null && break; kill -0 $! 2>/dev/null || break; sleep 0.05; done`

// proxyScript starts "$@" behind port, path, curl and URL, waits for its port, asks, and
// prints its log.
func proxyScript(program string) string {
	ask := `"$curl" -s -m 25 "http://127.0.0.1:$port$path"`
	if program == "squid" { // a forward proxy, asked for the URL itself
		ask = `"$curl" -s -i -m 60 --request-target "$url" "http://127.0.0.1:$port/"`
	}
	return `port=$1 path=$2 curl=$3 url=$4; shift 4
"$@" >log 2>&1 &
` + waitForPort + `
` + ask + `
kill $! 2>/dev/null
cat log >&2; [ ! -f errors ] || cat errors >&2`
}

var nginx = proxyClient(hostsim.Client{
	Name: "nginx", Title: "nginx as a proxy", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"nginx"}, Programs: []string{"nginx"}, Version: []string{"-v"}},
	Isolation: hostsim.Isolation{NotRoot: true},
	Known:     hostsim.Known{Family: "nginx", Words: openSSLWords.Says(verdict.CauseName, `certificate does not match "`)},
}, `daemon off; master_process off; pid %HOME%/pid; error_log stderr info; events {}
http { access_log off; client_body_temp_path %HOME%/a; proxy_temp_path %HOME%/b;
fastcgi_temp_path %HOME%/c; uwsgi_temp_path %HOME%/d; scgi_temp_path %HOME%/e;
server { listen 127.0.0.1:%LISTEN%; location / { proxy_pass https://127.0.0.1:%PORT%; proxy_set_header Host %AUTHORITY%;
proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate %CA%; proxy_ssl_server_name on; proxy_ssl_name %HOST%; } } }
`, "-e", "stderr", "-c", "config")

var haproxy = proxyClient(hostsim.Client{
	Name: "haproxy", Title: "HAProxy", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{Packages: []string{"haproxy"}, Programs: []string{"haproxy"}, Version: []string{"-v"}},
	Known: hostsim.Known{Family: "haproxy", Words: openSSLWords.Says(verdict.CauseName, `certificate different from the configured one`).
		Says(verdict.CauseRejected, `SSL handshake failure`)},
}, `global
  log stderr format raw local0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  retries 0
frontend f
  bind 127.0.0.1:%LISTEN%
  error-log-format "%[ssl_bc_err_str] %[bc_err_str]"
  default_backend b
backend b
  server s 127.0.0.1:%PORT% ssl verify required ca-file %CA% sni str(%HOST%) verifyhost %HOST% check inter 20s
`, "-db", "-f", "config")

var stunnel = proxyClient(hostsim.Client{
	Name: "stunnel", Title: "stunnel", Stack: openSSL, Library: "OpenSSL",
	Needs: hostsim.Needs{Packages: []string{"stunnel4"}, Programs: []string{"stunnel4"}, Version: []string{"-version"}},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `Subject checks failed`).
		Says(verdict.CauseNoTrust, `No trusted certificates`)},
}, `foreground = yes
pid =
debug = 5
[camera]
client = yes
accept = 127.0.0.1:%LISTEN%
connect = 127.0.0.1:%PORT%
verifyChain = yes
CAfile = %CA%
%SUBJECT%
`, "config")

var caddy = proxyClient(hostsim.Client{
	Name: "caddy", Title: "Caddy as a proxy", Stack: goTLS, Library: "crypto/tls",
	Needs: hostsim.Needs{Packages: []string{"caddy"}, Programs: []string{"caddy"}, Version: []string{"version"}},
	Known: hostsim.Known{Family: "go", Words: goWords},
}, `{
  admin off
  auto_https off
}
http://127.0.0.1:%LISTEN% {
  bind 127.0.0.1
  reverse_proxy https://127.0.0.1:%PORT% {
    transport http {
      tls_trusted_ca_certs %CA%
      tls_server_name %HOST%
    }
  }
}
`, "run", "--config", "config", "--adapter", "caddyfile")

var apache = proxyClient(hostsim.Client{
	Name: "apache", Title: "Apache httpd as a proxy", Stack: openSSL, Library: "OpenSSL",
	Needs:     hostsim.Needs{Packages: []string{"apache2-bin"}, Programs: []string{"apache2"}, Version: []string{"-v"}},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "apache", Words: openSSLWords.Says(verdict.CauseName, `certificate does not match for hostname`)},
}, `ServerRoot %HOME%
ServerName localhost
PidFile %HOME%/pid
Listen 127.0.0.1:%LISTEN%
ErrorLog %HOME%/errors
LogLevel info
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Mutex file:%HOME% default
SSLProxyEngine on
SSLProxyVerify require
SSLProxyVerifyDepth 3
SSLProxyCheckPeerName on
SSLProxyCheckPeerExpire on
SSLProxyCACertificateFile %CA%
ProxyPass / https://%AUTHORITY%:%PORT%/
`, "-X", "-f", "config")

// squid has a hosts file by its own configuration, for AIA downloads, too. Intermediates
// of the store are given to it as what they are.
var squid = squidClient()

// squidWords are of the page that Squid answers with, which names errors as OpenSSL does.
var squidWords = verdict.Words{}.
	Says(verdict.CauseName, `SQUID_X509_V_ERR_DOMAIN_MISMATCH`, `certificate does not match domainname`).
	Says(verdict.CauseExpired, `X509_V_ERR_CERT_HAS_EXPIRED`, `certificate expired on`).
	Says(verdict.CauseUnknown, `X509_V_ERR_UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)`).
	Says(verdict.CauseRejected, `ERR_SECURE_CONNECT_FAIL`)

func squidClient() *hostsim.Client {
	client := proxyClient(hostsim.Client{
		Name: "squid", Title: "Squid", Stack: openSSL, Library: "OpenSSL, Squid's own AIA downloads",
		Needs:     hostsim.Needs{Packages: []string{"squid-openssl"}, Programs: []string{"squid"}, Version: []string{"--version"}},
		Isolation: hostsim.Isolation{NotRoot: true, HostsFile: true}, // its shared memory is to be its own
		Known:     hostsim.Known{Family: "squid", Words: squidWords},
	}, `http_port 127.0.0.1:%LISTEN%
pid_filename none
cache_log %HOME%/errors
access_log none
cache deny all
coredump_dir %HOME%
http_access allow all
hosts_file %HOME%/hosts-squid
include %HOME%/trust
visible_hostname leafcam
shutdown_lifetime 0 seconds
pinger_enable off
icp_port 0
`, "-N", "-f", "config")
	prepare := client.Prepare
	client.Prepare = func(ctx context.Context, v *hostsim.Visit) error {
		trust := "tls_outgoing_options flags=NO_DEFAULT_CA"
		if anchors := slices.Concat(v.Roots, v.Pinned); len(anchors) > 0 {
			trust += " cafile=" + v.File("anchors.pem")
			if err := os.WriteFile(v.File("anchors.pem"), certs.EncodePEM(anchors...), atomicfile.Public); err != nil {
				return err
			}
		}
		if len(v.Store) > 0 {
			trust += "\nsslproxy_foreign_intermediate_certs " + v.File("store.pem")
			if err := os.WriteFile(v.File("store.pem"), certs.EncodePEM(v.Store...), atomicfile.Public); err != nil {
				return err
			}
		}
		if address, port, err := net.SplitHostPort(v.AIAProxy); err == nil {
			hosts := strings.Join(slices.Sorted(maps.Keys(v.AIAHosts)), " ")
			trust += fmt.Sprintf("\nacl aia dstdomain %s\ncache_peer %s parent %s 0 no-query no-digest "+
				"name=aia\ncache_peer_access aia allow aia\nnever_direct allow aia",
				hosts, address, port)
		}
		if err := os.WriteFile(v.File("trust"), []byte(trust+"\n"), 0o644); err != nil {
			return err
		}
		if err := writeHosts(v, "hosts-squid"); err != nil {
			return err
		}
		return prepare(ctx, v)
	}
	return client
}
