package hostsim

import (
	"context"
	"os"
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
func (f *Found) Installed() bool { return len(f.Missing) == 0 }

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
	for _, program := range c.Programs {
		path, err := sandbox.LookPath(program)
		if err != nil {
			f.Missing = append(f.Missing, program)
			continue
		}
		f.programs[program] = path
	}
	if f.Installed() && len(c.Version) > 0 {
		f.VersionLine = versionLine(ctx, sb, append([]string{f.programs[c.Programs[0]]}, c.Version...))
	}
	return f
}

func versionLine(ctx context.Context, sb *sandbox.Sandbox, args []string) string {
	home, err := os.MkdirTemp("", "leafcam-")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(home)
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	r, err := sb.Run(ctx, sandbox.Command{Args: args, Home: home})
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(r.Stdout) + string(r.Stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
