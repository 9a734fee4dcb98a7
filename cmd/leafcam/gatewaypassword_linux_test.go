package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// lockedRenewal puts a certificate and its locked key into the place of those that are there.
func lockedRenewal(t *testing.T, pki *certs.PKI, id *certs.Identity, password string) {
	der, err := x509.MarshalECPrivateKey(id.Key.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	//lint:ignore SA1019 such keys exist
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte(password), x509.PEMCipherAES256)
	require.NoError(t, err)
	require.NoError(t, atomicfile.Replace("locked.pem", pem.EncodeToMemory(block), atomicfile.Private))
	full := append(certs.EncodePEM(id.Certificate), certs.EncodePEM(pki.Chain()...)...)
	require.NoError(t, atomicfile.Replace("full.pem", full, atomicfile.Public))
}

const (
	lockedGateway = "gateway --listen 127.0.0.1:0 --pin leaf.cert.der --camera 127.0.0.1:1 full.pem locked.pem"
	taken         = `msg=certificate for=\S+ until=\S+ certificates=2`
)

// TestMistypedPassword: it is asked for again, and the right one is remembered, which opens what is renewed.
func TestMistypedPassword(t *testing.T) {
	pki, id := inFolderWithFiles(t)
	lockedRenewal(t, pki, id, "tulip")
	p := newProcess(t, lockedGateway)
	p.startOnTerminal()
	p.says("password of locked.pem: ")
	_, err := io.WriteString(p.terminal, "rose\n")
	require.NoError(t, err)
	p.says("that was not it")
	p.says(`(?s)password of .*password of locked.pem: `)
	_, err = io.WriteString(p.terminal, "tulip\n")
	require.NoError(t, err)
	p.says(gatewayListens)

	second, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	lockedRenewal(t, pki, second, "tulip")
	p.says("(?s)" + taken + ".*" + taken)
	lockedRenewal(t, pki, id, "daisy")
	p.says("it has another password than at the start")
}

// TestNewPasswordInTheFile is taken, as the file is looked at with the delivery.
func TestNewPasswordInTheFile(t *testing.T) {
	pki, id := inFolderWithFiles(t)
	password := func(text string) {
		require.NoError(t, atomicfile.Replace("password", []byte(text+"\n"), atomicfile.Private))
	}
	lockedRenewal(t, pki, id, "tulip")
	password("tulip")
	p := newProcess(t, lockedGateway+" --password-file password")
	p.start()
	p.says(gatewayListens)

	second, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	lockedRenewal(t, pki, second, "rose")
	p.says("the one in password is wrong")
	password("rose")
	p.says("(?s)" + taken + ".*" + taken)
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	p.requireEnds()
}
