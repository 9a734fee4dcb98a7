package report_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/report"
)

// FuzzReadMatrix: whatever somebody gives to --expect, it is refused or can be compared and shown.
func FuzzReadMatrix(f *testing.F) {
	f.Add([]byte(`{"format":3,"scenarios":[{"name":"leaf-only"}],"rows":[{"client":"b","install":"apt"},{"client":"curl","installed":true,` +
		`"cells":[{"scenario":"leaf-only","verdict":"refused","client_hello":{"cipher_suites":["c02b"]}}]}]}`))
	f.Add([]byte(`{"format":3,"shard":{"index":1,"of":1,"clients":["curl"]},"scenarios":[],` +
		`"rows":[{"client":"curl","cells":[{"held_seconds":2}]}]}`))
	f.Add([]byte(`{"format":1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := hostsim.ReadMatrix(bytes.NewReader(data))
		if err != nil {
			return
		}
		report.Compare(m, m)
		for _, form := range report.Forms() {
			if err := report.Write(io.Discard, form, m); err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			if err := report.WriteSince(io.Discard, form, m, m); err != nil {
				t.Fatalf("%s: %v", form, err)
			}
		}
		for _, width := range []int{0, 40, 80} {
			report.Table(io.Discard, m, report.TableOptions{Width: width})
		}
		if whole, err := hostsim.Merge([]hostsim.Part{{Name: "a part", Matrix: m}}); err == nil {
			report.Held(io.Discard, whole)
			report.Time(io.Discard, whole)
		}
	})
}
