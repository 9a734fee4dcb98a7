//go:build unix

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// lockedKey is a certificate's private key, encrypted.
func lockedKey(t *testing.T, id *certs.Identity) []byte {
	der, err := x509.MarshalECPrivateKey(id.Key.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	//lint:ignore SA1019 such keys exist
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte("tulip"), x509.PEMCipherAES256)
	require.NoError(t, err)
	return pem.EncodeToMemory(block)
}

// TestWhatIsNoFileIsNamed: every place of a command line where a file is named refuses what is none,
// at once and by its name. @ stands for it.
func TestWhatIsNoFileIsNamed(t *testing.T) {
	pki, id := inFolderWithFiles(t)
	require.NoError(t, os.WriteFile("chain.pem", certs.EncodePEM(pki.Chain()...), 0o600))
	require.NoError(t, os.WriteFile("locked.pem", lockedKey(t, id), 0o600))

	require.NoError(t, syscall.Mkfifo("fifo", 0o600))
	require.NoError(t, os.Symlink("/dev/zero", "endless"))
	require.NoError(t, os.Mkdir("folder", 0o700))
	l, err := net.Listen("unix", "socket")
	require.NoError(t, err)
	defer l.Close()
	require.NoError(t, os.WriteFile("large", nil, 0o600))
	require.NoError(t, os.Truncate("large", inputfile.Large+1))

	const pair, upstream = "--cert leaf.cert.der --key leaf.key.der ", "--camera 127.0.0.1:1 --listen 127.0.0.1:0 "
	for _, line := range []string{
		"check --cert @ --key leaf.key.der", "check --cert leaf.cert.der --key @", "check full.pem --root @",
		"check full.pem locked.pem --password-file @", "check full.pem --key-elsewhere --report json=@",
		"check full.pem --key-elsewhere --report sarif=@",
		"convert full.pem locked.pem --password-file @ --out out",
		"csr cam.example.com --key @ --out out",
		"serve --cert @ --key leaf.key.der", "serve --cert leaf.cert.der --key @",
		"serve " + pair + "--chain @", "serve " + pair + "--client-ca @", "serve " + pair + "--keylog --listen 127.0.0.1:0",
		"gateway --fullchain @ --key leaf.key.der --pin leaf.cert.der " + upstream,
		"gateway --fullchain full.pem --key @ --pin leaf.cert.der " + upstream,
		"gateway --fullchain full.pem --key leaf.key.der --pin @ " + upstream,
		"gateway --fullchain full.pem --key leaf.key.der --pin leaf.cert.der --client-cert @ --client-key leaf.key.der " + upstream,
		"gateway --fullchain full.pem --key leaf.key.der --pin leaf.cert.der --client-cert full.pem --client-key @ " + upstream,
		"matrix --cert @ --key leaf.key.der", "matrix --cert leaf.cert.der --key @",
		"matrix " + pair + "--chain @", "matrix " + pair + "--chain chain.pem --root @",
		"matrix --expect @", "matrix --report html=@", "matrix --webdriver http://127.0.0.1:1 --webdriver-capabilities @",
		// Where a folder is a delivery, as it is after --chain, and a large file one that holds no certificate.
		"check @ leaf.key.der", "convert @ leaf.key.der --out out", "check --fleet @",
	} {
		for _, kind := range []struct{ path, what string }{
			{"fifo", "this is a pipe"}, {"endless", "this is a device"}, {"socket", "this is a socket"},
			{"folder", "this is a folder"}, {"large", "too large"},
		} {
			args := strings.Fields(strings.ReplaceAll(line, "@", kind.path))
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				delivered := strings.HasPrefix(line, "check @") || strings.HasPrefix(line, "convert @") || strings.HasSuffix(line, "--chain @")
				written := strings.Contains(line, "--report") || strings.Contains(line, "--keylog")
				if kind.path == "folder" && delivered || kind.path == "large" && (delivered || written) {
					t.Skip("that is not wrong")
				}
				t.Setenv("SSLKEYLOGFILE", kind.path)
				var out, messages bytes.Buffer
				require.Contains(t, []int{exitUsage, exitEnvironment}, run(t.Context(), args, &out, &messages), messages.String())
				require.Contains(t, messages.String(), kind.path)
				require.Contains(t, messages.String(), kind.what)
				require.Empty(t, out.String())
				require.NoDirExists(t, "out")
			})
		}
	}

	// Neither is a folder for what a run leaves, and it does not run before that is known.
	for _, name := range []string{"fifo", "endless", "socket", "large"} {
		var out, messages bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), []string{"matrix", "--keep", name}, &out, &messages))
		require.Contains(t, messages.String(), name)
		require.NotContains(t, messages.String(), "running")
	}

	// A device of a list is one that could not be read, and the others are checked.
	require.NoError(t, os.WriteFile("fleet", []byte("fifo,leaf.key.der\nleaf.cert.der,endless\nsocket\nleaf.cert.der,leaf.key.der\n"), 0o600))
	var out, messages bytes.Buffer
	require.Equal(t, exitFindings, run(t.Context(), []string{"check", "--fleet", "fleet"}, &out, &messages))
	require.Contains(t, messages.String(), "4 device(s): 1 fine, 0 with errors, 3 that could not be read")

	// Nothing of what was named has gone.
	for _, name := range []string{"fifo", "endless", "socket", "folder", "large"} {
		_, err := os.Lstat(name)
		require.NoError(t, err)
	}
	left, err := filepath.Glob(".leafcam-*")
	require.NoError(t, err)
	require.Empty(t, left)
}
