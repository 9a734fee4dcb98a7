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

// Install returns the commands that bring what the client lacks, joined by " && ".
func (f *Found) Install() string { return strings.Join(InstallCommands([]*Found{f}), " && ") }

// InstallCommands returns the commands that bring what clients lack: one for Debian's packages,
// one for npm's. Clients of other systems are left out.
func InstallCommands(list []*Found) []string {
	var packages, modules []string
	for _, f := range list {
		for _, missing := range f.Missing {
			if module, ok := strings.CutPrefix(missing, modulePrefix); ok {
				modules = append(modules, module)
			} else {
				packages = append(packages, strings.Fields(f.Package)...)
			}
		}
	}
	var commands []string
	if len(packages) > 0 {
		commands = append(commands, "apt-get install --no-install-recommends "+strings.Join(distinct(packages), " "))
	}
	if len(modules) > 0 {
		commands = append(commands, NPMInstall(distinct(modules)...))
	}
	return commands
}

// NPMInstall returns the command that brings packages, as name@version, to [NPMDir]. npm notes
// them there: a later install would remove what it knows nothing of.
func NPMInstall(packages ...string) string {
	return "npm install --save-exact --prefix " + NPMDir() + " " + strings.Join(packages, " ")
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// modulePrefix is what marks an npm package among what is missing.
const modulePrefix = "npm package "

// missingModules returns the npm packages of a client that are not there.
func (c *Client) missingModules() (missing []string) {
	for _, module := range c.Modules {
		name := module[:strings.LastIndex(module, "@")]
		if _, err := os.Stat(filepath.Join(NPMDir(), "node_modules", name, "package.json")); err != nil {
			missing = append(missing, modulePrefix+module)
		}
	}
	return missing
}
