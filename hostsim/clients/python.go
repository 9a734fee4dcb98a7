package clients

import (
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

// Python programs get the URL as their first argument and the trusted certificates as
// their second.
func pythonClient(name, title, library, pkg, version, program string, env ...string) *hostsim.Client {
	stack := openSSL
	if strings.HasPrefix(library, "GnuTLS") {
		stack = gnuTLS
	}
	return &hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: library, Package: pkg,
		Programs: []string{"python3"}, Version: []string{"-I", "-c", version},
		// Debian's Python has Debian's modules; another one first in the PATH has not.
		Paths:       map[string]string{"python3": "/usr/bin/python3"},
		NeedsModule: true,
		HostsFile:   true,
		Command: func(v *hostsim.Visit) hostsim.Command {
			vars := append([]string{}, env...)
			if len(env) == 0 {
				vars = trustByEnvironment(v)
			}
			return hostsim.Command{Args: []string{v.Program("python3"), "-I", "-c", program, v.URL(), v.CAFile}, Env: vars}
		},
	}
}

// noEnvironment says that a program is told its trust by an argument.
const noEnvironment = "PYTHONUTF8=1"

const pythonVersion = "import platform, ssl; print('Python', platform.python_version(), ssl.OPENSSL_VERSION)"

func moduleVersion(module string) string {
	return "import " + module + "; print('" + module + "', " + module + ".__version__)"
}

var python = pythonClient("python", "Python urllib", "OpenSSL (ssl)", "python3", pythonVersion, `import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=30).read())`)

// pythonStrict has the flags that are the default since Python 3.13.
var pythonStrict = pythonClient("python-3.13-flags", "Python with the flags of 3.13", "OpenSSL (ssl)", "python3", pythonVersion, `import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=30, context=context).read())`, noEnvironment)

var requests = pythonClient("requests", "Python requests", "OpenSSL (ssl)", "python3-requests", moduleVersion("requests"), `import requests, sys
sys.stdout.write(requests.get(sys.argv[1], verify=sys.argv[2], timeout=30).text)`, noEnvironment)

var httpx = pythonClient("httpx", "Python httpx", "OpenSSL (ssl)", "python3-httpx", moduleVersion("httpx"), `import httpx, sys
sys.stdout.write(httpx.get(sys.argv[1], verify=sys.argv[2], timeout=30).text)`, noEnvironment)

var aiohttp = pythonClient("aiohttp", "Python aiohttp", "OpenSSL (ssl)", "python3-aiohttp", moduleVersion("aiohttp"), `import aiohttp, asyncio, ssl, sys
async def get():
    context = ssl.create_default_context(cafile=sys.argv[2])
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1], ssl=context) as response:
            sys.stdout.write(await response.text())
asyncio.run(get())`, noEnvironment)

var pycurl = pythonClient("pycurl", "PycURL", "GnuTLS (libcurl)", "python3-pycurl", "import pycurl; print(pycurl.version)", `import pycurl, sys
curl = pycurl.Curl()
for option, value in ((pycurl.URL, sys.argv[1]), (pycurl.CAINFO, sys.argv[2]), (pycurl.CAPATH, "/nonexistent"), (pycurl.TIMEOUT, 30)):
    curl.setopt(option, value)
try:
    curl.perform()
except pycurl.error as error:
    sys.exit("curl: %d %s" % error.args)`, noEnvironment)

// libsoup is GNOME's HTTP library, here by way of its Python binding.
var libsoup = pythonClient("libsoup", "libsoup 3", "GnuTLS (glib-networking)", "gir1.2-soup-3.0 python3-gi glib-networking",
	"import gi; gi.require_version('Soup', '3.0'); from gi.repository import Soup; print('libsoup', Soup.get_major_version(), Soup.get_minor_version(), Soup.get_micro_version())",
	`import sys, gi
gi.require_version('Soup', '3.0')
from gi.repository import Gio, GLib, Soup
session = Soup.Session(timeout=30)
session.set_tls_database(Gio.TlsFileDatabase.new(sys.argv[2]))
message = Soup.Message.new('GET', sys.argv[1])
try:
    sys.stdout.buffer.write(session.send_and_read(message, None).get_data())
except GLib.Error as error:
    sys.exit('%s %s' % (error.message, message.get_tls_peer_certificate_errors()))`, noEnvironment)
