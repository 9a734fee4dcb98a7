package clients

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/nearest"
)

// A Named is a name that somebody gave, and the clients that it stands for.
type Named struct {
	Name    string
	Clients []*hostsim.Client
	// Group says that the name stands for several programs, or for one that is called otherwise.
	Group bool
}

// aliases are what people call clients, and the names of those that stand for them.
var aliases = map[string][]string{
	"ffmpeg":         {"ffprobe", "ffprobe-default"}, // libavformat is the same
	"chrome":         {"chromium", "sim-chrome"},
	"edge":           {"chromium", "sim-chrome"},
	"iphone":         {"sim-ios"},
	"ipad":           {"sim-ios"},
	"ios":            {"sim-ios"},
	"android":        {"sim-android"}, // apps; its Chrome is chrome
	"android-apps":   {"sim-android"},
	"android-chrome": {"sim-chrome"},
	"webview":        {"sim-android-webview"},
	"mqtt":           {"mosquitto_sub", "paho-python", "paho_cs_pub", "paho-go", "mqtt-js"},
	"paho":           {"paho-python", "paho_cs_pub", "paho-go"},
	"onvif":          {"zeep"},
	"telegraf":       {"go"},                                 // which it is written in
	"zoneminder":     {"curl", "ffprobe", "ffprobe-default"}, // by libcurl or FFmpeg, as its source is set
	"windows":        {"sim-schannel"},
	"macos":          {"sim-macos"},
	"mac":            {"sim-macos"},
	"dotnet":         {"sim-dotnet-linux", "sim-dotnet-linux-older"},
	".net":           {"sim-dotnet-linux", "sim-dotnet-linux-older"},
	"nodejs":         {"node"},
	"prometheus":     {"blackbox_exporter"},
	"nagios":         {"check_http"},
	"httpd":          {"apache"},
	"webkit":         {"webkitgtk"},
	"epiphany":       {"webkitgtk"},
	"gnutls":         {"gnutls-cli"},
	"nss":            {"tstclnt"},
	"urllib":         {"python"},
	"golang":         {"go"},
	"jdk":            {"java"},
}

// groups are names for several clients that go together.
var groups = map[string][]string{
	"phones":   {"sim-ios", "sim-android", "sim-android-webview", "sim-chrome"},
	"home":     {"home-assistant", "zeep", "vlc", "ffprobe", "ffprobe-default", "mpv", "gstreamer", "node-red", "motion", "motion-default"},
	"programs": {"curl", "wget", "python", "requests", "java", "go", "node", "perl", "ruby", "php-streams", "sim-schannel"},
	"players":  {"vlc", "ffprobe", "ffprobe-default", "mpv", "mpv-default", "gstreamer"},
	"proxies":  {"nginx", "haproxy", "stunnel", "caddy", "apache", "squid"},
}

// ByName returns the clients that names stand for, in the order of [All] and each once, and what each name stands for.
// A name is that of a client, its title, an alias, or a group: browsers, phones, home, programs, players, proxies,
// quick, demo, all, or a TLS stack such as "stack:openssl". Case, blanks and hyphens do not matter. The error
// names those that are nearest.
func ByName(names []string) (list []*hostsim.Client, meant []Named, err error) {
	all := All()
	chosen := map[*hostsim.Client]bool{}
	for _, name := range names {
		n := named(name, all)
		if len(n.Clients) == 0 {
			return nil, nil, unknown(name, all)
		}
		meant = append(meant, n)
		for _, c := range n.Clients {
			chosen[c] = true
		}
	}
	for _, c := range all {
		if chosen[c] {
			list = append(list, c)
		}
	}
	return list, meant, nil
}

// named finds what a name stands for.
func named(name string, all []*hostsim.Client) Named {
	plain := nearest.Plain(name)
	for _, called := range []func(*hostsim.Client) string{
		func(c *hostsim.Client) string { return c.Name }, func(c *hostsim.Client) string { return c.Title },
	} {
		if i := slices.IndexFunc(all, func(c *hostsim.Client) bool { return nearest.Plain(called(c)) == plain }); i >= 0 {
			return Named{name, all[i : i+1], false}
		}
	}
	return Named{name, slices.Concat(group(plain, all), stack(plain, all)), true}
}

// group returns the clients of an alias or a group.
func group(plain string, all []*hostsim.Client) []*hostsim.Client {
	switch plain {
	case "all":
		return all
	case "quick":
		return Quick()
	case "demo":
		return Demo()
	case "browsers":
		browsers, _ := Browsers(all)
		return append(browsers, withNames(all, []string{"sim-chrome"})...)
	}
	for _, set := range []map[string][]string{aliases, groups} {
		for called, members := range set {
			if nearest.Plain(called) == plain {
				return withNames(all, members)
			}
		}
	}
	return nil
}

// stack returns the clients of a TLS stack.
func stack(plain string, all []*hostsim.Client) (list []*hostsim.Client) {
	wanted := strings.TrimPrefix(plain, "stack:")
	for _, c := range all {
		if nearest.Plain(c.Stack) == wanted && c.Known.Simulated == "" {
			list = append(list, c)
		}
	}
	return list
}

// withNames returns those of clients that have one of the names.
func withNames(all []*hostsim.Client, names []string) (list []*hostsim.Client) {
	for _, c := range all {
		if slices.Contains(names, c.Name) {
			list = append(list, c)
		}
	}
	return list
}

// Names returns all names that [ByName] knows besides those of clients and stacks, sorted.
func Names() []string {
	list := []string{"all", "quick", "demo", "browsers"}
	for name := range groups {
		list = append(list, name)
	}
	for name := range aliases {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// unknown is the error for a name that nobody has. It tells those that are nearest.
func unknown(name string, all []*hostsim.Client) error {
	var known []string
	for _, c := range all {
		known = append(known, c.Name)
	}
	near := nearest.Names(name, append(known, Names()...))
	if len(near) == 0 {
		return fmt.Errorf("no client is called %q; leafcam clients lists them all, and the groups: browsers, phones, home, programs, quick", name)
	}
	return fmt.Errorf("no client is called %q; did you mean %s? leafcam clients lists them all", name, strings.Join(near, ", "))
}
