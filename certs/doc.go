// Package certs makes and stores the certificates on the host's side of a camera:
// a test PKI with any number of intermediates, leaf certificates, and their files.
//
// Start with [NewPKI], which makes a root and intermediates, and [PKI.Issue], which
// makes a leaf with its key. Everything is made at run time: nothing dated is kept.
package certs
