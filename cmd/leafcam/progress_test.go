package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/hostsim/report"
)

// TestColumns: the width is the one of the environment, as far as somebody can see so far.
func TestColumns(t *testing.T) {
	for columns, want := range map[string]int{
		"": 0, "80": 80, "0": 0, "-1": 0, "wide": 0, "1000": 1000, "1001": 1000, "9223372036854775807": 1000, "9223372036854775808": 0,
	} {
		t.Run(columns, func(t *testing.T) {
			t.Setenv("COLUMNS", columns)
			require.Equal(t, report.TableOptions{Width: want}, tableOptions(&bytes.Buffer{}))
		})
	}
}

func TestClientCount(t *testing.T) {
	require.Equal(t, []string{"0 clients", "1 client", "2 clients"}, []string{clientCount(0), clientCount(1), clientCount(2)})
}
