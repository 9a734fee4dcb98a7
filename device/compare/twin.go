package compare

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/wire"
)

// A twin is an emulated camera with the server's own certificates. It has another key of
// the same kind, which the camera never compares with its certificate, so that its
// answers are what a camera in the server's place would send, octet by octet.
type twin struct {
	chain [][]byte
	kind  string // of key, as probes know it
	key   []byte
	// stranger says why the twin has a certificate of its own; "" when it has the server's.
	stranger string
}

// maxRSABits is the longest RSA key that a camera loads (MBEDTLS_MPI_MAX_SIZE): a longer one would take
// hours to make.
const maxRSABits = 8192

// newTwin prepares the twin of a server that presents these certificates.
func newTwin(chain [][]byte) (*twin, error) {
	t := &twin{chain: chain, kind: "p256"}
	var key crypto.Signer
	var err error
	public := leafKey(chain)
	if rsaKey, isRSA := public.(*rsa.PublicKey); isRSA && rsaKey.N.BitLen() > maxRSABits {
		t.stranger = fmt.Sprintf("the server's RSA key has %d bits, and no camera's has more than %d", rsaKey.N.BitLen(), maxRSABits)
		public = nil
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		t.kind = "rsa"
		key, err = rsa.GenerateKey(rand.Reader, max(public.Size()*8, 1024))
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			t.kind = "p384"
		}
		key, err = ecdsa.GenerateKey(public.Curve, rand.Reader)
	default:
		t.stranger = cmp.Or(t.stranger, "the server showed no certificate with an EC or RSA key")
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	if t.key, _, err = wire.MarshalKey(key); err != nil {
		return nil, err
	}
	if t.stranger == "" {
		for _, fw := range device.Firmwares() {
			if _, err := t.context(fw); err != nil {
				t.stranger = fmt.Sprintf("no camera could present the server's certificates (%v)", err)
			}
		}
	}
	if t.stranger != "" {
		own, err := ownCertificate(key)
		t.chain = [][]byte{own}
		return t, err
	}
	return t, nil
}

func leafKey(chain [][]byte) any {
	if len(chain) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil
	}
	return leaf.PublicKey
}

func ownCertificate(key crypto.Signer) ([]byte, error) {
	const validity = time.Hour
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "leafcam compare"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(validity),
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// context returns a context with everything loaded.
func (t *twin) context(fw *device.Firmware) (*device.SSLContext, error) {
	c := device.NewSSLContext(fw)
	for _, cert := range t.chain {
		if err := c.LoadCertChain(cert, t.key); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// varies reports whether the key's signatures differ in length.
func (t *twin) varies() bool { return t.kind != "rsa" }

// answer returns what a camera with that context and that script answers to a probe.
func (t *twin) answer(context *device.SSLContext, script device.Script, p Probe) wire.Exchange {
	client, server := wire.Pipe()
	camera := device.NewCamera(device.CameraConfig{Context: context, Script: script})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if e := camera.ServeConn(server); e.LeftOpen {
			server.Leave()
		}
	}()
	ex := wire.Replay(client, p.sent(t.kind), p.replay(t, 0))
	<-ended
	return ex
}
