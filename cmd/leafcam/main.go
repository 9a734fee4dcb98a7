// Command leafcam emulates the TLS server of an OpenMV camera and shows which real
// clients accept the one certificate that it presents, which do not, and why.
package main

import "os"

func main() {
	os.Exit(runUntilSignal(os.Args[1:], os.Stdout, os.Stderr))
}
