// Package clients holds the real client programs that hostsim drives, a file for
// each family. Start with [All].
package clients
