package delivery_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/program"
)

// A corpusCase is a delivery with a known answer.
type corpusCase struct {
	name     string
	files    map[string][]byte
	root     *x509.Certificate // that is trusted
	leaf     *x509.Certificate // that is meant; nil when nobody can tell
	complete bool              // the delivery leads from the leaf to the root
}

// corpus makes deliveries of every length in every disorder.
func corpus(t *testing.T) (list []corpusCase) {
	stranger := newPKI(t, 1)
	for links := 1; links <= 3; links++ {
		p := newPKI(t, links)
		leaf := issue(t, p)
		chain := p.Chain()
		root := p.Root.Certificate
		key := leaf.EncodeKeyPEM()
		add := func(name string, complete bool, files map[string][]byte) {
			files["privkey.pem"] = key
			list = append(list, corpusCase{fmt.Sprintf("%d links, %s", links, name), files, root, leaf.Certificate, complete})
		}
		one := func(c ...*x509.Certificate) map[string][]byte {
			return map[string][]byte{"bundle.pem": certs.EncodePEM(c...)}
		}
		full := append([]*x509.Certificate{leaf.Certificate}, chain...)
		add("in order", true, one(full...))
		reversed := slices.Clone(full)
		slices.Reverse(reversed)
		add("reversed", true, one(reversed...))
		add("with the root", true, one(append(slices.Clone(full), root)...))
		add("root first", true, one(append([]*x509.Certificate{root}, full...)...))
		add("duplicated", true, one(append(slices.Clone(full), full...)...))
		add("certbot's files", true, map[string][]byte{
			"cert.pem": certs.EncodePEM(leaf.Certificate), "chain.pem": certs.EncodePEM(chain...),
			"fullchain.pem": certs.EncodePEM(full...), "README": []byte("text"),
		})
		add("CRLF and text around", true, map[string][]byte{
			"bundle.crt": bytes.ReplaceAll(append([]byte("Bag Attributes\n  friendlyName: x\n"), certs.EncodePEM(full...)...),
				[]byte("\n"), []byte("\r\n")),
		})
		add("in DER", true, derFiles(full))
		add("in DER in a row", true, map[string][]byte{"all.der": joinDER(reversed)})
		add("last link missing", false, one(full[:links]...))
		if links > 1 {
			add("first link missing", false, one(append([]*x509.Certificate{leaf.Certificate}, chain[1:]...)...))
		}
		add("of another CA besides", true, one(append(stranger.Chain(), full...)...))
		other := issue(t, p)
		add("two leaves of one CA", true, one(append([]*x509.Certificate{other.Certificate}, full...)...))
		// A CA of the same name, with another key.
		namesake := newPKI(t, links)
		add("an issuer's name with another key", true, one(append(namesake.Chain(), full...)...))
		add("that alone", false, one(append([]*x509.Certificate{leaf.Certificate}, namesake.Chain()...)...))
		// The top CA is signed by a stranger, too.
		cross, err := certs.Recertify(p.Intermediates[links-1], stranger.Root, certs.RecertifyOptions{})
		require.NoError(t, err)
		add("cross-signed besides", true, one(append([]*x509.Certificate{cross.Certificate}, full...)...))
		renewed, err := certs.Recertify(p.Intermediates[links-1], p.Root, certs.RecertifyOptions{})
		require.NoError(t, err)
		add("a renewed issuer besides", true, one(append([]*x509.Certificate{renewed.Certificate}, full...)...))
	}
	// Nobody can tell which one is meant.
	p := newPKI(t, 1)
	a, b := issue(t, p), issue(t, p)
	list = append(list, corpusCase{"two leaves with a key each", map[string][]byte{
		"a.pem": append(certs.EncodePEM(a.Certificate), a.EncodeKeyPEM()...),
		"b.pem": append(certs.EncodePEM(b.Certificate), b.EncodeKeyPEM()...),
	}, p.Root.Certificate, nil, false})
	return list
}

func newPKI(t *testing.T, links int) *certs.PKI {
	p, err := certs.NewPKI(certs.PKIOptions{Intermediates: links})
	require.NoError(t, err)
	return p
}

func issue(t *testing.T, p *certs.PKI) *certs.Identity {
	leaf, err := p.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	return leaf
}

func derFiles(list []*x509.Certificate) map[string][]byte {
	files := map[string][]byte{}
	for i, c := range list {
		files[fmt.Sprintf("%c.der", 'z'-i)] = c.Raw
	}
	return files
}

func joinDER(list []*x509.Certificate) (joined []byte) {
	for _, c := range list {
		joined = append(joined, c.Raw...)
	}
	return joined
}

func writeAll(t *testing.T, files map[string][]byte) string {
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// opensslAnswer lets openssl find the leaf by the key, and verify it with everything else.
func opensslAnswer(t *testing.T, c corpusCase) (leaf []byte, complete, answered bool) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	var all []byte
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range c.files {
			if !yield(n) {
				return
			}
		}
	}) {
		data := c.files[name]
		if data[0] == 0x30 { // openssl takes one certificate a DER file
			for len(data) > 0 {
				out := program.Run(t, dir, "openssl", "x509", "-inform", "DER", "-in", file("one.der", data))
				block, _ := pem.Decode(out)
				all, data = append(all, out...), data[len(block.Bytes):]
			}
			continue
		}
		all = append(all, data...)
	}
	keys := 0
	for rest := all; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "PRIVATE KEY" {
			keys++
		}
	}
	if keys != 1 {
		return nil, false, false
	}
	public := program.Run(t, dir, "openssl", "pkey", "-pubout", "-in", file("key.pem", all))
	for rest := all; leaf == nil; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, false, false
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		out := program.Run(t, dir, "openssl", "x509", "-noout", "-pubkey", "-inform", "DER", "-in", file("c.der", block.Bytes))
		if bytes.Equal(out, public) {
			leaf = block.Bytes
		}
	}
	// It takes the first issuer that fits and does not go back: both orders are asked.
	for _, untrusted := range [][]byte{all, reversePEM(all)} {
		out, err := exec.Command("openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", file("root.pem", certs.EncodePEM(c.root)),
			"-untrusted", file("all.pem", untrusted),
			file("leaf.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf}))).CombinedOutput()
		require.True(t, err == nil || strings.Contains(string(out), "verification failed"), "%s", out)
		complete = complete || err == nil
	}
	return leaf, complete, true
}

func reversePEM(data []byte) (reversed []byte) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		reversed = append(pem.EncodeToMemory(block), reversed...)
	}
	return reversed
}

// TestCorpus holds every delivery of the corpus against its answer.
func TestCorpus(t *testing.T) {
	cases := corpus(t)
	answered := 0
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, err := read([]string{writeAll(t, c.files)}, delivery.Options{Roots: []*x509.Certificate{c.root}})
			if c.leaf == nil {
				require.ErrorIs(t, err, delivery.ErrAmbiguous)
				return
			}
			require.NoError(t, err)
			answered++
			top := d.Leaf.Parsed
			for _, issuer := range d.Chain {
				require.True(t, certs.SignedBy(top, issuer))
				top = issuer
			}
			require.Equal(t, c.leaf.Raw, d.Leaf.Raw)
			require.Equal(t, c.complete, certs.SignedBy(top, c.root))
		})
	}
	t.Logf("%d deliveries, %d answered", len(cases), answered)
	require.GreaterOrEqual(t, float64(answered), 0.95*float64(len(cases)))
}

// TestRealCorpus lets openssl say the same answers.
func TestRealCorpus(t *testing.T) {
	program.Need(t, "openssl", "openssl")
	cases := corpus(t)
	answers := 0
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			leaf, complete, answered := opensslAnswer(t, c)
			require.Equal(t, c.leaf != nil, answered)
			if answered {
				answers++
				require.Equal(t, c.leaf.Raw, leaf, "openssl finds the same leaf")
				require.Equal(t, c.complete, complete, "openssl verify agrees")
			}
		})
	}
	t.Logf("%d deliveries, %d answered by openssl", len(cases), answers)
	require.GreaterOrEqual(t, float64(answers), 0.95*float64(len(cases)))
}
