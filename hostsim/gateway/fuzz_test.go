package gateway

import (
	"bytes"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFrames reads any stream: every frame that is shown is whole, and bounded.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\nabc\r\n--frame\r\nContent-Length: 1\r\n\r\nd\r\n--frame--\r\n",
		"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\nabc\r\n--frame--",
		"--frame\r\nContent-Length: -1\r\n\r\n", "--frame\r\nContent-Length: 99999999999\r\n\r\nabc", "--frame", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		parts := multipart.NewReader(bytes.NewReader(stream), "frame")
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			shown, err := readFrame(part)
			if err != nil {
				return
			}
			again := multipart.NewReader(io.MultiReader(bytes.NewReader(shown), strings.NewReader("--"+boundary+"--\r\n")), boundary)
			read, err := again.NextRawPart()
			require.NoError(t, err)
			_, err = io.ReadAll(read)
			require.NoError(t, err)
			require.LessOrEqual(t, len(shown), maxFrame+len(stream)+200)
		}
	})
}
