package clients

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	ports "github.com/leafcam/leafcam/internal/port"
)

//go:embed programs/firefox.py
var firefoxDriver string

// firefoxPrefs keep Firefox from everything but the page, and from processes and add-ons that one page does not need; %HOSTS%
// resolve to loopback.
const firefoxPrefs = `user_pref("marionette.port", %PORT%);
user_pref("network.dns.localDomains", "%HOSTS%");
user_pref("network.dns.disableIPv6", true);
user_pref("network.trr.mode", 5);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.http.speculative-parallel-limit", 0);
user_pref("network.prefetch-next", false);
user_pref("services.settings.server", "http://127.0.0.1:9/v1");
user_pref("security.OCSP.enabled", 0);
user_pref("dom.security.https_first", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("dom.ipc.processPrelaunch.enabled", false);
user_pref("fission.autostart", false);
user_pref("extensions.webextensions.remote", false);
user_pref("extensions.enabledScopes", 0);
user_pref("layers.gpu-process.enabled", false);
user_pref("media.rdd-process.enabled", false);
user_pref("media.utility-process.enabled", false);
user_pref("browser.newtab.preload", false);
user_pref("browser.newtabpage.activity-stream.feeds.topsites", false);
user_pref("browser.newtabpage.activity-stream.feeds.section.topstories", false);
user_pref("browser.search.serpEventTelemetryCategorization.enabled", false);
`

// firefox knows from its NSS database what to trust, and intermediates without trust.
var firefox = firefoxClient("firefox", "Firefox", "NSS, mozilla::pkix", func(ctx context.Context, v *hostsim.Visit) error {
	return nssDatabaseAt(ctx, v, v.File("profile"), nssIssuer, v.Store)
})

// firefoxPreloaded has intermediates where Firefox keeps those that its maker hands out in
// advance; a private PKI gets there by this driver only.
var firefoxPreloaded = firefoxClient("firefox-preloaded", "Firefox, preloaded",
	"NSS, mozilla::pkix", func(ctx context.Context, v *hostsim.Visit) error {
		for i, c := range v.Store {
			if err := os.WriteFile(v.File(preloadedFile(i)), c.Raw, 0o644); err != nil {
				return err
			}
		}
		return nssDatabaseAt(ctx, v, v.File("profile"), nssIssuer, nil)
	})

func preloadedFile(i int) string { return fmt.Sprintf("preloaded-%d.der", i) }

func firefoxClient(name, title, library string, trust func(context.Context, *hostsim.Visit) error) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: nss, Library: library,
		Needs: hostsim.Needs{
			Packages: []string{"firefox-esr", "libnss3-tools", "python3"},
			Programs: []string{"firefox-esr", "certutil", "python3"},
			Paths:    map[string]string{"python3": "/usr/bin/python3"}, Version: []string{"--version"}, Port: true,
		},
		Known:      hostsim.Known{Family: "firefox", Words: nssWords, Browser: true},
		BuildGroup: "firefox", Build: prepareProfile,
		Prepare: func(ctx context.Context, v *hostsim.Visit) error {
			if err := os.WriteFile(v.File("drive.py"), []byte(firefoxDriver), 0o644); err != nil {
				return err
			}
			if err := beginProfile(v); err != nil {
				return err
			}
			if err := trust(ctx, v); err != nil {
				return err
			}
			return writeFirefoxPrefs(v.File("profile"), v.Listen, v.Hosts())
		},
		Command: func(v *hostsim.Visit) hostsim.Command {
			args := []string{
				v.Program("python3"), "-I", v.File("drive.py"), v.Program("firefox-esr"), v.File("profile"), strconv.Itoa(v.Listen), v.URL(),
			}
			for i := range v.Store {
				if file := v.File(preloadedFile(i)); exists(file) {
					args = append(args, file)
				}
			}
			return hostsim.Command{Args: args, Env: firefoxEnvironment}
		},
	}
}

func writeFirefoxPrefs(profile string, port int, hosts map[string]string) error {
	names := strings.Join(slices.Sorted(maps.Keys(hosts)), ",")
	prefs := strings.NewReplacer("%PORT%", strconv.Itoa(port), "%HOSTS%", names).Replace(firefoxPrefs)
	return os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o644)
}

// prepareProfile has Firefox start once without a page. What it leaves in its profile are caches of its own code and empty
// databases, which each start with a new profile makes again.
func prepareProfile(ctx context.Context, v *hostsim.Visit) error {
	driver, profile := filepath.Join(v.BuildDir, "drive.py"), filepath.Join(v.BuildDir, "profile")
	if err := os.WriteFile(driver, []byte(firefoxDriver), 0o644); err != nil {
		return err
	}
	start := []string{v.Program("firefox-esr"), "--profile", profile, "--marionette"}
	err := v.Once([]string{firefoxPrefs}, start, func(v *hostsim.Visit) error {
		held, err := ports.Hold()
		if err != nil {
			return err
		}
		defer func() { _ = held.Release() }()
		if err := os.MkdirAll(profile, 0o700); err != nil {
			return err
		}
		if err := writeFirefoxPrefs(profile, held.Number, nil); err != nil {
			return err
		}
		python := []string{v.Program("python3"), "-I", driver, v.Program("firefox-esr"), profile, strconv.Itoa(held.Number)}
		if err := v.Run(ctx, firefoxEnvironment, python...); err != nil {
			return err
		}
		return withoutTrust(profile)
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return os.RemoveAll(profile) // each cell begins with a new one then, which takes longer
}

// withoutTrust takes the databases of keys and certificates out of a profile: each cell makes its own.
func withoutTrust(profile string) error {
	for _, name := range []string{"cert9.db", "key4.db", "pkcs11.txt"} {
		if err := os.RemoveAll(filepath.Join(profile, name)); err != nil {
			return err
		}
	}
	return nil
}

var firefoxEnvironment = []string{"MOZ_DISABLE_AUTO_SAFE_MODE=1"}

// beginProfile begins the cell's profile with what was prepared, unless an earlier visit has left its own.
func beginProfile(v *hostsim.Visit) error {
	if exists(v.File("profile")) {
		return nil
	}
	if exists(filepath.Join(v.BuildDir, "profile")) {
		return v.Bring("profile")
	}
	return os.MkdirAll(v.File("profile"), 0o700)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
