package clients

import "github.com/leafcam/leafcam/hostsim"

// nodeClient: the programs resolve names by themselves, so node needs no hosts file. Its
// lookup function is called with and without the wish for all addresses.
func nodeClient(name, title, family, program string, env func(*hostsim.Visit) []string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: openSSL, Library: "OpenSSL (bundled with Node.js)",
		Needs: hostsim.Needs{
			Packages: []string{"nodejs"}, Programs: []string{"node"},
			Version: []string{"-p", "'Node.js ' + process.version + ' OpenSSL ' + process.versions.openssl"},
		},
		Known: hostsim.Known{Family: family, Words: nodeWords},
		Command: func(v *hostsim.Visit) hostsim.Command {
			const lookup = `const lookup = (name, options, done) =>
  options.all ? done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4);
const fail = e => { const c = e.cause || e; console.error(c.code, c.message); process.exit(1); };
`
			return hostsim.Command{Args: []string{v.Program("node"), "-e", lookup + program, v.URL(), v.CAFile}, Env: env(v)}
		},
	}
}

func nodeExtra(v *hostsim.Visit) []string { return []string{"NODE_EXTRA_CA_CERTS=" + v.CAFile} }
func nodeNothing(*hostsim.Visit) []string { return nil }

const nodeCA = `const ca = require('fs').readFileSync(process.argv[2], 'utf8').split(/(?=-----BEGIN)/);
`

var node = nodeClient("node", "Node.js https", "node",
	`require('https').get(process.argv[1], {lookup}, r => r.pipe(process.stdout)).on('error', fail);`, nodeExtra)

// nodeFetch goes by undici; it resolves by the lookup that dns has.
var nodeFetch = nodeClient("node-fetch", "Node.js fetch", "node",
	`require('dns').lookup = (name, options, done) => lookup(name, options, done || options);
fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t)).catch(fail);`, nodeExtra)

// nodeOption gives the certificates as an option, in the place of the roots that node has.
var nodeOption = nodeClient("node-ca-option", "Node.js https, option ca", "node", nodeCA+
	`require('https').get(process.argv[1], {lookup, ca}, r => r.pipe(process.stdout)).on('error', fail);`, nodeNothing)

var nodePartial = nodeClient("node-partial", "Node.js https, allowPartialTrustChain", "openssl-partial", nodeCA+
	`require('https').get(process.argv[1], {lookup, ca, `+
	`allowPartialTrustChain: true}, r => r.pipe(process.stdout)).on('error', fail);`, nodeNothing)
