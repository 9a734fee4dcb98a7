package main

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersionOfBuild(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	for _, tc := range []struct {
		name string
		info *debug.BuildInfo
		line string
	}{
		{"no build information", nil, "revision unknown, date unknown"},
		{"without version control", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "revision unknown, date unknown"},
		{"in a repository", &debug.BuildInfo{Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "false"},
		}}, "revision " + revision + ", date 2026-01-02T03:04:05Z"},
		{"with changes", &debug.BuildInfo{Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"},
		}}, "revision " + revision + ", date 2026-01-02T03:04:05Z, with changes that are not committed"},
		{"a release", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "revision unknown, date unknown"},
		{
			"a revision by its name", &debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20260102030405-0123456789ab"}},
			"revision 0123456789ab, date 2026-01-02T03:04:05Z",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := readVersion(tc.info)
			var out strings.Builder
			require.NoError(t, v.print(&out))
			require.Contains(t, strings.Split(out.String(), "\n"), tc.line)
		})
	}
}
