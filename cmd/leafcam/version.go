package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/device"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version and the firmware profiles",
		Long: `    $ leafcam version

Prints leafcam's version, the Go version that built it, and the firmware profiles that it emulates.`,
		Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			version := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "leafcam %s, %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			for _, fw := range device.Firmwares() {
				fmt.Fprintf(out, "firmware %s: %s (MicroPython %s, Mbed TLS %s)\n", fw.Name, fw.Description, fw.MicroPython, fw.MbedTLS)
			}
		},
	}
}
