// Package hostsim drives real TLS clients against an emulated camera and tells for
// each one whether the chain completed, how, or why not.
//
// Start with [Runner]: it runs every [Client] in every [Scenario] and returns a
// [Matrix]. The clients themselves are in package hostsim/clients. A verdict is made
// by [Judge], from both ends: what the client printed and what the camera saw.
package hostsim
