package main

import (
	"fmt"
	"strings"

	"github.com/leafcam/leafcam/internal/atomicfile"
)

// writeFigures writes what was measured in the format of Go's benchmarks: a line for each round.
func writeFigures(file string, pages []*measured, streams []*streamed) error {
	var b strings.Builder
	for _, m := range pages {
		for kind, k := range pageKinds {
			for i, aSecond := range m.pages[kind] {
				fmt.Fprintf(&b, "BenchmarkPages/connections=%s/through=%s 1 %.2f pages/s %.4f cpu-ms/page\n",
					k.name, m.program.name, aSecond, m.cost[kind][i])
			}
		}
	}
	for _, m := range streams {
		for i := range m.frames {
			fmt.Fprintf(&b, "BenchmarkStream/to=%d_viewers/of=a_camera_with_%d_connections/through=%s 1 "+
				"%.2f frames/s %.0f viewers %.4f cpus %.0f resident-B\n",
				m.kind.viewers, m.kind.camera, m.program.name, m.frames[i], m.served[i], m.cpu[i], m.resident[i])
		}
	}
	return atomicfile.Replace(file, []byte(b.String()), atomicfile.Public)
}
