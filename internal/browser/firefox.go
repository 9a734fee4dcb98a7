package browser

import (
	"context"
	"errors"
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
	home, at, err := place()
	if err != nil {
		return nil, err
	}
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), fmt.Appendf(nil, firefoxPreferences, at.Number), 0o600); err != nil {
		return nil, err
	}
	stop, err := start(home, at, program, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile)
	if err != nil {
		return nil, err
	}
	m, err := connect(ctx, at.Number)
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
	b.resize = b.resizeTab
	return b, nil
}

// resizeTab gives the element that holds the page its size: a window goes no narrower than 500
// pixels or so, the page in it does.
func (b *Browser) resizeTab(ctx context.Context, width, height int) error {
	if err := b.speakTo(ctx, "chrome"); err != nil {
		return err
	}
	const script = `const [width, height] = arguments, style = gBrowser.selectedBrowser.style;
style.minWidth = style.maxWidth = width + "px";
style.minHeight = style.maxHeight = height + "px";
window.resizeTo(width + 50, height + 200);`
	err := b.Eval(ctx, script, nil, width, height)
	return errors.Join(err, b.speakTo(ctx, "content"))
}

// speakTo says where scripts run from now on: in the page ("content") or in Firefox' own window
// ("chrome"), which --remote-allow-system-access permits.
func (b *Browser) speakTo(ctx context.Context, place string) error {
	return b.command(ctx, command{name: "Marionette:SetContext", body: map[string]any{"value": place}}, nil)
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
