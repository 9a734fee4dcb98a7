package hostsim

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// A Client is a real TLS client program and how to use it.
type Client struct {
	Name    string // short, unique: as given to --clients
	Title   string // for people
	Stack   string // family of the TLS library that decides, by which reports group clients
	Library string // the TLS library with what matters of its use

	Needs     Needs
	Isolation Isolation
	Known     Known

	// Script makes what the camera runs for the client; nil is the documented server, whose
	// page holds the nonce. Path is where the client's own path begins, "/" by default.
	Script func(nonce string) device.Script
	Path   string
	// Protocol is what the client speaks over TLS; "" is HTTP.
	Protocol string

	// Build makes what the client needs once a run, in visit.BuildDir. May be nil. Clients
	// with the same BuildGroup share what the first of them built; "" is a group of one.
	BuildGroup string
	Build      func(ctx context.Context, visit *Visit) error
	// Prepare makes the trust store of a cell, in visit.Home. May be nil: visit.CAFile
	// is always there.
	Prepare func(ctx context.Context, visit *Visit) error
	// Dial, unless nil, stands in the place of a program: it fetches visit.URL in this process
	// and returns the page. Its error is what the client says.
	Dial func(ctx context.Context, visit *Visit) ([]byte, error)
	// Command returns the command that fetches visit.URL and prints the page.
	Command func(visit *Visit) Command
}

// Needs are what has to be on the machine for a client.
type Needs struct {
	// System is the operating system, as GOOS, that the client belongs to; "" means any.
	System string
	// Packages are those of Debian that bring everything but Modules. The version of the first
	// one stands for the client's where Version is empty.
	Packages []string
	// Modules are npm packages, as name@version; npm itself, which brings them, is none of the
	// client's needs. They lie below node_modules of the folder that LEAFCAM_NPM names.
	Modules []string

	// Programs are the executables; the first one is the client.
	Programs []string
	// Paths are where to look for a program first, by its name.
	Paths map[string]string
	// Files are others, such as libraries, by path; a * stands for what differs between
	// machines.
	Files []string

	// Version are the arguments that make the first program print its version.
	Version []string
	// VersionLoads says that those arguments load a module that the client needs, and fail
	// when it is not installed.
	VersionLoads bool

	// Port says that the client listens itself, or is driven through a port: Visit.Listen.
	Port bool
}

// Isolation is how a client is kept to what a cell gives it: by the sandbox, as far as it has no
// options of its own for that.
type Isolation struct {
	// HostsFile says that the client has no option that maps a name to an address,
	// and needs a hosts file of its own. AIAHostsFile says so for its AIA downloads.
	HostsFile    bool
	AIAHostsFile bool
	// ToldAddress says that the client has an option for the address that it connects to, so that it
	// needs no network of its own for a host that is an address.
	ToldAddress bool
	// SystemBundle says that the client trusts the system's CA bundle alone: it sees
	// visit.CAFile in the place of Debian's.
	SystemBundle bool
	// Mounts are files of the system in whose place the client sees files of its home, by path.
	Mounts map[string]string
	// NotRoot says that the client refuses to run as root, or becomes somebody else then.
	NotRoot bool
}

// mounts returns the files that a client sees in the place of the system's, by path; nil is none.
func (i *Isolation) mounts(v *Visit) map[string]string {
	if len(i.Mounts) == 0 && !i.SystemBundle {
		return nil
	}
	files := map[string]string{}
	for target, name := range i.Mounts {
		files[target] = v.File(name)
	}
	if i.SystemBundle {
		files[sandbox.SystemBundle] = v.CAFile
	}
	return files
}

// Known is what is known of a client beforehand.
type Known struct {
	// Family is the name of the policy in hostsim/policy that the client was measured to follow;
	// "" for one that was not measured: a simulated one, or one of another system.
	Family string
	// Words are what the client prints when it refuses a certificate.
	Words verdict.Words
	// Silent says that the client never prints a page: that the camera got its request
	// counts instead.
	Silent bool

	// NeverVerifies says that the client is known to accept any certificate, the way it is
	// used here: its row says so and proves nothing.
	NeverVerifies bool
	// IgnoresNames says that the client is known not to compare the certificate's names
	// with the host: the control for that proves nothing.
	IgnoresNames bool
	// OwnTrust says that the client's trust and names are those of its machine: it is run with
	// the user's files only, where nothing has to be prepared.
	OwnTrust bool
	// Browser says that the client is a browser: it starts slowly and needs much memory.
	Browser bool
	// Simulated says where the behaviour of a simulated client is known from; "" for a real one.
	Simulated string
}

// A Command is a command line; its first element is an absolute path.
type Command struct {
	Args  []string
	Env   []string // NAME=value, added to the hermetic environment
	Stdin string   // nothing by default
}

// A Visit is what a client is given in one cell.
type Visit struct {
	cache    buildCache
	BuildDir string // shared by all cells of the client in this run
	Home     string // temporary, the cell's own

	Host string // that the certificate is to be for
	Port int    // of the camera, on 127.0.0.1
	Path string // with a slash at the front

	CAFile string              // PEM: anchors and store together
	Roots  []*x509.Certificate // trust anchors
	Pinned []*x509.Certificate // server certificates that are trusted themselves
	Store  []*x509.Certificate // intermediates in the client's own store

	Listen int // port of 127.0.0.1 that is the client's own in this cell; 0 unless it needs one

	AIAHosts map[string]string // host names of the leaf's AIA URLs, and the address that each has here
	AIAProxy string            // host:port of an HTTP proxy that answers them; "" when the URL itself does

	programs map[string]string
	sandbox  *sandbox.Sandbox
}

// Program returns the path of one of the client's programs.
func (v *Visit) Program(name string) string { return v.programs[name] }

// IsAddress reports whether Host is an address: there is no name then, to be resolved or to be sent.
func (v *Visit) IsAddress() bool {
	_, ok := hostAddress(v.Host)
	return ok
}

// URL returns the URL that the client is to fetch.
func (v *Visit) URL() string {
	return "https://" + net.JoinHostPort(v.Host, strconv.Itoa(v.Port)) + v.Path
}

// Trusted returns every certificate that the client is given.
func (v *Visit) Trusted() []*x509.Certificate {
	return append(append(append([]*x509.Certificate{}, v.Roots...), v.Pinned...), v.Store...)
}

// Hosts returns the names that the client has to resolve, with their addresses:
// loopback, save AIA hosts that the user wants to be asked over the network.
func (v *Visit) Hosts() map[string]string {
	hosts := map[string]string{}
	if !v.IsAddress() {
		hosts[v.Host] = "127.0.0.1"
	}
	maps.Copy(hosts, v.AIAHosts)
	return hosts
}

// Bring copies a file, or what is below a folder, from BuildDir to the cell's home, with modes and times. Hidden files stay behind.
// The error is that of reading or writing.
func (v *Visit) Bring(name string) error {
	return copyFiles(filepath.Join(v.BuildDir, name), v.File(name), os.WriteFile)
}

// File returns a path in the cell's home.
func (v *Visit) File(name string) string { return filepath.Join(v.Home, name) }

// What a program that prepares something for a client may take. A compiler takes seconds on an
// idle machine, and many times that on a small or busy one, where several run at once.
const (
	toolTimeout  = time.Minute
	buildTimeout = 10 * time.Minute
)

// Run runs a program that prepares something for the client. The error tells what
// it printed.
func (v *Visit) Run(ctx context.Context, env []string, args ...string) error {
	if v.Home != "" {
		return v.runTool(ctx, v.Home, toolTimeout, env, args)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// Nothing of a cell: what the client needs once a run, or once for many.
	return v.Once(env, args, func(v *Visit) error { return v.runTool(ctx, v.BuildDir, buildTimeout, env, args) })
}

// Once makes something in BuildDir, unless an earlier run has made it of the same files there with the same environment and
// command line, whose first word is the path of the tool. The error is that of build, whose visit keeps nothing itself.
func (v *Visit) Once(env, args []string, build func(*Visit) error) error {
	key, err := v.cache.key(v.BuildDir, env, args)
	if err == nil && v.cache.take(key, v.BuildDir) {
		return nil
	}
	builds := *v
	builds.cache = buildCache{}
	if err := build(&builds); err != nil {
		return err
	}
	if err == nil {
		v.cache.keep(key, v.BuildDir)
	}
	return nil
}

// runTool runs a program in a home.
func (v *Visit) runTool(ctx context.Context, home string, timeout time.Duration, env, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	started := time.Now()
	r, err := v.sandbox.Run(ctx, sandbox.Command{Args: args, Env: env, Home: home})
	if err != nil {
		return err
	}
	tool := filepath.Base(args[0])
	output := strings.TrimSpace(string(bytes.Join([][]byte{r.Stdout, r.Stderr}, []byte("\n"))))
	switch {
	case r.TimedOut:
		return fmt.Errorf("%s: not done after %s: %s", tool, time.Since(started).Round(100*time.Millisecond), output)
	case r.ExitCode != 0:
		return fmt.Errorf("%s: exit status %d: %s", tool, r.ExitCode, output)
	}
	return nil
}
