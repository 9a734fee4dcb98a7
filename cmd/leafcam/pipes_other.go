//go:build !unix

package main

// survivePipes does nothing: a reader that is gone is an error already.
func survivePipes() {}
