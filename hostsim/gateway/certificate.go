package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/certs"
)

// certificate is what viewers are served with; it follows its files.
type certificate struct {
	chainFile, keyFile string
	log                *slog.Logger
	current            atomic.Pointer[tls.Certificate]
	seen               [2]fileState // of what is served
	refused            [2]fileState // of what was looked at last and not taken
}

// fileState tells whether a file is another one than before.
type fileState struct {
	modified time.Time
	size     int64
}

func loadCertificate(chainFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{chainFile: chainFile, keyFile: keyFile, log: log}
	c.seen = c.states()
	loaded, err := LoadPair(chainFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.take(loaded)
	return c, nil
}

func (c *certificate) take(loaded *tls.Certificate) {
	c.current.Store(loaded)
	c.log.Info("certificate", "for", certs.Title(loaded.Leaf), "until", loaded.Leaf.NotAfter.UTC().Format(time.RFC3339), "certificates", len(loaded.Certificate))
	if len(loaded.Certificate) == 1 && !certs.SelfSigned(loaded.Leaf) {
		c.log.Warn("the chain file holds the leaf alone: clients will refuse it as they refuse the camera", "file", c.chainFile)
	}
}

// LoadPair reads a certificate, with its issuers where the file holds them, and its private key in
// PEM or DER. It fails when they do not belong together.
func LoadPair(chainFile, keyFile string) (*tls.Certificate, error) {
	list, err := certs.ReadCertificates(chainFile)
	if err != nil {
		return nil, err
	}
	key, err := certs.ReadPrivateKey(keyFile)
	if err != nil {
		return nil, err
	}
	leaf, err := certs.NewCertificate(list[0].Raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chainFile, err)
	}
	if !key.Fits(leaf) {
		return nil, fmt.Errorf("%s is not the private key of the first certificate in %s, %q", keyFile, chainFile, certs.Title(list[0]))
	}
	pair := &tls.Certificate{PrivateKey: key.Signer, Leaf: list[0]}
	for _, c := range inOrder(list) {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// inOrder returns what is to be sent: the leaf and its issuers, without a root.
func inOrder(list []*x509.Certificate) []*x509.Certificate {
	chain, _ := certs.BuildChain(list[0], list[1:])
	return append(list[:1:1], chain...)
}

// watch looks at the files until the context ends. Both are written one after the other: while
// they do not belong together, what is served stays.
func (c *certificate) watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := c.states()
		if now == c.seen || now == c.refused {
			continue
		}
		loaded, err := LoadPair(c.chainFile, c.keyFile)
		if err != nil {
			c.log.Warn("the new certificate is not taken, the old one is served", "error", err.Error())
			c.refused = now
			continue
		}
		c.seen = now
		c.take(loaded)
	}
}

func (c *certificate) states() (states [2]fileState) {
	for i, path := range []string{c.chainFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil {
			states[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return states
}
