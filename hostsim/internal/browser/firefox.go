package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Firefox starts Firefox without a window.
func Firefox(ctx context.Context) (*Browser, error) {
	program, err := find("firefox-esr", "firefox-esr")
	if err != nil {
		return nil, err
	}
	home, port, err := place()
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
