package clients

import (
	"context"
	"os"
	"strconv"

	"github.com/leafcam/leafcam/hostsim"
)

// Programs that watch servers or put a load on them. Most of them verify nothing, which their
// rows say: that they are content with a camera means nothing.

var (
	ab = blindClient("ab", "ApacheBench", openSSL, "OpenSSL", "apache2-utils", "ab", []string{"-V"},
		func(v *hostsim.Visit) []string { return []string{"-n", "1", "-c", "1", "-s", "10", v.URL()} })
	hey = blindClient("hey", "hey", goTLS, "crypto/tls", "hey", "hey", nil,
		func(v *hostsim.Visit) []string { return []string{"-n", "1", "-c", "1", "-t", "15", v.URL()} })
	siege = blindClient("siege", "siege", openSSL, "OpenSSL", "siege", "siege", []string{"--version"},
		func(v *hostsim.Visit) []string { return []string{"-c", "1", "-r", "1", v.URL()} })
	wrk = blindClient("wrk", "wrk", openSSL, "OpenSSL", "wrk", "wrk", []string{"-v"},
		func(v *hostsim.Visit) []string { return []string{"-t1", "-c1", "-d1s", v.URL()} })
	tnftp = blindClient("tnftp", "tnftp", openSSL, "OpenSSL", "tnftp", "tnftp", nil,
		func(v *hostsim.Visit) []string { return []string{"-V", "-o", "-", v.URL()} })
	checkHTTP = plugin(blindClient("check_http", "check_http", openSSL, "OpenSSL", "monitoring-plugins-basic", "check_http",
		[]string{"--version"}, func(v *hostsim.Visit) []string {
			return []string{"-H", v.Host, "-I", "127.0.0.1", "-p", port(v), "-S", "--sni", "-t", "10", "-u", v.Path}
		}))
)

// blindClient is a client that verifies nothing.
func blindClient(
	name, title, stack, library, pkg, program string, version []string, arguments func(*hostsim.Visit) []string,
) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: library,
		Needs:     hostsim.Needs{Packages: []string{pkg}, Programs: []string{program}, Version: version},
		Isolation: hostsim.Isolation{HostsFile: true},
		Known:     hostsim.Known{Family: "unverified", Silent: true, NeverVerifies: true},
		Command: func(v *hostsim.Visit) hostsim.Command {
			return hostsim.Command{Args: append([]string{v.Program(program)}, arguments(v)...), Env: trustByEnvironment(v)}
		},
	}
}

// plugin is one of Nagios' plugins, which Debian keeps out of the PATH.
func plugin(c *hostsim.Client) *hostsim.Client {
	program := c.Needs.Programs[0]
	c.Needs.Paths = map[string]string{program: "/usr/lib/nagios/plugins/" + program}
	return c
}

// blackbox is Prometheus' prober. It is a server, asked for one probe, whose log has the reason.
var blackbox = &hostsim.Client{
	Name: "blackbox_exporter", Title: "Prometheus blackbox_exporter", Stack: goTLS, Library: "crypto/tls",
	Needs: hostsim.Needs{
		Packages: []string{"prometheus-blackbox-exporter", "curl", "bash"},
		Programs: []string{"prometheus-blackbox-exporter", "curl", "bash"}, Version: []string{"--version"}, Port: true,
	},
	Isolation: hostsim.Isolation{HostsFile: true},
	Known:     hostsim.Known{Family: "go", Words: goWords, Silent: true},
	Prepare: func(_ context.Context, v *hostsim.Visit) error {
		config := fill("modules:\n  page:\n    prober: http\n    timeout: "+
			"30s\n    http:\n      preferred_ip_protocol: ip4\n      tls_config: {ca_file: '%CA%'}\n",
			v)
		return os.WriteFile(v.File("config"), []byte(config), 0o644)
	},
	Command: func(v *hostsim.Visit) hostsim.Command {
		const script = `port=$1 curl=$2 url=$3 program=$4
"$program" --config.file=config --web.listen-address="127.0.0.1:$port" >log 2>&1 &
` + waitForPort + `
"$curl" -s -m 35 "http://127.0.0.1:$port/probe?module=page&debug=true&target=$url" | grep -E '^probe_success|err=' >&2
kill $!`
		return hostsim.Command{
			Args: []string{
				v.Program("bash"), "-c", script, "bash", strconv.Itoa(v.Listen),
				v.Program("curl"), v.URL(), v.Program("prometheus-blackbox-exporter"),
			},
		}
	},
}
