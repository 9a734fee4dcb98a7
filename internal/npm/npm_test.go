package npm_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/npm"
)

func TestMissing(t *testing.T) {
	t.Setenv("LEAFCAM_NPM", t.TempDir())
	there := npm.File("@scope/there/package.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(there), 0o755))
	require.NoError(t, os.WriteFile(there, []byte("{}"), 0o644))
	require.Equal(t, []string{"absent@1.2.3"}, npm.Missing([]string{"@scope/there@1.0.0", "absent@1.2.3"}))
	require.Equal(t, "npm install --save-exact --prefix "+npm.Dir()+" --no-audit --no-fund absent@1.2.3", npm.Install("absent@1.2.3"))
}
