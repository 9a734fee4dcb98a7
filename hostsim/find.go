package hostsim

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/npm"
	"github.com/leafcam/leafcam/internal/printable"
	"github.com/leafcam/leafcam/internal/workdir"
)

// Found is a client as this machine has it.
type Found struct {
	*Client
	Missing []string // what is not there, for people
	// VersionLine is the first line that the program printed of its version, fit for a terminal.
	VersionLine string

	modules  []string // npm packages among them, as name@version
	programs map[string]string
}

// Installed reports whether all programs are there.
func (f *Found) Installed() bool { return len(f.Missing) == 0 && f.otherSystem() == "" }

// simulated reports whether the client only stands for one that cannot run here.
func (c *Client) simulated() bool { return c.Known.Simulated != "" }

// otherSystem returns the system that the client belongs to when it is not this one.
func (c *Client) otherSystem() string {
	if c.Needs.System == "" || c.Needs.System == runtime.GOOS {
		return ""
	}
	return c.Needs.System
}

// Find looks for the programs of each client and asks for their versions. The error is that of the
// folder for temporary files, which cannot be made.
func Find(ctx context.Context, list []*Client) ([]*Found, error) {
	home, err := workdir.New(true)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	return newFinder(sandbox.Detect(ctx), home.Path).findAll(ctx, list), nil
}

// finder asks programs for their versions, each program once, whoever uses it.
type finder struct {
	sandbox *sandbox.Sandbox
	home    string // below which each program has a home

	mu    sync.Mutex
	lines map[string]func() (string, bool) // by command line
}

func newFinder(s *sandbox.Sandbox, home string) *finder {
	return &finder{sandbox: s, home: home, lines: map[string]func() (string, bool){}}
}

func (fd *finder) findAll(ctx context.Context, list []*Client) []*Found {
	found := make([]*Found, len(list))
	tasks := make([]*task, len(list))
	for i := range list {
		tasks[i] = &task{do: func() { found[i] = fd.find(ctx, list[i]) }}
	}
	perform(tasks, DefaultParallel())
	return found
}

func (fd *finder) find(ctx context.Context, c *Client) *Found {
	f := &Found{Client: c, programs: map[string]string{}}
	if c.otherSystem() != "" {
		return f
	}
	for _, program := range c.Needs.Programs {
		path, err := c.lookPath(program)
		if err != nil {
			f.Missing = append(f.Missing, program)
			continue
		}
		f.programs[program] = path
	}
	for _, pattern := range c.Needs.Files {
		if found, _ := filepath.Glob(pattern); len(found) == 0 {
			f.Missing = append(f.Missing, pattern)
		}
	}
	f.modules = npm.Missing(c.Needs.Modules)
	for _, module := range f.modules {
		f.Missing = append(f.Missing, "npm package "+module)
	}
	switch {
	case !f.Installed() || c.Dial != nil && len(c.Needs.Programs) == 0:
	case len(c.Needs.Version) == 0:
		f.VersionLine = fd.packageVersion(ctx, c.Needs.Packages)
	default:
		var ok bool
		f.VersionLine, ok = fd.versionLine(ctx, append([]string{f.programs[c.Needs.Programs[0]]}, c.Needs.Version...))
		// A program that cannot tell its version lacks a module that it would load.
		if c.Needs.VersionLoads && !ok {
			f.Missing = append(f.Missing, "module for "+c.Needs.Programs[0])
		}
	}
	return f
}

func (c *Client) lookPath(program string) (string, error) {
	if path, ok := c.Needs.Paths[program]; ok {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return sandbox.LookPath(program)
}

// packageVersion returns the version of the first of Debian's packages, for programs that do
// not tell theirs.
func (fd *finder) packageVersion(ctx context.Context, packages []string) string {
	dpkg, err := sandbox.LookPath("dpkg-query")
	if err != nil || len(packages) == 0 {
		return "installed"
	}
	line, ok := fd.versionLine(ctx, []string{dpkg, "-W", "-f", "${Package} ${Version}\n", packages[0]})
	if !ok {
		return "installed"
	}
	return line
}

// versionLine returns the first line of what a program says of its version, and whether
// it ended well.
func (fd *finder) versionLine(ctx context.Context, args []string) (line string, ok bool) {
	key := strings.Join(args, "\x00")
	fd.mu.Lock()
	look := fd.lines[key]
	if look == nil {
		look = sync.OnceValues(func() (string, bool) { return fd.ask(ctx, args) })
		fd.lines[key] = look
	}
	fd.mu.Unlock()
	return look()
}

// ask runs a program that prints its version.
func (fd *finder) ask(ctx context.Context, args []string) (line string, ok bool) {
	home, err := os.MkdirTemp(fd.home, "version")
	if err != nil {
		return "", false
	}
	defer os.RemoveAll(home)
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	r, err := fd.sandbox.Run(ctx, sandbox.Command{Args: args, Home: home})
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(r.Stdout) + string(r.Stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			return printable.Line(line), r.ExitCode == 0
		}
	}
	return "", r.ExitCode == 0
}

// A Shortage is what has to be installed for clients, in alphabetical order.
type Shortage struct {
	Packages []string // of Debian
	Modules  []string // of npm, as name@version
}

// Lacking returns what clients lack. Those of other systems lack nothing that could be had here.
func Lacking(list []*Found) Shortage {
	var s Shortage
	for _, f := range list {
		s.Modules = append(s.Modules, f.modules...)
		if len(f.Missing) > len(f.modules) {
			s.Packages = append(s.Packages, f.Needs.Packages...)
		}
	}
	if _, err := sandbox.LookPath("npm"); err != nil && len(s.Modules) > 0 {
		s.Packages = append(s.Packages, npm.Package)
	}
	slices.Sort(s.Packages)
	slices.Sort(s.Modules)
	return Shortage{slices.Compact(s.Packages), slices.Compact(s.Modules)}
}

// commands are what somebody may type to end the shortage.
func (s Shortage) commands() (list []string) {
	if len(s.Packages) > 0 {
		list = append(list, "apt-get install --no-install-recommends "+strings.Join(s.Packages, " "))
	}
	if len(s.Modules) > 0 {
		list = append(list, npm.Install(s.Modules...))
	}
	return list
}

// Install returns the commands that bring what the client lacks, joined by " && ".
func (f *Found) Install() string { return strings.Join(Lacking([]*Found{f}).commands(), " && ") }
