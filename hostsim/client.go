package hostsim

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
)

// A Client is a real TLS client program and how to use it.
type Client struct {
	Name    string // short, unique: as given to --clients
	Title   string // for people
	Library string // the TLS library that decides
	Package string // Debian packages that bring it

	// Programs are the executables that it needs; the first one is the client.
	Programs []string
	// Version are the arguments that make the first program print its version.
	Version []string

	// HostsFile says that the client has no option that maps a name to an address,
	// and needs a hosts file of its own. AIAHostsFile says so for its AIA downloads.
	HostsFile    bool
	AIAHostsFile bool

	// Build makes what the client needs once a run, in visit.BuildDir. May be nil.
	Build func(ctx context.Context, visit *Visit) error
	// Prepare makes the trust store of a cell, in visit.Home. May be nil: visit.CAFile
	// is always there.
	Prepare func(ctx context.Context, visit *Visit) error
	// Command returns the command that fetches visit.URL and prints the page.
	Command func(visit *Visit) Command
}

// A Command is a command line; its first element is an absolute path.
type Command struct {
	Args  []string
	Env   []string // NAME=value, added to the hermetic environment
	Stdin string   // nothing by default
}

// A Visit is what a client is given in one cell.
type Visit struct {
	BuildDir string // shared by all cells of the client in this run
	Home     string // temporary, the cell's own

	Host string // that the certificate is to be for
	Port int    // of the camera, on 127.0.0.1
	Path string // with a slash at the front

	CAFile string              // PEM: anchors and store together
	Roots  []*x509.Certificate // trust anchors
	Pinned []*x509.Certificate // server certificates that are trusted themselves
	Store  []*x509.Certificate // intermediates in the client's own store

	AIAHosts map[string]string // host names of the leaf's AIA URLs, and the address that each has here
	AIAProxy string            // host:port of an HTTP proxy that answers them; "" when the URL itself does

	programs map[string]string
	sandbox  *sandbox.Sandbox
}

// Program returns the path of one of the client's programs.
func (v *Visit) Program(name string) string { return v.programs[name] }

// URL returns the URL that the client is to fetch.
func (v *Visit) URL() string {
	return "https://" + net.JoinHostPort(v.Host, strconv.Itoa(v.Port)) + v.Path
}

// Address returns the camera's address, 127.0.0.1:port.
func (v *Visit) Address() string { return "127.0.0.1:" + strconv.Itoa(v.Port) }

// Trusted returns every certificate that the client is given.
func (v *Visit) Trusted() []*x509.Certificate {
	return append(append(append([]*x509.Certificate{}, v.Roots...), v.Pinned...), v.Store...)
}

// Hosts returns the names that the client has to resolve, with their addresses:
// loopback, save AIA hosts that the user wants to be asked over the network.
func (v *Visit) Hosts() map[string]string {
	hosts := map[string]string{v.Host: "127.0.0.1"}
	maps.Copy(hosts, v.AIAHosts)
	return hosts
}

// File returns a path in the cell's home.
func (v *Visit) File(name string) string { return filepath.Join(v.Home, name) }

// toolTimeout bounds a program that prepares something for a client.
const toolTimeout = time.Minute

// Run runs a program that prepares something for the client. The error tells what
// it printed.
func (v *Visit) Run(ctx context.Context, env []string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	home := v.Home
	if home == "" {
		home = v.BuildDir
	}
	r, err := v.sandbox.Run(ctx, sandbox.Command{Args: args, Env: env, Home: home})
	if err != nil {
		return err
	}
	if r.ExitCode != 0 {
		output := strings.TrimSpace(string(bytes.Join([][]byte{r.Stdout, r.Stderr}, []byte("\n"))))
		return fmt.Errorf("%s: exit status %d: %s", filepath.Base(args[0]), r.ExitCode, output)
	}
	return nil
}
