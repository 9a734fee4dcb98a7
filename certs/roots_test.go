package certs_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/leafcam/leafcam/certs"
)

// TestRootsOf: every root of Mozilla's list is its own, and is found by name and key.
func TestRootsOf(t *testing.T) {
	count := 0
	for listed := range bundle.Roots() {
		root, err := x509.ParseCertificate(listed.Certificate)
		require.NoError(t, err)
		roots, public := certs.RootsOf(root)
		i := slices.IndexFunc(roots, root.Equal)
		require.GreaterOrEqual(t, i, 0, root.Subject)
		require.True(t, public[i], root.Subject)
		require.True(t, slices.ContainsFunc(roots, certs.PublicRootOf(root).Equal), root.Subject)
		count++
	}
	require.Greater(t, count, 50)
}

func TestRootsOfStrangers(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	for _, c := range append(pki.Chain(), pki.Root.Certificate) {
		roots, public := certs.RootsOf(c)
		require.Empty(t, roots)
		require.Empty(t, public)
		require.Nil(t, certs.PublicRootOf(c))
	}
}
