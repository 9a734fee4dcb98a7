package browser

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Chromium starts Chromium without a window, with further command-line options.
func Chromium(ctx context.Context, options ...string) (*Browser, error) {
	driver, err := find("chromedriver", "chromium-driver")
	if err != nil {
		return nil, err
	}
	if _, err := find("chromium", "chromium"); err != nil {
		return nil, err
	}
	home, at, err := place()
	if err != nil {
		return nil, err
	}
	stop, err := start(home, at, driver, fmt.Sprintf("--port=%d", at.Number))
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, at.Number)
	if err != nil {
		stop()
		return nil, err
	}
	_ = conn.Close() // it is there
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--no-first-run",
	}, options...)
	capabilities := map[string]any{"alwaysMatch": map[string]any{"goog:chromeOptions": map[string]any{"args": args}}}
	url := fmt.Sprintf("http://127.0.0.1:%d/session", at.Number)
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
			return Call(ctx, http.MethodPost, url+"/goog/cdp/execute",
				map[string]any{"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}, nil)
		},
		close: func() {
			ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_ = Call(ending, http.MethodDelete, url, nil, nil) // it is killed anyway
			stop()
		},
	}, nil
}
