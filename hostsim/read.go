package hostsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrFormat is what ReadMatrix returns for JSON that is no matrix of this version.
var ErrFormat = errors.New("no matrix of this version of leafcam")

// ReadMatrix reads the JSON form of a matrix, which hostsim/MATRIX.md describes. The error is
// ErrFormat for another version of it.
func ReadMatrix(r io.Reader) (*Matrix, error) {
	var m Matrix
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if m.Format != MatrixFormat {
		return nil, fmt.Errorf("%w: its format is %d, not %d", ErrFormat, m.Format, MatrixFormat)
	}
	return &m, nil
}
