package preflight_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/hostsim/preflight"
)

// TestBoundsAreDocumented: CHECK.md has the numbers of the constants.
func TestBoundsAreDocumented(t *testing.T) {
	account, err := os.ReadFile("CHECK.md")
	require.NoError(t, err)
	documented := 0
	for name, bound := range map[string]any{
		"delivery.MaxFile": delivery.MaxFile, "delivery.MaxFiles": delivery.MaxFiles, "delivery.MaxFolders": delivery.MaxFolders,
		"delivery.MaxArchive": delivery.MaxArchive, "delivery.MaxOctets": delivery.MaxOctets, "delivery.MaxItems": delivery.MaxItems,
		"delivery.MaxRounds": delivery.MaxRounds, "delivery.MaxAllRounds": delivery.MaxAllRounds, "delivery.MaxMemory": delivery.MaxMemory,
		"delivery.MaxTime": delivery.MaxTime, "delivery.MaxCertificate": delivery.MaxCertificate, "delivery.MaxKey": delivery.MaxKey,
		"delivery.MaxWrappings": delivery.MaxWrappings, "delivery.MaxParts": delivery.MaxParts, "delivery.MaxNested": delivery.MaxNested,
		"delivery.MaxMailDepth": delivery.MaxMailDepth,
		"delivery.MaxMessage":   delivery.MaxMessage, "certs.MaxRSABits": certs.MaxRSABits,
		"preflight.MaxFetches": preflight.MaxFetches, "preflight.MaxFetchTime": preflight.MaxFetchTime,
		"preflight.MaxLinks": preflight.MaxLinks, "preflight.MaxLine": preflight.MaxLine,
	} {
		require.Contains(t, string(account), fmt.Sprintf("| %s | `%s` |", grouped(fmt.Sprint(bound)), name))
		documented++
	}
	require.Equal(t, strings.Count(string(account), "| `delivery.Max")+strings.Count(string(account), "| `preflight.Max")+
		strings.Count(string(account), "| `certs.Max"), documented)
}

// grouped puts commas between the thousands of a number.
func grouped(number string) string {
	if strings.ContainsAny(number, "ms") {
		return number
	}
	for i := len(number) - 3; i > 0; i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}
