package clients

import (
	"slices"

	"github.com/leafcam/leafcam/hostsim"
)

// families are in the order in which reports show them.
var families = [][]*hostsim.Client{
	{curl, curlDirectory, wget, wget2, httpie, aria2, axel, lftp, rclone},
	{openssl, opensslPartial, gnutls, gnutlsAIA, ncat, socat, telnet, tstclnt},
	{mosquitto, pahoC, pahoPython, pahoGo, mqttJS},
	{lynx, w3m, links2, elinks, netSurf, emacs},
	{git, subversion, mercurial},
	{python, pythonStrict, requests, zeep, httpx, aiohttp, homeAssistant, pycurl, libsoup},
	{node, nodeFetch, nodeOption, nodePartial, axios, got, nodeRED, deno, bun, workerd, impit, wreq},
	{perl, perlTiny, perlMojo, phpStreams, phpCurl, ruby, lua, tcl, rCurl, rBase, prolog, guile},
	{erlang, elixir},
	{golang},
	{haskell, ocaml},
	{java, javaAIA, javaURLClient, javaURLAIA, okHTTP, okHTTPAIA, apacheHTTP, apacheHTTPAIA, bouncyCastleTLS, bouncyCastleAIA},
	{mono, rust, mbedTLSClient, wolfSSLClient, bearSSLClient, botanClient, libtls, curlNSS, poco, qt5, qt6},
	{ffprobe, ffprobeDefault, mpv, mpvDefault, vlc, gstreamer, motion, motionDefault},
	{blackbox, checkHTTP, ab, hey, siege, wrk, tnftp},
	{nginx, haproxy, stunnel, caddy, apache, squid},
	{chromium, chromiumPolicy, qtWebEngine, firefox, firefoxPreloaded, webkit},
	{curlWindows, powershell, curlMac, safari},
}

// All returns every client, in the order in which reports show them.
func All() []*hostsim.Client { return slices.Concat(append(families, simulatedClients())...) }

// Demo returns the clients that a demonstration shows: known to everybody, or the only ones of
// their stack that are quick.
func Demo() []*hostsim.Client {
	return []*hostsim.Client{
		curl, wget, git, openssl, python, requests, node, perl, phpStreams, ruby, gnutls, gnutlsAIA, ffprobe,
		golang, java, javaAIA, erlang, deno, mbedTLSClient, wolfSSLClient, nginx, squid, chromium, firefox,
	}
}

// Quick returns clients that take a moment each, that need nothing built, and that people ask about: the quickest
// first.
func Quick() []*hostsim.Client {
	return []*hostsim.Client{
		curl, openssl, wget, gnutls, python, pythonStrict, requests, aiohttp, git, perl, phpStreams, ruby, node, ffprobe, nginx,
	}
}

// Browsers parts clients: browsers take most of the time of a run.
func Browsers(list []*hostsim.Client) (browsers, others []*hostsim.Client) {
	for _, c := range list {
		if c.Known.Browser {
			browsers = append(browsers, c)
		} else {
			others = append(others, c)
		}
	}
	return browsers, others
}

// OnePerFamily returns the first verifying client of each family (hostsim.Known's Family): what
// depends on how chains are verified is shown by these.
func OnePerFamily(list []*hostsim.Client) []*hostsim.Client {
	var first []*hostsim.Client
	seen := map[string]bool{"": true}
	for _, c := range list {
		if !seen[c.Known.Family] && !c.Known.NeverVerifies {
			seen[c.Known.Family] = true
			first = append(first, c)
		}
	}
	return first
}
