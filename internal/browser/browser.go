package browser

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/leafcam/leafcam/internal/port"
)

// A Browser is a session of a browser with one window.
type Browser struct {
	name string
	// command sends a command of WebDriver by the browser's own way and decodes its value.
	command func(ctx context.Context, c command, value any) error
	resize  func(ctx context.Context, width, height int) error
	close   func()
}

// command is a command of WebDriver in both of its forms.
type command struct {
	method, path string // of WebDriver
	name         string // of Marionette
	body         map[string]any
}

// Name returns the program's name.
func (b *Browser) Name() string { return b.name }

// Close ends the session and the browser.
func (b *Browser) Close() { b.close() }

// Open loads a page.
func (b *Browser) Open(ctx context.Context, url string) error {
	return b.command(ctx, command{http.MethodPost, "/url", "WebDriver:Navigate", map[string]any{"url": url}}, nil)
}

// Eval runs the body of a function in the page and decodes what it returns, or what a promise
// that it returns comes to. value may be nil.
func (b *Browser) Eval(ctx context.Context, script string, value any, args ...any) error {
	if args == nil {
		args = []any{}
	}
	return b.command(ctx,
		command{http.MethodPost, "/execute/sync", "WebDriver:ExecuteScript", map[string]any{"script": script, "args": args}}, value)
}

// resizeTimeout is how long a page may take to get its size.
const resizeTimeout = 10 * time.Second

// Resize gives the page a size in CSS pixels, also one that no window of the browser has, and
// waits until it has it.
func (b *Browser) Resize(ctx context.Context, width, height int) error {
	if err := b.resize(ctx, width, height); err != nil {
		return err
	}
	want := [2]int{width, height}
	for end := time.Now().Add(resizeTimeout); ; time.Sleep(20 * time.Millisecond) {
		var size [2]int
		if err := b.Eval(ctx, "return [innerWidth, innerHeight]", &size); err != nil {
			return err
		}
		switch {
		case size == want:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("%s gave the page %d by %d pixels, not %d by %d", b.name, size[0], size[1], width, height)
		}
	}
}

// Screenshot returns the window's content as PNG.
func (b *Browser) Screenshot(ctx context.Context) ([]byte, error) {
	var text string
	if err := b.command(ctx,
		command{http.MethodGet, "/screenshot", "WebDriver:TakeScreenshot", map[string]any{"full": false}}, &text); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// startTimeout is how long a browser may take to start.
const startTimeout = 60 * time.Second

// ErrMissing says which package brings a program that is not on this machine.
var ErrMissing = errors.New("not installed: apt-get install")

func find(program, pkg string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is %w %s", program, ErrMissing, pkg)
	}
	return path, nil
}

// start starts a program in a home of its own and returns how to end it.
func start(home string, at *port.Held, program string, args ...string) (stop func(), err error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "MOZ_DISABLE_AUTO_SAFE_MODE=1", "MOZ_HEADLESS=1")
	group(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		kill(cmd)
		_ = cmd.Wait() // killed
		_ = os.RemoveAll(home)
		_ = at.Release()
	}, nil
}

// place returns a home for a browser, and a port of loopback that is held until the browser ends.
func place() (home string, at *port.Held, err error) {
	if at, err = port.Hold(); err != nil {
		return "", nil, err
	}
	home, err = os.MkdirTemp("", "leafcam-b")
	return home, at, err
}

// dial connects to a program that has just been started.
func dial(ctx context.Context, port int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
