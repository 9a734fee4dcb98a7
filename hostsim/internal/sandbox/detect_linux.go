package sandbox

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/leafcam/leafcam/internal/workdir"
)

// The ways to keep a program's children together: a PID namespace ends with its first
// process. The user stays who he is: some programs refuse to run as root.
var apartWays = [][]string{
	{"unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc"},
	{"unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child"},
}

// The ways to give a program a hosts file of its own as well, the best one first.
var hostsWays = [][]string{
	{"unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"},
	{"unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"},
	{"unshare", "--user", "--map-root-user", "--mount"},
}

// Detect tries what this machine permits. It takes some milliseconds.
func Detect(ctx context.Context) *Sandbox {
	s := &Sandbox{apart: firstThatRuns(ctx, apartWays, "true")}
	dir, err := workdir.New(true)
	if err != nil {
		return s
	}
	defer dir.Close()
	trial := Command{Home: dir.Path, Hosts: map[string]string{"leafcam.invalid": "127.0.0.1"}}
	if hosts, err := trial.writeHosts(); err == nil {
		for _, s.ownShm = range []bool{true, false} {
			table, err := trial.writeMounts(hosts, s.ownShm)
			if err != nil {
				break
			}
			s.hosts = firstThatRuns(ctx, hostsWays, "sh", "-c", mountAll, table, "grep", "-q", "leafcam.invalid", "/etc/hosts")
			if len(s.hosts) > 0 {
				break
			}
		}
	}
	if len(s.hosts) > 0 {
		return s
	}
	for _, pattern := range []string{"/usr/lib/*/libnss_wrapper.so", "/usr/lib/libnss_wrapper.so", "/usr/lib64/libnss_wrapper.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			s.nssWrapper = found[0]
			return s
		}
	}
	return s
}

// firstThatRuns returns the first of the ways with which a command succeeds.
func firstThatRuns(ctx context.Context, ways [][]string, command ...string) []string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, way := range ways {
		if exec.CommandContext(ctx, way[0], slices.Concat(way[1:], command)...).Run() == nil {
			return way
		}
	}
	return nil
}
