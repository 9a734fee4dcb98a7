package program_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/program"
)

// stand stands in for a test of any name, and notes how it ends.
type stand struct {
	testing.TB
	name, ended string
}

func (s *stand) Helper()      {}
func (s *stand) Name() string { return s.name }

func (s *stand) Skipf(format string, args ...any)  { s.end("skipped: "+format, args) }
func (s *stand) Fatalf(format string, args ...any) { s.end("failed: "+format, args) }

func (s *stand) end(format string, args []any) {
	s.ended = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestNeed(t *testing.T) {
	for _, tc := range []struct {
		name, test, program, all string
		ends                     string
	}{
		{"a test of real programs", "TestRealThings", "go", "", "found"},
		{"a part of one", "TestRealThings/with/parts", "go", "", "found"},
		{"a benchmark", "BenchmarkThings", "go", "", "found"},
		{"a fuzz target", "FuzzThings", "go", "", "found"},
		{
			"a program that is missing", "TestRealThings", "leafcam-no-such-program", "",
			"skipped: leafcam-no-such-program is not installed: apt-get install none",
		},
		{"one that has to be there", "TestRealThings", "leafcam-no-such-program", "1",
			"failed: leafcam-no-such-program is not installed, and LEAFCAM_ALL_CLIENTS is set: apt-get install none"},
		{
			"a test of the other tier", "TestThings/TestReal", "go", "",
			"failed: TestThings needs a real program: call it TestReal..., so that it is run with its like",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("LEAFCAM_ALL_CLIENTS", tc.all)
			s := &stand{name: tc.test}
			done := make(chan struct{})
			go func() {
				defer close(done)
				if program.Need(s, tc.program, "none") != "" {
					s.ended = "found"
				}
			}()
			<-done
			require.Equal(t, tc.ends, s.ended)
		})
	}
}
