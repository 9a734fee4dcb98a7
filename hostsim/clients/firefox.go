package clients

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

//go:embed programs/firefox.py
var firefoxDriver string

// firefoxPrefs keep Firefox from everything but the page; %HOSTS% resolve to loopback.
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
		Known: hostsim.Known{Family: "firefox", Words: nssWords, Browser: true},
		Prepare: func(ctx context.Context, v *hostsim.Visit) error {
			if err := os.WriteFile(v.File("drive.py"), []byte(firefoxDriver), 0o644); err != nil {
				return err
			}
			if err := trust(ctx, v); err != nil {
				return err
			}
			hosts := strings.Join(slices.Sorted(maps.Keys(v.Hosts())), ",")
			prefs := strings.NewReplacer("%PORT%", strconv.Itoa(v.Listen), "%HOSTS%", hosts).Replace(firefoxPrefs)
			return os.WriteFile(v.File("profile/user.js"), []byte(prefs), 0o644)
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
			return hostsim.Command{Args: args, Env: []string{"MOZ_DISABLE_AUTO_SAFE_MODE=1"}}
		},
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
