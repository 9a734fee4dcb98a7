package clients_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
)

// TestGridsNames: a grid calls its browsers what it likes.
func TestGridsNames(t *testing.T) {
	for kind, evil := range forged.Characters() {
		if !utf8.ValidString(evil) {
			continue // JSON has none
		}
		t.Run(kind, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				type object = map[string]any
				browser := object{"stereotype": object{"browserName": "x" + evil + "y"}}
				answer := object{"value": object{"ready": true, "nodes": []object{{"slots": []object{browser}}}}}
				assert.NoError(t, json.NewEncoder(w).Encode(answer))
			}))
			defer server.Close()
			list, err := clients.WebDriver(t.Context(), server.URL, nil)
			require.NoError(t, err)
			forged.RequireInert(t, list[0].Title+list[0].Name, evil)
			require.Contains(t, list[0].Title, printable.Visible("x"+evil+"y"))
		})
	}
}
