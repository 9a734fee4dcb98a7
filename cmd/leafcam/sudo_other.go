//go:build !unix

package main

// missingFolders is of no use where files are given to nobody.
func missingFolders(string) []string { return nil }

// giveToCaller does nothing: this system has no sudo.
func giveToCaller(string, []string) string { return "" }
