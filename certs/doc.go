// Package certs is the ground of everything on the host's side: a test PKI with any number of
// intermediates, keys, certificate requests, host names, the order of chains, and public roots.
//
// Start with [NewPKI], which makes a root and intermediates, and [PKI.Issue], which
// makes a leaf with its key. Everything is made at run time: nothing dated is kept.
package certs
