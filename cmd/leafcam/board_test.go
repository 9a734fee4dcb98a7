package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBoardAndFirmware: a board brings its own firmware, unless another one is named.
func TestBoardAndFirmware(t *testing.T) {
	for _, tc := range []struct{ name, board, firmware, wantBoard, wantFirmware, err string }{
		{name: "nothing is named", wantFirmware: "openmv-5.0"},
		{name: "a camera", board: "openmv-h7-plus", wantBoard: "OPENMV4P", wantFirmware: "openmv-5.0"},
		{name: "another board", board: "Pico W", wantBoard: "RPI_PICO_W", wantFirmware: "micropython-1.28"},
		{name: "both are named", board: "pico-w", firmware: "MicroPython 1.24", wantBoard: "RPI_PICO_W", wantFirmware: "micropython-1.24"},
		{name: "a firmware alone", firmware: "OpenMV-4.6", wantFirmware: "openmv-4.6"},
		{name: "an ESP32", board: "esp32-s3", wantBoard: "ESP32_GENERIC_S3", wantFirmware: "micropython-1.28-esp32"},
		{name: "an ESP32 with another firmware", board: "esp32", firmware: "openmv-5.0", wantBoard: "ESP32_GENERIC", wantFirmware: "openmv-5.0"},
		{name: "a board in the firmware's place", firmware: "giga", err: `"Arduino Giga R1 WiFi" is a board: name it with --board`},
		{name: "a board like another", board: "pico-v", err: `unknown board "pico-v"; did you mean pico-w, pico-2-w? (leafcam board lists them)`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			board, firmware, err := boardAndFirmware(tc.board, tc.firmware)
			if tc.err != "" {
				require.EqualError(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.wantFirmware, firmware.Name)
			if tc.wantBoard == "" {
				require.Nil(t, board)
				return
			}
			require.Equal(t, tc.wantBoard, board.Name)
		})
	}
}
