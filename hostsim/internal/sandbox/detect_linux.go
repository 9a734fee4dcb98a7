package sandbox

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The ways to give a program a hosts file of its own, the best one first. A PID
// namespace also catches children that leave the process group.
var unshareWays = [][]string{
	{"unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"},
	{"unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"},
	{"unshare", "--user", "--map-root-user", "--mount"},
}

// Detect tries what this machine permits. It takes some milliseconds.
func Detect(ctx context.Context) *Sandbox {
	s := &Sandbox{}
	dir, err := os.MkdirTemp("", "leafcam-sandbox-")
	if err != nil {
		return s
	}
	defer os.RemoveAll(dir)
	hosts := filepath.Join(dir, "hosts")
	if os.WriteFile(hosts, []byte("127.0.0.1 leafcam.invalid\n"), 0o644) == nil {
		for _, way := range unshareWays {
			if worksHere(ctx, way, hosts) {
				s.unshare = way
				return s
			}
		}
	}
	for _, pattern := range []string{"/usr/lib/*/libnss_wrapper.so", "/usr/lib/libnss_wrapper.so", "/usr/lib64/libnss_wrapper.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			s.nssWrapper = found[0]
			return s
		}
	}
	return s
}

func worksHere(ctx context.Context, way []string, hosts string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	args := append(append([]string{}, way[1:]...), "sh", "-c", `mount --bind "$0" /etc/hosts && grep -q leafcam.invalid /etc/hosts`, hosts)
	return exec.CommandContext(ctx, way[0], args...).Run() == nil
}
