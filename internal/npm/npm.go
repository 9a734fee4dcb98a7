// Package npm says where packages of the npm registry are, and what brings them. Start with [Dir].
package npm

import (
	"os"
	"path/filepath"
	"strings"
)

// Package is Debian's package with npm itself.
const Package = "npm"

// Dir is where packages are looked for, below node_modules: the directory that LEAFCAM_NPM names,
// else one in the user's cache.
func Dir() string {
	if dir := os.Getenv("LEAFCAM_NPM"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "leafcam", "npm")
}

// File returns the path of a file that packages brought, from its path below node_modules.
func File(path string) string { return filepath.Join(Dir(), "node_modules", path) }

// Install returns the command that brings packages, as name@version, to [Dir]. npm notes them there:
// a later install would remove what it knows nothing of.
func Install(packages ...string) string {
	return "npm install --save-exact --prefix " + Dir() + " --no-audit --no-fund " + strings.Join(packages, " ")
}

// Missing returns those of the packages, as name@version, that are not there in any version.
func Missing(packages []string) (missing []string) {
	for _, p := range packages {
		name := p[:strings.LastIndex(p, "@")]
		if _, err := os.Stat(File(filepath.Join(name, "package.json"))); err != nil {
			missing = append(missing, p)
		}
	}
	return missing
}
