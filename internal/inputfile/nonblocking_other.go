//go:build !unix

package inputfile

// nonBlocking is nothing where opening a file never waits.
const nonBlocking = 0
