package nearest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/nearest"
)

func TestPlain(t *testing.T) {
	for _, name := range []string{"pico-w", "Pico W", "PICO_W", "picow"} {
		require.Equal(t, "picow", nearest.Plain(name), name)
	}
}

func TestNames(t *testing.T) {
	known := []string{"pico-w", "pico-2-w", "esp32", "esp32-s3", "esp32-spiram", "esp32-s3-octal", "esp32-s3-quad", "teensy-4.1"}
	for _, tc := range []struct {
		name, word string
		want       []string
	}{
		{"the name itself comes first", "Pico W", []string{"pico-w", "pico-2-w"}},
		{"a letter is wrong", "teensy-4.2", []string{"teensy-4.1"}},
		{"two letters changed places", "epico-w", []string{"pico-w", "pico-2-w"}},
		{
			"a part of names: the shortest first, and at most five", "esp",
			[]string{"esp32", "esp32-s3", "esp32-spiram", "esp32-s3-quad", "esp32-s3-octal"},
		},
		{"nothing like it", "arduino", nil},
		{"nothing", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, nearest.Names(tc.word, known)) })
	}
}
