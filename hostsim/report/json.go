package report

import (
	"encoding/json"
	"io"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/internal/printable"
)

// JSON writes the matrix as one indented JSON object, whose fields hostsim/MATRIX.md
// describes. What would act on a terminal is escaped.
func JSON(w io.Writer, m *hostsim.Matrix) error {
	enc := json.NewEncoder(printable.JSONWriter(w))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(worded(m))
}
