// Package sandbox runs one client program so that nothing of the machine leaks into
// it and nothing of it stays behind: a cleared environment, a temporary home, a
// process group of its own, no standard input, a deadline, and names that resolve
// to loopback.
//
// Start with [Detect], which finds out what this machine permits, and
// [Sandbox.Run].
package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A Command is a program to run.
type Command struct {
	Args  []string // the program by absolute path, and its arguments
	Env   []string // added to the hermetic environment
	Home  string   // temporary home and working directory; exists already
	Stdin []byte   // nothing by default
	// Hosts maps names to addresses. Nil means that the program needs no help in
	// resolving names; otherwise it sees a hosts file of its own.
	Hosts map[string]string
	// Mounts are files and directories that the program sees in the place of others, which
	// have to exist: what it sees there, by the path that it looks at.
	Mounts map[string]string
	// NotRoot says that the program must not find itself to be root, as which it would refuse
	// to run or try to become somebody else.
	NotRoot bool
	// Reap says that processes that the program leaves are waited for when they have been ended, which takes a moment: what they
	// used is counted then.
	Reap bool
	// Network, unless nil, is all that the program sees of networks.
	Network *Network
}

// SystemBundle is where Debian's programs look for trusted CAs.
const SystemBundle = "/etc/ssl/certs/ca-certificates.crt"

// A Result is how a program ended.
type Result struct {
	Args           []string // as they were run, the sandbox's own included
	Env            []string // the whole environment
	ExitCode       int      // -1 when a signal ended it
	Signal         string   // that signal's name, "" for a plain exit
	TimedOut       bool
	Stdout, Stderr []byte // at most maxOutput octets each
	Duration       time.Duration
	// CPU is what the program used, with the children that it waited for; with Reap, all others, too. It is short of what a program
	// used that was ended at its deadline.
	CPU time.Duration
}

// ErrCannotIsolate is what Run returns for a command with Hosts where the machine
// permits no way to give a program a hosts file of its own.
var ErrCannotIsolate = errors.New("this machine permits neither unshare(1) with user namespaces nor has it " +
	"libnss_wrapper.so, so names cannot be made to resolve to loopback for this client")

// ErrNoMounts is what Run returns for a command with Mounts where the machine permits none.
var ErrNoMounts = errors.New("this machine permits no unshare(1) with user namespaces, so this client, " +
	"which takes its trust from a file of the system alone, cannot be given another one")

// maxOutput is how much of a program's output is kept, octets a stream.
const maxOutput = 1 << 20

// waitDelay is how long a killed program's output pipes are waited for.
const waitDelay = 2 * time.Second

// SystemPath is the PATH that clients see.
const SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// A Sandbox knows how this machine isolates programs.
type Sandbox struct {
	apart      []string // command line that puts a program into a PID namespace; empty when there is no way
	hosts      []string // the same for one that may mount over /etc/hosts
	ownShm     bool     // it may mount over /dev/shm, too
	nssWrapper string   // path of libnss_wrapper.so, "" when there is none
}

// Namespaces reports whether programs run in a PID namespace, which ends with all that is in it.
func (s *Sandbox) Namespaces() bool { return len(s.apart) > 0 }

// Describe says in a few words how names are isolated here.
func (s *Sandbox) Describe() string {
	switch {
	case len(s.hosts) > 0:
		return "user and mount namespaces (" + strings.Join(s.hosts, " ") + ")"
	case s.nssWrapper != "":
		return "libnss_wrapper"
	}
	return "none: clients that have no option to resolve names cannot run"
}

// Environment returns the variables that every client sees.
func Environment(home string) []string {
	return []string{
		"PATH=" + SystemPath, "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8", "TERM=dumb",
		"XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"XDG_DATA_HOME=" + filepath.Join(home, ".local/share"), "XDG_RUNTIME_DIR=" + home,
	}
}

// Run runs the command until it ends or ctx does. That the program failed is no
// error; that it could not be started is one, and so is ErrCannotIsolate.
func (s *Sandbox) Run(ctx context.Context, c Command) (Result, error) {
	if _, err := os.Stat(c.Args[0]); err != nil {
		return Result{}, err // otherwise it would be unshare that cannot start it
	}
	args, env, err := s.isolate(c)
	if err != nil {
		return Result{}, err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env, cmd.Dir = env, c.Home
	if len(c.Stdin) > 0 {
		cmd.Stdin = bytes.NewReader(c.Stdin)
	}
	var stdout, stderr limitedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = waitDelay
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	start := time.Now()
	if err := runToEnd(cmd); err != nil {
		return Result{}, err
	}
	// Whatever left the process group is gone with the PID namespace, where there is one.
	_ = killGroup(cmd)
	r := Result{
		Args: args, Env: env, ExitCode: cmd.ProcessState.ExitCode(), TimedOut: errors.Is(ctx.Err(), context.DeadlineExceeded),
		Stdout: stdout.kept, Stderr: stderr.kept, Duration: time.Since(start),
		CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
	}
	switch {
	case r.TimedOut:
	case s.reaps(c) && slices.Contains(crashes, syscall.Signal(r.ExitCode-shellSignal)):
		r.Signal, r.ExitCode = syscall.Signal(r.ExitCode-shellSignal).String(), -1
	default:
		r.Signal = endingSignal(cmd.ProcessState)
	}
	return r, nil
}

// runToEnd starts a program and waits for it; how it ended is in its ProcessState. A program that is
// to end with this one is bound to the thread that started it, which therefore stays.
func runToEnd(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = cmd.Wait()
	return nil
}

// isolate returns the command line and the environment that a command is run with.
func (s *Sandbox) isolate(c Command) (args, env []string, err error) {
	args, env, err = s.isolateFiles(c)
	if err == nil && c.Network != nil {
		args = slices.Concat(c.Network.enter(), args)
	}
	return args, env, err
}

// isolateFiles is what isolate does about everything but the network.
func (s *Sandbox) isolateFiles(c Command) (args, env []string, err error) {
	env = append(Environment(c.Home), c.Env...)
	if c.NotRoot && len(s.apart) > 0 {
		c.Args = slices.Concat(asNobody, c.Args)
	}
	if s.reaps(c) {
		c.Args = slices.Concat([]string{"sh", "-c", reap, "sh"}, c.Args)
	}
	if len(c.Mounts) > 0 && len(s.hosts) == 0 {
		return nil, nil, ErrNoMounts
	}
	if c.Hosts == nil && len(c.Mounts) == 0 {
		return append(slices.Clone(s.apart), c.Args...), env, nil
	}
	file, err := c.writeHosts()
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(s.hosts) > 0:
		table, err := c.writeMounts(file, s.ownShm)
		return slices.Concat(s.hosts, []string{"sh", "-c", mountAll, table}, c.Args), env, err
	case s.nssWrapper != "":
		return append(slices.Clone(s.apart), c.Args...), append(env, "LD_PRELOAD="+s.nssWrapper, "NSS_WRAPPER_HOSTS="+file), nil
	}
	return nil, nil, ErrCannotIsolate
}

// mountAll mounts what a table in the form of fstab(5) lists, and becomes the program. One mount(8) for all of them is a quarter
// cheaper than one for each.
const mountAll = `mount -a -T "$0" && exec "$@"`

// writeMounts writes that table: the hosts file, the command's own mounts, and where that can be had an empty /dev/shm: some programs
// share memory by fixed names there, and leave it behind when they are ended.
func (c Command) writeMounts(hosts string, ownShm bool) (string, error) {
	lines := []string{mountLine(hosts, "/etc/hosts")}
	for _, target := range slices.Sorted(maps.Keys(c.Mounts)) {
		if _, err := os.Stat(target); err != nil {
			return "", fmt.Errorf("nothing can be put in the place of %s: %w", target, err)
		}
		lines = append(lines, mountLine(c.Mounts[target], target))
	}
	if ownShm {
		lines = append(lines, "leafcam "+sharedMemory+" tmpfs defaults 0 0\n")
	}
	table := filepath.Join(c.Home, mountTable)
	return table, os.WriteFile(table, []byte(strings.Join(lines, "")), 0o644)
}

const (
	sharedMemory = "/dev/shm"
	mountTable   = "mounts" // in a command's home
)

// Moved puts a copy of a command's home right: what its table of mounts names in the home is in the copy.
func Moved(home, copied string) error {
	table := filepath.Join(copied, mountTable)
	text, err := os.ReadFile(table)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	moved := strings.ReplaceAll(string(text), mountEscapes.Replace(home)+"/", mountEscapes.Replace(copied)+"/")
	return os.WriteFile(table, []byte(moved), 0o644)
}

// mountEscapes are those of fstab(5).
var mountEscapes = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`, "#", `\043`)

// mountLine is a line of fstab(5) that binds one path to another.
func mountLine(source, target string) string {
	return mountEscapes.Replace(source) + " " + mountEscapes.Replace(target) + " none bind 0 0\n"
}

// reap runs a program and then ends all others of its PID namespace, of which the shell is the first process, until none is left. A
// shell that waits for a command takes up those that have ended, too.
const reap = `"$@"; status=$? tries=0; [ $$ = 1 ] || exit $status
while kill -9 -1 2>/dev/null && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.02; done; exit $status`

// shellSignal is what a shell adds to the number of the signal that ended a program.
const shellSignal = 128

// crashes are the signals that end programs against their will. Other statuses as high are the program's own.
var crashes = []syscall.Signal{
	syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGTERM,
}

// reaps reports whether a command's processes can be waited for: those of a PID namespace, whose first process has all orphans.
func (s *Sandbox) reaps(c Command) bool {
	way := s.apart
	if c.Hosts != nil || len(c.Mounts) > 0 {
		way = s.hosts
	}
	return c.Reap && slices.Contains(way, "--pid")
}

// asNobody makes a program find itself to be an ordinary user, without a name.
var asNobody = []string{"unshare", "--user", "--map-user=65534", "--map-group=65534"}

// writeHosts writes the program's hosts file.
func (c Command) writeHosts() (string, error) {
	file := filepath.Join(c.Home, "hosts")
	var hosts strings.Builder
	hosts.WriteString("127.0.0.1 localhost\n")
	for name, address := range c.Hosts {
		fmt.Fprintf(&hosts, "%s %s\n", address, name)
	}
	return file, os.WriteFile(file, []byte(hosts.String()), 0o644)
}

// LookPath finds a program where clients look, then in the caller's PATH.
func LookPath(program string) (string, error) {
	for _, dir := range filepath.SplitList(SystemPath) {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return exec.LookPath(program)
}

// limitedBuffer keeps the first maxOutput octets and swallows the rest.
type limitedBuffer struct{ kept []byte }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(maxOutput-len(b.kept), len(p))]...)
	return len(p), nil
}
