package certs_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
)

// TestPEMThatIsNotWhole is an error: package pem passes over what is damaged or cut off.
func TestPEMThatIsNotWhole(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{Intermediates: 2})
	require.NoError(t, err)
	whole := certs.EncodePEM(pki.Chain()...)
	list, err := certs.ParseCertificates(append([]byte("some words before\n"), whole...))
	require.NoError(t, err)
	require.Len(t, list, 2)
	damaged := bytes.Clone(whole)
	damaged[100] = '?'
	for name, data := range map[string][]byte{
		"cut in the last one": whole[:len(whole)-100], "cut in the last line": whole[:len(whole)-10],
		"the first is damaged": damaged, "the first line alone": whole[:28],
	} {
		_, err := certs.ParseCertificates(data)
		require.Error(t, err, name)
	}
}
