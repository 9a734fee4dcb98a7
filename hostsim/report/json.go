package report

import (
	"encoding/json"
	"io"

	"github.com/leafcam/leafcam/hostsim"
)

// JSON writes the matrix as one indented JSON object, whose fields hostsim/MATRIX.md
// describes.
func JSON(w io.Writer, m *hostsim.Matrix) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(m)
}
