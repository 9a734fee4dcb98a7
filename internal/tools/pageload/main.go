// Command load lets clients connect to leafcam serve for a long time while Chromium shows its
// page, and reports whether the page stays usable and memory flat.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/browser"
)

func main() {
	each := flag.Duration("for", 10*time.Minute, "how long clients come, as `DURATION`")
	rate := flag.Int("rate", 1000, "`CONNECTIONS` a minute")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *each, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "load: "+err.Error())
		os.Exit(1)
	}
}

// run makes the load and looks at the page once a minute.
func run(ctx context.Context, each time.Duration, rate int) error {
	dir, err := os.MkdirTemp("", "leafcam-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	b, err := browser.Chromium(ctx, "--enable-precise-memory-info", "--js-flags=--expose-gc")
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Open(ctx, s.page); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	load := newLoad(s, rate)
	go load.run(ctx)

	fmt.Printf("%d connections a minute for %s\n%8s %12s %10s %10s %6s %10s\n",
		rate, each, "minute", "connections", "leafcam", "page", "rows", "button")
	var first, last look
	interval := min(time.Minute, each/10)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for minute := 1; ; minute++ {
		select {
		case <-ctx.Done():
			load.wait()
			return judge(first, last)
		case <-ticker.C:
		}
		now, err := s.look(context.WithoutCancel(ctx), b)
		if err != nil {
			return err
		}
		fmt.Printf("%8s %12d %6d MiB %6d KiB %6d %10s\n", time.Duration(minute)*interval,
			load.done.Load(), now.memory>>20, now.page>>10, now.rows, now.button.Round(time.Millisecond))
		if minute <= 2 {
			first = now // everything that is kept has its size
		}
		last = now
	}
}

// judge reports whether the end is as good as the beginning.
func judge(first, last look) error {
	const slow = time.Second
	grown := func(from, to int64) bool { return to > from+from/4+8<<20 }
	var errs []error
	if grown(first.memory, last.memory) {
		errs = append(errs, fmt.Errorf("leafcam's memory grew from %d to %d octets", first.memory, last.memory))
	}
	if grown(first.page, last.page) {
		errs = append(errs, fmt.Errorf("the page's memory grew from %d to %d octets", first.page, last.page))
	}
	if last.button > slow {
		errs = append(errs, fmt.Errorf("a button took %s", last.button))
	}
	if last.rows == 0 {
		errs = append(errs, errors.New("the page shows nothing"))
	}
	return errors.Join(errs...)
}

// served is leafcam serve as a process of its own.
type served struct {
	cmd     *exec.Cmd
	address string // of the camera
	page    string
	root    string // PEM file
}

func serve(ctx context.Context, dir string) (*served, error) {
	leafcam := filepath.Join(dir, "leafcam")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", leafcam, "./cmd/leafcam").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	pki := filepath.Join(dir, "pki")
	if out, err := exec.CommandContext(ctx, leafcam, "pki", hostsim.DefaultHost, "--out", pki).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	s := &served{root: filepath.Join(pki, "root.pem")}
	s.cmd = exec.CommandContext(ctx, leafcam, "serve", "--cert",
		filepath.Join(pki, "server.der"), "--key", filepath.Join(pki, "server.key.der"),
		"--chain", filepath.Join(pki, "chain.pem"), "--script", "asyncio", "--timeout", "5s", "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for s.page == "" && lines.Scan() {
		line := lines.Text()
		if _, at, ok := strings.Cut(line, "on https://"); ok {
			s.address, _, _ = strings.Cut(at, "/")
		}
		if url, ok := strings.CutPrefix(line, "page "); ok {
			s.page = url
		}
	}
	go func() {
		for lines.Scan() { // a line for each connection, which nobody reads
		}
	}()
	if s.page == "" {
		s.stop()
		return nil, errors.New("leafcam serve did not start")
	}
	return s, nil
}

func (s *served) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // killed
}

// look is what one look at the page finds.
type look struct {
	memory, page int64 // octets: of the process, and of the page's script
	rows         int
	button       time.Duration // from a click to the page that shows its effect
}

func (s *served) look(ctx context.Context, b *browser.Browser) (l look, err error) {
	if l.memory, err = resident(s.cmd.Process.Pid); err != nil {
		return l, err
	}
	if err := b.Eval(ctx, `if (window.gc) gc(); return performance.memory.usedJSHeapSize`, &l.page); err != nil {
		return l, err
	}
	if err := b.Eval(ctx, `return document.querySelectorAll(".device").length`, &l.rows); err != nil {
		return l, err
	}
	// The two modes that change nothing for the clients' verdicts change places.
	var took float64
	err = b.Eval(ctx, `const button = [...document.querySelectorAll("#stage button")].find(
  e => e.getAttribute("aria-pressed") === "false" && /leaf|second/.test(e.textContent));
const title = button.textContent, start = performance.now();
button.click();
return new Promise(resolve => {
  const pressed = () => [...document.querySelectorAll('#stage button[aria-pressed="true"]')].some(e => e.textContent === title);
  const wait = () => pressed() ? resolve(performance.now() - start) : setTimeout(wait, 5);
  wait();
})`, &took)
	l.button = time.Duration(took * float64(time.Millisecond))
	return l, err
}

// resident returns the memory that a process has, octets (proc(5)).
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("the process is gone")
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}
