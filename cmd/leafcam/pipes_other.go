//go:build !unix

package main

// ignoreBrokenPipes does nothing: a reader that is gone is an error already.
func ignoreBrokenPipes() {}
