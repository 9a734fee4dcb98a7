package hostsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
	"github.com/leafcam/leafcam/internal/program"
)

// TestRealVersionsAreShown: a program prints what it likes when it is asked for its version.
func TestRealVersionsAreShown(t *testing.T) {
	program.Need(t, "sh", "dash")
	var list []*hostsim.Client
	var texts []string
	for _, evil := range forged.Characters() {
		var octal strings.Builder
		for _, octet := range []byte("x" + evil + "y") {
			fmt.Fprintf(&octal, `\%03o`, octet)
		}
		texts = append(texts, evil)
		list = append(list, &hostsim.Client{
			Name: fmt.Sprint(len(list)), Needs: hostsim.Needs{Programs: []string{"sh"}, Version: []string{"-c", "printf '" + octal.String() + "'"}},
		})
	}
	found, err := hostsim.Find(t.Context(), list)
	require.NoError(t, err)
	for i, f := range found {
		forged.RequireInert(t, f.VersionLine, texts[i])
		if texts[i] != "\n" { // of several lines it is the first
			require.Equal(t, printable.Visible("x"+texts[i]+"y"), f.VersionLine)
		}
	}
}
