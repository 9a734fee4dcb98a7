package clients

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/npm"
)

// Clients from the npm registry. What looks like JavaScript is often another TLS stack: some
// packages hold a program of their own.

// moduleClient completes a client that is a program for node with the one npm package that it needs.
// %MODULE% in the program is the path of a file of the package, from its path below node_modules.
func moduleClient(c hostsim.Client, file, program string, env func(*hostsim.Visit) []string) *hostsim.Client {
	module := c.Needs.Modules[0]
	version := module[strings.LastIndex(module, "@")+1:]
	c.Needs.Packages, c.Needs.Programs = []string{"nodejs"}, []string{"node"}
	c.Needs.Version = []string{"-p", fmt.Sprintf("'%s %s, Node.js ' + process.version", c.Name, version)}
	c.Isolation.HostsFile = true
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		const fail = "const fail = e => { const c = e.cause || e; console.error(e.message, c.code, c.message); process.exit(1); };\n"
		text := fail + strings.ReplaceAll(program, "%MODULE%", npm.File(file))
		return hostsim.Command{Args: []string{v.Program("node"), "--input-type=module", "-e", text, v.URL(), v.CAFile}, Env: env(v)}
	}
	return &c
}

var axios = moduleClient(hostsim.Client{
	Name: "axios", Title: "axios", Stack: openSSL, Library: "OpenSSL (bundled with Node.js)",
	Needs: hostsim.Needs{Modules: []string{"axios@1.21.1"}},
	Known: hostsim.Known{Family: "node", Words: nodeWords},
}, "axios/index.js", `import axios from '%MODULE%';
axios.get(process.argv[1], {timeout: 30000, responseType: 'text', proxy: false})
.then(r => process.stdout.write(r.data)).catch(fail);`, nodeExtra)

var got = moduleClient(hostsim.Client{
	Name: "got", Title: "got", Stack: openSSL, Library: "OpenSSL (bundled with Node.js)",
	Needs: hostsim.Needs{Modules: []string{"got@14.6.6"}},
	Known: hostsim.Known{Family: "node", Words: nodeWords},
}, "got/dist/source/index.js", `import got from '%MODULE%';
got(process.argv[1], {retry: {limit: 0}, timeout: {request: 30000}}).then(r => process.stdout.write(r.body)).catch(fail);`, nodeExtra)

// nodeRED is the node "http request" of Node-RED with a TLS configuration that names a CA certificate. The program
// stands in for the runtime, which does nothing with certificates.
var nodeRED = moduleClient(hostsim.Client{
	Name: "node-red", Title: "Node-RED http request", Stack: openSSL, Library: "OpenSSL (bundled with Node.js)",
	Needs: hostsim.Needs{Modules: []string{"@node-red/nodes@5.0.7"}},
	Known: hostsim.Known{Family: "node", Words: nodeWords},
}, "@node-red/nodes/core/network", `import {createRequire} from 'node:module';
const load = createRequire('%MODULE%/');
const nodes = {}, types = {};
const runtime = {
  settings: {}, util: {}, log: console, _: text => text,
  nodes: {
    registerType: (name, type) => { types[name] = type; },
    getNode: id => nodes[id],
    createNode: node => Object.assign(node, {
      on: (event, handle) => { node['on' + event] = handle; },
      status: () => {}, metric: () => false, warn: console.error, error: fail,
    }),
  },
};
load('./05-tls.js')(runtime);
await load('./21-httprequest.js')(runtime);
nodes.tls = new types['tls-config']({ca: process.argv[2], verifyservercert: true});
const request = new types['http request']({url: process.argv[1], tls: 'tls'});
request.oninput({}, message => process.stdout.write(message.payload), () => {});`, nodeNothing)

var impit = moduleClient(hostsim.Client{
	Name: "impit", Title: "impit", Stack: rustls, Library: "rustls",
	Needs: hostsim.Needs{Modules: []string{"impit@0.14.5"}},
	Known: hostsim.Known{Family: "rustls", Words: rustlsWords},
}, "impit/index.wrapper.js", `import impit from '%MODULE%';
new impit.Impit({}).fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t)).catch(fail);`, trustByEnvironment)

var wreq = moduleClient(hostsim.Client{
	Name: "wreq-js", Title: "wreq-js", Stack: boringSSL, Library: "BoringSSL",
	Needs: hostsim.Needs{Modules: []string{"wreq-js@3.1.0"}},
	Known: hostsim.Known{Family: "wreq", Words: boringSSLWords},
}, "wreq-js/dist/wreq-js.js", `import {fetch} from '%MODULE%';
fetch(process.argv[1], {trustStore: 'defaultPaths', timeout: 30000})
.then(r => r.text()).then(t => { process.stdout.write(t, () => process.exit(0)); }).catch(fail);`,
	trustByEnvironment)

// binaryClient completes a client that is a program which the one npm package that it needs holds:
// binary is its path below node_modules.
func binaryClient(c hostsim.Client, binary string) *hostsim.Client {
	c.Needs.Programs, c.Needs.Version = []string{c.Name}, []string{"--version"}
	c.Needs.Paths = map[string]string{c.Name: npm.File(binary)}
	c.Isolation.HostsFile = true
	return &c
}

const fetchProgram = `fetch(%ARGUMENT%).then(r => r.text()).then(t => console.log(t)).catch(e => ` +
	`{ console.error(String(e), e.code, e.cause); %EXIT%(1); });`

var deno = scripted(binaryClient(hostsim.Client{
	Name: "deno", Title: "Deno fetch", Stack: rustls, Library: "rustls (Deno)",
	Needs: hostsim.Needs{Modules: []string{"deno@2.9.6"}},
	Known: hostsim.Known{Family: "rustls", Words: rustlsWords},
}, "@deno/linux-x64-glibc/deno"), "get.ts",
	strings.NewReplacer("%ARGUMENT%", "Deno.args[0]", "%EXIT%", "Deno.exit").Replace(fetchProgram),
	func(v *hostsim.Visit, program string) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("deno"), "run", "--no-config", "--no-lock", "--allow-net", "--cert", v.CAFile, program, v.URL()},
			Env:  []string{"DENO_DIR=" + v.File("deno"), "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"},
		}
	})

var bun = scripted(binaryClient(hostsim.Client{
	Name: "bun", Title: "Bun fetch", Stack: boringSSL, Library: "BoringSSL (Bun)",
	Needs: hostsim.Needs{Modules: []string{"bun@1.4.5"}},
	Known: hostsim.Known{Family: "bun", Words: nodeWords},
}, "bun/bin/bun.exe"), "get.js",
	strings.NewReplacer("%ARGUMENT%", "process.argv[2]", "%EXIT%", "process.exit").Replace(fetchProgram),
	func(v *hostsim.Visit, program string) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("bun"), "run", program, v.URL()},
			Env:  []string{"NODE_EXTRA_CA_CERTS=" + v.CAFile, "DO_NOT_TRACK=1"},
		}
	})

// scripted gives a client a program in a file of its home.
func scripted(c *hostsim.Client, file, program string, command func(*hostsim.Visit, string) hostsim.Command) *hostsim.Client {
	c.Prepare = func(_ context.Context, v *hostsim.Visit) error {
		return os.WriteFile(v.File(file), []byte(fill(program, v)), 0o644)
	}
	c.Command = func(v *hostsim.Visit) hostsim.Command { return command(v, v.File(file)) }
	return c
}

// workerd runs a test handler that fetches the page.
var workerd = workerdClient()

func workerdClient() *hostsim.Client {
	client := scripted(
		binaryClient(hostsim.Client{
			Name: "workerd", Title: "workerd fetch", Stack: rustls, Library: "rustls (workerd)",
			Needs: hostsim.Needs{Modules: []string{"@cloudflare/workerd-linux-64@1.20261117.1"}},
			Known: hostsim.Known{Family: "workerd", Words: rustlsWords},
		}, "@cloudflare/workerd-linux-64/bin/workerd"),
		"worker.js", `export default { async test() { const r = await fetch("%URL%"); console.log(await r.text()); } }`,
		func(v *hostsim.Visit, _ string) hostsim.Command {
			return hostsim.Command{Args: []string{v.Program("workerd"), "test", v.File("config.capnp")}}
		})
	prepare := client.Prepare
	client.Prepare = func(ctx context.Context, v *hostsim.Visit) error {
		trusted, err := os.ReadFile(v.CAFile)
		if err != nil {
			return err
		}
		var list []string
		for _, block := range strings.SplitAfter(string(trusted), "-----END CERTIFICATE-----\n") {
			if block != "" {
				list = append(list, fmt.Sprintf("%q", block))
			}
		}
		config := `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (modules = [(name = "w", esModule = embed "worker.js")],
    compatibilityDate = "2024-01-01", globalOutbound = "out")),
  (name = "out", network = (allow = ["public", "private", "local"],
    tlsOptions = (trustBrowserCas = false, trustedCertificates = [` + strings.Join(list, ", ") + `]))),
]);
`
		if err := os.WriteFile(v.File("config.capnp"), []byte(config), 0o644); err != nil {
			return err
		}
		return prepare(ctx, v)
	}
	return client
}
