package compare

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTwinOfALongKey: no key is made of a size that no camera loads, whatever a server shows.
func TestTwinOfALongKey(t *testing.T) {
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, bits := range []uint{8193, 16384, 262_144} {
		n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), bits-1), big.NewInt(1))
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: n, E: 65537}, ca)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		made := make(chan *twin, 1)
		go func() {
			twin, _ := newTwin([][]byte{der})
			made <- twin
		}()
		select {
		case twin := <-made:
			require.NotNil(t, twin)
			require.Contains(t, twin.stranger, "no camera's has more than 8192")
			require.Equal(t, "p256", twin.kind)
		case <-ctx.Done():
			t.Fatal("it makes a key of that size")
		}
	}
}
