// Package clients holds the real client programs that hostsim drives, a file for
// each family. Start with [All].
package clients

import "github.com/leafcam/leafcam/hostsim"

// All returns every client, in the order in which reports show them.
func All() []*hostsim.Client {
	return []*hostsim.Client{
		curl, wget, openssl, gnutls, gnutlsAIA, python, node, perl, golang, java, javaAIA, chromium,
	}
}
