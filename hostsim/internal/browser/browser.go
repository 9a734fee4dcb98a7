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
	"path/filepath"
	"time"
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
	return b.command(ctx, command{http.MethodPost, "/execute/sync", "WebDriver:ExecuteScript", map[string]any{"script": script, "args": args}}, value)
}

// Resize gives the window's content a size in CSS pixels. Firefox goes no narrower than its
// window may be, 500 pixels or so.
func (b *Browser) Resize(ctx context.Context, width, height int) error {
	return b.resize(ctx, width, height)
}

// resizeWindow does that by the window's own size.
func (b *Browser) resizeWindow(ctx context.Context, width, height int) error {
	// The frame is known once the window has a size, and a browser may change it with that.
	for range 2 {
		var frame [2]int
		if err := b.Eval(ctx, "return [outerWidth - innerWidth, outerHeight - innerHeight]", &frame); err != nil {
			return err
		}
		size := map[string]any{"width": width + frame[0], "height": height + frame[1], "x": nil, "y": nil}
		if err := b.command(ctx, command{http.MethodPost, "/window/rect", "WebDriver:SetWindowRect", size}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Screenshot returns the window's content as PNG.
func (b *Browser) Screenshot(ctx context.Context) ([]byte, error) {
	var text string
	if err := b.command(ctx, command{http.MethodGet, "/screenshot", "WebDriver:TakeScreenshot", map[string]any{"full": false}}, &text); err != nil {
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
func start(home, program string, args ...string) (stop func(), err error) {
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
	}, nil
}

// freePort returns a port of loopback that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
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

// Chromium starts Chromium without a window, with further command-line options.
func Chromium(ctx context.Context, options ...string) (*Browser, error) {
	driver, err := find("chromedriver", "chromium-driver")
	if err != nil {
		return nil, err
	}
	if _, err := find("chromium", "chromium"); err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "leafcam-b")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	stop, err := start(home, driver, fmt.Sprintf("--port=%d", port))
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, port)
	if err != nil {
		stop()
		return nil, err
	}
	_ = conn.Close() // it is there
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"}, options...)
	capabilities := map[string]any{"alwaysMatch": map[string]any{"goog:chromeOptions": map[string]any{"args": args}}}
	url := fmt.Sprintf("http://127.0.0.1:%d/session", port)
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := Call(ctx, http.MethodPost, url, map[string]any{"capabilities": capabilities}, &session); err != nil {
		stop()
		return nil, fmt.Errorf("no session of Chromium: %w", err)
	}
	url += "/" + session.ID
	return &Browser{
		name: "chromium",
		command: func(ctx context.Context, c command, value any) error {
			if c.method == http.MethodGet {
				return Call(ctx, c.method, url+c.path, nil, value)
			}
			return Call(ctx, c.method, url+c.path, c.body, value)
		},
		resize: func(ctx context.Context, width, height int) error {
			metrics := map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}
			return Call(ctx, http.MethodPost, url+"/goog/cdp/execute", map[string]any{"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}, nil)
		},
		close: func() {
			ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_ = Call(ending, http.MethodDelete, url, nil, nil) // it is killed anyway
			stop()
		},
	}, nil
}

// Firefox starts Firefox without a window.
func Firefox(ctx context.Context) (*Browser, error) {
	program, err := find("firefox-esr", "firefox-esr")
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "leafcam-b")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), fmt.Appendf(nil, firefoxPreferences, port), 0o600); err != nil {
		return nil, err
	}
	stop, err := start(home, program, "--headless", "--marionette", "--no-remote", "--profile", profile)
	if err != nil {
		return nil, err
	}
	m, err := connect(ctx, port)
	if err != nil {
		stop()
		return nil, fmt.Errorf("no session of Firefox: %w", err)
	}
	b := &Browser{
		name:    "firefox",
		command: func(ctx context.Context, c command, value any) error { return m.call(ctx, c.name, c.body, value) },
		close: func() {
			_ = m.conn.Close()
			stop()
		},
	}
	b.resize = b.resizeWindow
	return b, nil
}

// firefoxPreferences keep Firefox from everything but the pages that it is told to open.
const firefoxPreferences = `user_pref("marionette.port", %d);
user_pref("network.dns.disableIPv6", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9/v1");
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.startup.page", 0);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
`
