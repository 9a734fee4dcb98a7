package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/internal/port"
)

// program is a gateway that runs as a process of its own.
type program struct {
	name    string
	config  string // of examples/gateway; "" for leafcam
	command []string
	version string // the option that prints it
}

// The first one is compared with the others.
var programs = []program{
	{"leafcam", "", nil, ""},
	{"nginx", "nginx.conf", []string{"nginx", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"}, "-v"},
	{"HAProxy", "haproxy.cfg", []string{"haproxy", "-f", "haproxy.cfg"}, "-v"},
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// title is the program's name with its version; leafcam is what this source makes.
func (p program) title() string {
	if p.version == "" {
		return p.name
	}
	path, err := find(p.command[0])
	if err != nil {
		return p.name
	}
	said, _ := exec.Command(path, p.version).CombinedOutput() // the number is there or not
	if number := versionNumber.Find(said); number != nil {
		return p.name + " " + string(number)
	}
	return p.name
}

// running is a program that was started.
type running struct {
	address string
	held    *port.Held
	cmd     *exec.Cmd
}

// start starts the program with the files of a site.
func (p program) start(ctx context.Context, s *site, leafcam string) (*running, error) {
	held, err := port.Hold()
	if err != nil {
		return nil, err
	}
	cmd, err := p.commandAt(held.Number, s, leafcam)
	if err == nil {
		cmd.Dir = s.dir
		err = cmd.Start()
	}
	if err != nil {
		_ = held.Release()
		return nil, err
	}
	r := &running{held.Address(), held, cmd}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := port.AwaitTLS(ctx, "127.0.0.1", held.Number); err != nil {
		r.stop()
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return r, nil
}

// commandAt is how the program is started on a port.
func (p program) commandAt(number int, s *site, leafcam string) (*exec.Cmd, error) {
	command := slices.Clone(p.command)
	if p.config == "" {
		command = []string{
			leafcam, "gateway", "--listen", fmt.Sprintf("127.0.0.1:%d", number), "--fullchain", "fullchain.pem",
			"--key", "privkey.pem", "--camera", s.address, "--pin", "camera.pem", "--connections", strconv.Itoa(workers),
		}
	} else {
		config, err := os.ReadFile(filepath.Join("examples", "gateway", p.config))
		if err != nil {
			return nil, fmt.Errorf("run this at the project's root: %w", err)
		}
		// Without reuseport, one of nginx's workers may accept all of a few connections, and the other stands idle.
		text := strings.NewReplacer(
			"8443 ssl http2", strconv.Itoa(number)+" ssl http2 reuseport", "8443", strconv.Itoa(number), "127.0.0.1:9443", s.address,
		).Replace(string(config))
		if err := os.WriteFile(s.file(p.config), []byte(text), 0o644); err != nil {
			return nil, err
		}
		if command[0], err = find(command[0]); err != nil {
			return nil, err
		}
	}
	return exec.Command(command[0], command[1:]...), nil
}

func find(name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

func (r *running) stop() {
	_ = r.cmd.Process.Signal(os.Interrupt)
	timer := time.AfterFunc(5*time.Second, func() { _ = r.cmd.Process.Kill() })
	defer timer.Stop()
	_ = r.cmd.Wait()
	_ = r.held.Release()
}

// cost is what a process and its children have used.
type cost struct {
	cpu      time.Duration
	resident int64 // octets at this moment
}

// cost reads /proc, so it is there on Linux only.
func (r *running) cost() (c cost) {
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range entries {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The name in parentheses may hold spaces: what counts stands behind it.
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		pid := filepath.Base(filepath.Dir(path))
		if len(fields) < 22 || pid != strconv.Itoa(r.cmd.Process.Pid) && fields[1] != strconv.Itoa(r.cmd.Process.Pid) {
			continue
		}
		for _, f := range fields[11:13] { // utime, stime in ticks of 10 ms
			ticks, _ := strconv.ParseInt(f, 10, 64)
			c.cpu += time.Duration(ticks) * 10 * time.Millisecond
		}
		pages, _ := strconv.ParseInt(fields[21], 10, 64)
		c.resident += pages * int64(os.Getpagesize())
	}
	return c
}
