package gateway

import (
	"bytes"
	"context"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// notTaken is in the log for each problem.
const notTaken = "the old one is served"

// renewal is a folder with the files of a certificate, which is watched. The clock is the test's: how
// often the files were looked at does not depend on the machine.
type renewal struct {
	*testing.T
	pki        *certs.PKI
	chain, key string
	said       renewalLog
	served     *certificate
	first      *certs.Identity
}

// renewalLog is what was said.
type renewalLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *renewalLog) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *renewalLog) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// renew runs a test with a certificate that is watched every second.
func renew(t *testing.T, test func(r *renewal)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		pki, err := certs.NewPKI(certs.PKIOptions{})
		require.NoError(t, err)
		r := &renewal{T: t, pki: pki, chain: filepath.Join(dir, "fullchain.pem"), key: filepath.Join(dir, "privkey.pem")}
		r.first = r.issue(certs.LeafOptions{})
		r.put(r.first)
		r.served, err = loadCertificate(pairFiles{r.chain, r.key}, slog.New(slog.NewTextHandler(&r.said, nil)))
		require.NoError(t, err)
		go r.served.watch(t.Context(), time.Second)
		test(r)
	})
}

func (r *renewal) issue(o certs.LeafOptions) *certs.Identity {
	o.DNS = []string{"cam.example.com"}
	id, err := r.pki.Issue(o)
	require.NoError(r, err)
	return id
}

func (r *renewal) full(id *certs.Identity) []byte {
	return certs.EncodePEM(append([]*x509.Certificate{id.Certificate}, r.pki.Chain()...)...)
}

func (r *renewal) write(path string, data []byte) {
	require.NoError(r, atomicfile.Replace(path, data, atomicfile.Private))
}

func (r *renewal) put(id *certs.Identity) {
	r.write(r.chain, r.full(id))
	r.write(r.key, id.EncodeKeyPEM())
}

// looks lets the files be looked at.
func (r *renewal) looks(n int) {
	time.Sleep(time.Duration(n)*time.Second + time.Millisecond)
	synctest.Wait()
}

func (r *renewal) requireServed(id *certs.Identity) {
	r.Helper()
	require.True(r, r.served.current.Load().Leaf.Equal(id.Certificate), r.said.String())
}

func (r *renewal) problems() int { return strings.Count(r.said.String(), notTaken) }

// TestPairThatDoesNotFit is refused, and said once, until the files are other ones.
func TestPairThatDoesNotFit(t *testing.T) {
	renew(t, func(r *renewal) {
		second := r.issue(certs.LeafOptions{})
		r.write(r.chain, r.full(second))
		r.looks(5)
		require.Equal(r, 1, r.problems(), r.said.String())
		r.requireServed(r.first)

		r.write(r.key, r.issue(certs.LeafOptions{}).EncodeKeyPEM())
		r.looks(5)
		require.Equal(r, 2, r.problems(), "the files are other ones")

		r.write(r.key, second.EncodeKeyPEM())
		r.looks(1)
		r.requireServed(second)
	})
}

// A trouble is a state of the files in which the new certificate cannot be taken yet.
type trouble struct {
	name  string
	begin func(r *renewal, second *certs.Identity) (end func())
}

// troubles are those that every system has.
var troubles = []trouble{
	{"half of the chain is written", func(r *renewal, second *certs.Identity) func() {
		whole := r.full(second)
		r.write(r.key, second.EncodeKeyPEM())
		r.write(r.chain, whole[:len(whole)-100])
		return func() { r.write(r.chain, whole) }
	}},
	{"half of the key is written", func(r *renewal, second *certs.Identity) func() {
		whole := second.EncodeKeyPEM()
		r.write(r.chain, r.full(second))
		r.write(r.key, whole[:len(whole)/2])
		return func() { r.write(r.key, whole) }
	}},
	{"the key comes later", func(r *renewal, second *certs.Identity) func() {
		r.write(r.chain, r.full(second))
		return func() { r.write(r.key, second.EncodeKeyPEM()) }
	}},
	{"the chain is empty", func(r *renewal, second *certs.Identity) func() {
		r.put(second)
		r.write(r.chain, nil)
		return func() { r.put(second) }
	}},
	{"the chain is missing", func(r *renewal, second *certs.Identity) func() {
		r.write(r.key, second.EncodeKeyPEM())
		require.NoError(r, os.Remove(r.chain))
		return func() { r.put(second) }
	}},
	{"a folder is in the key's place", func(r *renewal, second *certs.Identity) func() {
		r.write(r.chain, r.full(second))
		require.NoError(r, os.Remove(r.key))
		require.NoError(r, os.Mkdir(r.key, 0o700))
		return func() {
			require.NoError(r, os.Remove(r.key))
			r.put(second)
		}
	}},
	{"the chain is larger than any", func(r *renewal, second *certs.Identity) func() {
		r.put(second)
		r.write(r.chain, append(r.full(second), bytes.Repeat([]byte("\n"), inputfile.Small)...))
		return func() { r.put(second) }
	}},
}

// TestNewCertificateIsServedInTheEnd whatever came between, without a restart.
func TestNewCertificateIsServedInTheEnd(t *testing.T) {
	for _, c := range append(troubles, systemTroubles...) {
		t.Run(c.name, func(t *testing.T) {
			renew(t, func(r *renewal) {
				second := r.issue(certs.LeafOptions{})
				end := c.begin(r, second)
				r.looks(5)
				r.requireServed(r.first)
				require.Equal(r, 1, r.problems(), r.said.String())
				require.Positive(r, r.served.failures.Load())
				end()
				r.looks(1)
				r.requireServed(second)
				require.Equal(r, 1, r.problems(), r.said.String())
			})
		})
	}
}

// TestProblemIsSaidAgain once an hour while it stays, and at once to whoever asks.
func TestProblemIsSaidAgain(t *testing.T) {
	renew(t, func(r *renewal) {
		require.NoError(r, os.Remove(r.chain))
		r.looks(3500)
		require.Equal(r, 1, r.problems())
		r.looks(3600)
		require.Equal(r, 2, r.problems())
		require.ErrorIs(r, r.served.look(true), os.ErrNotExist)
		require.Equal(r, 3, r.problems())
		r.put(r.first)
		r.looks(1)
		require.Contains(r, r.said.String(), "the files hold what is served")
		require.NoError(r, r.served.look(true))
	})
}

// TestDatesOfANewCertificate: one out of date does not take the place of one that is valid, and is
// taken when its time comes.
func TestDatesOfANewCertificate(t *testing.T) {
	const day = 24 * time.Hour
	t.Run("expired", func(t *testing.T) {
		renew(t, func(r *renewal) {
			r.put(r.issue(certs.LeafOptions{NotBefore: time.Now().Add(-9 * day), NotAfter: time.Now().Add(-day)}))
			r.looks(5)
			r.requireServed(r.first)
			require.ErrorIs(r, r.served.look(true), errOutOfDate)
		})
	})
	t.Run("not valid yet", func(t *testing.T) {
		renew(t, func(r *renewal) {
			second := r.issue(certs.LeafOptions{NotBefore: time.Now().Add(time.Minute)})
			r.put(second)
			r.looks(5)
			r.requireServed(r.first)
			r.looks(60)
			r.requireServed(second)
		})
	})
	t.Run("ends earlier", func(t *testing.T) {
		renew(t, func(r *renewal) {
			second := r.issue(certs.LeafOptions{NotAfter: time.Now().Add(day)})
			r.put(second)
			r.looks(1)
			r.requireServed(second)
			require.Contains(r, r.said.String(), "ends earlier than the one before it")
		})
	})
	t.Run("expired in the place of an expired one", func(t *testing.T) {
		renew(t, func(r *renewal) {
			second := r.issue(certs.LeafOptions{NotAfter: time.Now().Add(time.Minute)})
			r.put(second)
			r.looks(90)
			r.requireServed(second)
			third := r.issue(certs.LeafOptions{NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(-time.Hour)})
			r.put(third)
			r.looks(1)
			r.requireServed(third)
		})
	})
}

// TestLeafWithoutItsIssuers may be the beginning of a file that is being written: it is taken when it
// stays.
func TestLeafWithoutItsIssuers(t *testing.T) {
	renew(t, func(r *renewal) {
		second := r.issue(certs.LeafOptions{})
		r.write(r.key, second.EncodeKeyPEM())
		r.write(r.chain, certs.EncodePEM(second.Certificate))
		r.looks(1)
		r.requireServed(r.first)
		r.looks(1)
		r.requireServed(second)
		require.Contains(r, r.said.String(), "the leaf is served alone")
	})
}

// TestDeliveryIsFollowed: a folder that an ACME client keeps is taken, and its renewal, which comes by links as certbot
// makes them, and by files in the place of files.
func TestDeliveryIsFollowed(t *testing.T) {
	renew(t, func(r *renewal) {
		live := filepath.Dir(r.chain)
		reads := 0
		from := &deliverySource{Delivery: Delivery{Paths: []string{live}, Read: func(ctx context.Context) (*delivery.Delivery, error) {
			reads++
			d, err := delivery.Read(ctx, []string{live}, delivery.Options{})
			if err == nil {
				err = d.Problem
			}
			return d, err
		}}}
		c, err := loadCertificate(from, slog.New(slog.DiscardHandler))
		require.NoError(r, err)
		require.Equal(r, r.first.DER(), c.current.Load().Certificate[0])
		require.Len(r, c.current.Load().Certificate, 2)

		second := r.issue(certs.LeafOptions{})
		archive := r.TempDir()
		for path, data := range map[string][]byte{r.chain: r.full(second), r.key: second.EncodeKeyPEM()} {
			target := filepath.Join(archive, filepath.Base(path))
			r.write(target, data)
			require.NoError(r, os.Remove(path))
			require.NoError(r, os.Symlink(target, path))
		}
		require.NoError(r, c.look(false))
		require.Equal(r, second.DER(), c.current.Load().Certificate[0])

		r.write(filepath.Join(archive, filepath.Base(r.key)), r.first.EncodeKeyPEM())
		require.ErrorIs(r, c.look(false), delivery.ErrKeyMismatch)
		require.Equal(r, second.DER(), c.current.Load().Certificate[0], "what was served stays")

		long := time.Now().Add(-time.Hour)
		r.write(filepath.Join(archive, filepath.Base(r.key)), second.EncodeKeyPEM())
		for _, name := range []string{r.key, r.chain, live} {
			require.NoError(r, os.Chtimes(name, long, long))
		}
		require.NoError(r, c.look(false))
		before := reads
		require.NoError(r, c.look(false))
		require.Equal(r, before, reads, "files that have not changed are not read again")
		require.NoError(r, c.look(true))
		require.Equal(r, before+1, reads, "unless somebody asks for it")
	})
}
