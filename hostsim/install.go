package hostsim

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// NPMDir is where clients from the npm registry are looked for, below node_modules: the
// directory that LEAFCAM_NPM names, else one in the user's cache.
func NPMDir() string {
	if dir := os.Getenv("LEAFCAM_NPM"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "leafcam", "npm")
}

// Install returns the commands that bring a client, joined by " && "; "" when none does.
func (c *Client) Install() string { return strings.Join(InstallCommands([]*Client{c}), " && ") }

// InstallCommands returns the commands that bring clients: one for Debian's packages, one
// for npm's.
func InstallCommands(list []*Client) []string {
	var packages, modules, commands []string
	for _, c := range list {
		packages = append(packages, strings.Fields(c.Package)...)
		modules = append(modules, c.Modules...)
	}
	if len(packages) > 0 {
		commands = append(commands, "apt-get install --no-install-recommends "+strings.Join(distinct(packages), " "))
	}
	if len(modules) > 0 {
		commands = append(commands, "npm install --no-save --prefix "+NPMDir()+" "+strings.Join(distinct(modules), " "))
	}
	return commands
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// missingModules returns the npm packages of a client that are not there.
func (c *Client) missingModules() (missing []string) {
	for _, module := range c.Modules {
		name := module[:strings.LastIndex(module, "@")]
		if _, err := os.Stat(filepath.Join(NPMDir(), "node_modules", name, "package.json")); err != nil {
			missing = append(missing, "npm package "+module)
		}
	}
	return missing
}
