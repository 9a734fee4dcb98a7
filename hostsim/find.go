package hostsim

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// Found is a client as this machine has it.
type Found struct {
	*Client
	Missing []string // programs that are not there
	// VersionLine is the first line that the program printed of its version.
	VersionLine string

	programs map[string]string
}

// Installed tells whether all programs are there.
func (f *Found) Installed() bool { return len(f.Missing) == 0 && f.otherSystem() == "" }

// simulated tells whether the client only stands for one that cannot run here.
func (c *Client) simulated() bool { return c.Simulated != "" }

// otherSystem returns the system that the client belongs to when it is not this one.
func (c *Client) otherSystem() string {
	if c.System == "" || c.System == runtime.GOOS {
		return ""
	}
	return c.System
}

// Find looks for the programs of each client and asks for their versions.
func Find(ctx context.Context, list []*Client) []*Found {
	return findAll(ctx, sandbox.Detect(ctx), list)
}

func findAll(ctx context.Context, sb *sandbox.Sandbox, list []*Client) []*Found {
	found := make([]*Found, len(list))
	each(len(list), defaultParallel(), func(i int) {
		found[i] = find(ctx, sb, list[i])
	})
	return found
}

func find(ctx context.Context, sb *sandbox.Sandbox, c *Client) *Found {
	f := &Found{Client: c, programs: map[string]string{}}
	if c.otherSystem() != "" {
		return f
	}
	for _, program := range c.Programs {
		path, err := c.lookPath(program)
		if err != nil {
			f.Missing = append(f.Missing, program)
			continue
		}
		f.programs[program] = path
	}
	for _, pattern := range c.Files {
		if found, _ := filepath.Glob(pattern); len(found) == 0 {
			f.Missing = append(f.Missing, pattern)
		}
	}
	f.Missing = append(f.Missing, c.missingModules()...)
	switch {
	case !f.Installed() || c.Dial != nil && len(c.Programs) == 0:
	case len(c.Version) == 0:
		f.VersionLine = packageVersion(ctx, sb, c.Package)
	default:
		var ok bool
		f.VersionLine, ok = versionLine(ctx, sb, append([]string{f.programs[c.Programs[0]]}, c.Version...))
		// A program that cannot tell its version lacks a module that it would load.
		if c.NeedsModule && !ok {
			f.Missing = append(f.Missing, "module for "+c.Programs[0])
		}
	}
	return f
}

func (c *Client) lookPath(program string) (string, error) {
	if path, ok := c.Paths[program]; ok {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return sandbox.LookPath(program)
}

// packageVersion returns the version of the first of Debian's packages, for programs that do
// not tell theirs.
func packageVersion(ctx context.Context, sb *sandbox.Sandbox, packages string) string {
	dpkg, err := sandbox.LookPath("dpkg-query")
	first, _, _ := strings.Cut(packages, " ")
	if err != nil || first == "" {
		return "installed"
	}
	line, ok := versionLine(ctx, sb, []string{dpkg, "-W", "-f", "${Package} ${Version}\n", first})
	if !ok {
		return "installed"
	}
	return line
}

// versionLine returns the first line of what a program says of its version, and whether
// it ended well.
func versionLine(ctx context.Context, sb *sandbox.Sandbox, args []string) (line string, ok bool) {
	home, err := os.MkdirTemp("", "leafcam-")
	if err != nil {
		return "", false
	}
	defer os.RemoveAll(home)
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	r, err := sb.Run(ctx, sandbox.Command{Args: args, Home: home})
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(r.Stdout) + string(r.Stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			return line, r.ExitCode == 0
		}
	}
	return "", r.ExitCode == 0
}
