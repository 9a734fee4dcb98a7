package clients

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// Clients from the npm registry. What looks like JavaScript is often another TLS stack: some
// packages hold a program of their own.

// moduleClient is a program for node that uses an npm package. %MODULE% in it is the path of
// a file of the package.
func moduleClient(name, title, stack, library, module, file, program string, env func(*hostsim.Visit) []string) *hostsim.Client {
	version := module[strings.LastIndex(module, "@")+1:]
	return &hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: library, Package: "nodejs npm", Modules: []string{module},
		Programs: []string{"node"}, Version: []string{"-p", fmt.Sprintf("'%s %s, Node.js ' + process.version", name, version)},
		HostsFile: true,
		Command: func(v *hostsim.Visit) hostsim.Command {
			const fail = "const fail = e => { const c = e.cause || e; console.error(e.message, c.code, c.message); process.exit(1); };\n"
			text := fail + strings.ReplaceAll(program, "%MODULE%", v.Module(file))
			return hostsim.Command{Args: []string{v.Program("node"), "--input-type=module", "-e", text, v.URL()}, Env: env(v)}
		},
	}
}

var axios = moduleClient("axios", "axios", openSSL, "OpenSSL (bundled with Node.js)", "axios@1.21.1", "axios/index.js",
	`import axios from '%MODULE%';
axios.get(process.argv[1], {timeout: 30000, responseType: 'text', proxy: false}).then(r => process.stdout.write(r.data)).catch(fail);`, nodeExtra)

var got = moduleClient("got", "got", openSSL, "OpenSSL (bundled with Node.js)", "got@14.6.6", "got/dist/source/index.js",
	`import got from '%MODULE%';
got(process.argv[1], {retry: {limit: 0}, timeout: {request: 30000}}).then(r => process.stdout.write(r.body)).catch(fail);`, nodeExtra)

var impit = moduleClient("impit", "impit", rustls, "rustls", "impit@0.14.5", "impit/index.wrapper.js",
	`import impit from '%MODULE%';
new impit.Impit({}).fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t)).catch(fail);`, trustByEnvironment)

var wreq = moduleClient("wreq-js", "wreq-js", boringSSL, "BoringSSL", "wreq-js@3.1.0", "wreq-js/dist/wreq-js.js",
	`import {fetch} from '%MODULE%';
fetch(process.argv[1], {trustStore: 'defaultPaths', timeout: 30000}).then(r => r.text()).then(t => { process.stdout.write(t, () => process.exit(0)); }).catch(fail);`,
	trustByEnvironment)

// binaryClient is a program that an npm package holds.
func binaryClient(name, title, stack, library, module, binary string, version ...string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: library, Package: "npm", Modules: []string{module},
		Programs: []string{name}, Paths: map[string]string{name: hostsim.NPMDir() + "/node_modules/" + binary}, Version: version,
		HostsFile: true,
	}
}

const fetchProgram = `fetch(%ARGUMENT%).then(r => r.text()).then(t => console.log(t)).catch(e => { console.error(String(e), e.code, e.cause); %EXIT%(1); });`

var deno = scripted(binaryClient("deno", "Deno fetch", rustls, "rustls (Deno)", "deno@2.9.6", "@deno/linux-x64-glibc/deno", "--version"), "get.ts",
	strings.NewReplacer("%ARGUMENT%", "Deno.args[0]", "%EXIT%", "Deno.exit").Replace(fetchProgram),
	func(v *hostsim.Visit, program string) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("deno"), "run", "--no-config", "--no-lock", "--allow-net", "--cert", v.CAFile, program, v.URL()},
			Env:  []string{"DENO_DIR=" + v.File("deno"), "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"},
		}
	})

var bun = scripted(binaryClient("bun", "Bun fetch", boringSSL, "BoringSSL (Bun)", "bun@1.4.5", "bun/bin/bun.exe", "--version"), "get.js",
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
		binaryClient("workerd", "workerd fetch", rustls, "rustls (workerd)", "@cloudflare/workerd-linux-64@1.20261117.1", "@cloudflare/workerd-linux-64/bin/workerd", "--version"),
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
  (name = "main", worker = (modules = [(name = "w", esModule = embed "worker.js")], compatibilityDate = "2024-01-01", globalOutbound = "out")),
  (name = "out", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = false, trustedCertificates = [` + strings.Join(list, ", ") + `]))),
]);
`
		if err := os.WriteFile(v.File("config.capnp"), []byte(config), 0o644); err != nil {
			return err
		}
		return prepare(ctx, v)
	}
	return client
}
