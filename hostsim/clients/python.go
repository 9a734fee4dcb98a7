package clients

import (
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// pythonClient completes a client that Python runs: its program gets the URL as its first argument and
// the trusted certificates as its second. version is a program that prints its version.
func pythonClient(c hostsim.Client, version, program string, env ...string) *hostsim.Client {
	c.Needs.Programs, c.Needs.Version, c.Needs.VersionLoads = []string{"python3"}, []string{"-I", "-c", version}, true
	// Debian's Python has Debian's modules; another one first in the PATH has not.
	c.Needs.Paths = map[string]string{"python3": "/usr/bin/python3"}
	c.Isolation.HostsFile = true
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		vars := append([]string{}, env...)
		if len(env) == 0 {
			vars = trustByEnvironment(v)
		}
		return hostsim.Command{Args: []string{v.Program("python3"), "-I", "-c", program, v.URL(), v.CAFile}, Env: vars}
	}
	return &c
}

// noEnvironment says that a program is told its trust by an argument.
const noEnvironment = "PYTHONUTF8=1"

const pythonVersion = "import platform, ssl; print('Python', platform.python_version(), ssl.OPENSSL_VERSION)"

func moduleVersion(module string) string {
	return "import " + module + "; print('" + module + "', " + module + ".__version__)"
}

var python = pythonClient(hostsim.Client{
	Name: "python", Title: "Python urllib", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3"}},
	Known: hostsim.Known{Family: "python", Words: pythonWords},
}, pythonVersion, `import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=30).read())`)

// pythonStrict has the flags that are the default since Python 3.13.
var pythonStrict = pythonClient(hostsim.Client{
	Name: "python-3.13-flags", Title: "Python with the flags of 3.13", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3"}},
	Known: hostsim.Known{Family: "python-strict", Words: pythonWords},
}, pythonVersion, `import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=30, context=context).read())`, noEnvironment)

// requestsWords are of requests, and of what fetches by it.
var requestsWords = pythonWords.Says(verdict.CauseName, `hostname '.*' doesn't match '`)

var requests = pythonClient(hostsim.Client{
	Name: "requests", Title: "Python requests", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-requests"}},
	Known: hostsim.Known{Family: "requests", Words: requestsWords},
}, moduleVersion("requests"), `import requests, sys
sys.stdout.write(requests.get(sys.argv[1], verify=sys.argv[2], timeout=30).text)`, noEnvironment)

var httpx = pythonClient(hostsim.Client{
	Name: "httpx", Title: "Python httpx", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-httpx"}},
	Known: hostsim.Known{Family: "python", Words: pythonWords},
}, moduleVersion("httpx"), `import httpx, sys
sys.stdout.write(httpx.get(sys.argv[1], verify=sys.argv[2], timeout=30).text)`, noEnvironment)

var aiohttp = pythonClient(hostsim.Client{
	Name: "aiohttp", Title: "Python aiohttp", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-aiohttp"}},
	Known: hostsim.Known{Family: "python", Words: pythonWords},
}, moduleVersion("aiohttp"), `import aiohttp, asyncio, ssl, sys
async def get():
    context = ssl.create_default_context(cafile=sys.argv[2])
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1], ssl=context) as response:
            sys.stdout.write(await response.text())
asyncio.run(get())`, noEnvironment)

// homeAssistant is aiohttp with the settings of Home Assistant (client_context in homeassistant.util.ssl): the bundle is
// the one that REQUESTS_CA_BUNDLE names, else certifi's, in the place of the system's. The flags are those that
// create_default_context has in the Python that Home Assistant runs on, which is 3.13 or later.
var homeAssistant = pythonClient(hostsim.Client{
	Name: "home-assistant", Title: "aiohttp with Home Assistant's settings", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-aiohttp", "python3-certifi"}},
	Known: hostsim.Known{Family: "python-strict", Words: pythonWords},
}, "import certifi; "+moduleVersion("aiohttp"), `import aiohttp, asyncio, certifi, os, ssl, sys
os.environ["REQUESTS_CA_BUNDLE"] = sys.argv[2]
async def get():
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=os.environ.get("REQUESTS_CA_BUNDLE", certifi.where()))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        async with session.get(sys.argv[1]) as response:
            sys.stdout.write(await response.text())
asyncio.run(get())`, noEnvironment)

// zeep is what Python speaks SOAP by, and so ONVIF. It fetches a description of a service, by requests, and prints
// the service's name: the nonce stands in that.
var zeep = soapClient(pythonClient(hostsim.Client{
	Name: "zeep", Title: "Python Zeep (SOAP, ONVIF)", Stack: openSSL, Library: "OpenSSL (ssl)",
	Needs: hostsim.Needs{Packages: []string{"python3-zeep"}},
	Known: hostsim.Known{Family: "requests", Words: requestsWords},
}, moduleVersion("zeep"), `import requests, sys, zeep
session = requests.Session()
session.verify = sys.argv[2]
client = zeep.Client(sys.argv[1], transport=zeep.Transport(session=session, timeout=30))
print(*client.wsdl.services)`, noEnvironment))

// soapClient completes a client that reads a description of a service (WSDL 1.1).
func soapClient(c *hostsim.Client) *hostsim.Client {
	c.Script = func(nonce string) device.Script {
		return device.Hello(`<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:camera"><service name="` + nonce + `"/></definitions>
`)
	}
	return c
}

var pycurl = pythonClient(hostsim.Client{
	Name: "pycurl", Title: "PycURL", Stack: gnuTLS, Library: "GnuTLS (libcurl)",
	Needs: hostsim.Needs{Packages: []string{"python3-pycurl"}},
	Known: hostsim.Known{Family: "gnutls", Words: gnuTLSWords.Or(curlWords)},
}, "import pycurl; print(pycurl.version)", `import pycurl, sys
curl = pycurl.Curl()
for option, value in ((pycurl.URL, sys.argv[1]), (pycurl.CAINFO, sys.argv[2]), (pycurl.CAPATH, "/nonexistent"), (pycurl.TIMEOUT, 30)):
    curl.setopt(option, value)
try:
    curl.perform()
except pycurl.error as error:
    sys.exit("curl: %d %s" % error.args)`, noEnvironment)

// libsoup is GNOME's HTTP library, here by way of its Python binding.
var libsoup = pythonClient(hostsim.Client{
	Name: "libsoup", Title: "libsoup 3", Stack: gnuTLS, Library: "GnuTLS (glib-networking)",
	Needs: hostsim.Needs{Packages: []string{"gir1.2-soup-3.0", "python3-gi", "glib-networking"}},
	Known: hostsim.Known{Family: "gnutls", Words: glibWords},
}, "import gi; gi.require_version('Soup', '3.0'); from gi.repository import Soup; "+
	"print('libsoup', Soup.get_major_version(), Soup.get_minor_version(), Soup.get_micro_version())",
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
